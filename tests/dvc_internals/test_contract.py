"""What `dvc_internals` relies on, against the installed DVC.

DVC documents none of it. A failure says which use broke and names DVC's version, such as
`DVC 3.67.1: Repo.reproduce has no argument single_item`.
"""

import contextlib
import inspect
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import dvc_internals as internals

DVC = f"DVC {version('dvc')}"
PIPELINE = """\
params: [params.yaml]
stages:
  first:
    cmd: cat source.txt params.yaml > first.txt
    deps: [source.txt]
    params: [rate]
    outs: [first.txt]
  second:
    cmd: "echo '{mse: 0.5}' > second.yaml"
    deps: [first.txt]
    metrics: [second.yaml: {cache: false}]
"""


@contextlib.contextmanager
def relying_on(what: str) -> Iterator[None]:
    """Name DVC's version, and what is relied on, in any failure within the block."""
    try:
        yield
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        pytest.fail(f"{DVC}: {what}: {text[:500]}")


def has(function: Callable[..., Any], *arguments: str) -> None:
    """Fail where a function of DVC's does not take these arguments."""
    known = inspect.signature(function).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in known.values())
    for argument in arguments:
        if argument not in known and not takes_any:
            pytest.fail(f"{DVC}: {function.__qualname__} has no argument {argument}")


def run(folder: Path, *command: str) -> None:
    env = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The project before and after `dvc repro`; to be copied."""
    new = tmp_path_factory.mktemp("contract") / "new"
    new.mkdir()
    dvc = (sys.executable, "-m", "dvc")
    (new / "dvc.yaml").write_text(PIPELINE)
    (new / "source.txt").write_text("source\n")
    (new / "params.yaml").write_text("rate: 1\nother: {name: [a]}\n")
    (new / "data.csv").write_text("1\n")
    run(new, "git", "init", "-q", "-b", "main")
    run(new, *dvc, "init", "-q")
    run(new, *dvc, "add", "-q", "data.csv")
    run(new, "git", "add", "-A")
    run(new, "git", "-c", "user.name=t", "-c", "user.email=t@e.org", "commit", "-qm", "new")
    done = new.with_name("done")
    shutil.copytree(new, done)
    run(done, *dvc, "repro", "-q")
    run(done, *dvc, "remote", "add", "-q", "--default", "storage", str(done.with_name("storage")))
    return new, done


@pytest.fixture
def new(prepared: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project in which nothing has run; the current folder."""
    shutil.copytree(prepared[0], tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def done(prepared: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project after `dvc repro`, with a remote that is empty; the current folder."""
    shutil.copytree(prepared[1], tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    run(Path(), sys.executable, "-m", "dvc", "remote", "modify", "storage", "url",
        str(tmp_path / "storage"))  # fmt: skip
    return tmp_path / "project"


@contextlib.contextmanager
def opened() -> Iterator[Any]:
    """The project, locked: DVC asserts it where it writes."""
    with internals.open_repo() as repo, internals.lock(repo):
        yield repo


def raw(repo: Any) -> dict[str, Any]:
    """DVC's own stages, by address."""
    order = internals.repro_order(repo, [], all_pipelines=True)
    return {internals.describe(stage).addressing: stage for stage, _ in order}


def test_a_failure_names_the_version_and_the_use() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"^DVC \d+\.\S+: Repo.x: KeyError: 'y'"), \
         relying_on("Repo.x"):  # fmt: skip
        raise KeyError("y")
    with pytest.raises(pytest.fail.Exception, match=r"^DVC \d+\.\S+: has has no argument z"):
        has(has, "function", "z")


def test_names_that_are_imported() -> None:
    for module, names in {
        "dvc.dependency": ["ParamsDependency"],
        "dvc.dvcfile": ["PROJECT_FILE", "load_file"],
        "dvc.exceptions": ["DvcException"],
        "dvc.fs": ["HTTPFileSystem", "localfs"],
        "dvc.fs.callbacks": ["DEFAULT_CALLBACK"],
        "dvc.logger": ["set_loggers_level"],
        "dvc.repo": ["Repo", "lock_repo", "reproduce"],
        "dvc.repo.experiments.refs": ["ExpRefInfo"],
        "dvc.scm": ["NoSCM", "SCMError"],
        "dvc.stage.cache": ["_can_hash", "_get_cache_hash", "_get_stage_hash"],
        "dvc.stage.loader": ["StageLoader"],
        "dvc.stage.run": ["cmd_run"],
        "dvc.stage.serialize": ["to_single_stage_lockfile"],
        "dvc.utils.cli_parse": ["to_path_overrides"],
        "dvc.utils.hydra": ["apply_overrides", "get_hydra_sweeps"],
        "dvc.utils.serialize": ["dump_yaml"],
        "dvc_objects.fs": ["generic"],
        "hydra.errors": ["HydraException"],
    }.items():
        for name in names:
            with relying_on(f"from {module} import {name}"):
                exec(f"from {module} import {name}", {})
    for module in internals.PRELOAD:
        with relying_on(f"import {module}"):
            exec(f"import {module}", {})


def test_arguments_that_are_passed() -> None:
    from dvc.output import Output
    from dvc.repo import Repo
    from dvc.repo.metrics.show import show
    from dvc.stage import Stage
    from dvc.stage.cache import StageCache, _get_cache_hash

    has(Repo.reproduce, "targets", "single_item")
    assert "single_item" in inspect.getsource(inspect.unwrap(Repo.reproduce)), DVC
    has(show, "revs", "hide_workspace")
    has(Stage.changed, "allow_missing", "upstream")
    has(Stage.save_deps, "allow_missing")
    has(Stage.commit, "relink")
    has(Output.commit, "relink")
    has(Output.checkout, "force")
    has(Output.get_used_objs, "remote")
    has(_get_cache_hash, "cache", "key")
    has(StageCache._load, "stage")
    has(StageCache._cache_type_copy)
    has(StageCache._create_stage, "cache", "wdir")
    has(Stage.outs_cached)


def test_exceptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with relying_on("Repo raises DvcException outside of a project"), \
         pytest.raises(internals.DvcException):  # fmt: skip
        internals.open_repo()
    assert issubclass(internals.SCMError, Exception)
    with pytest.raises(AttributeError):
        _ = internals.no_such_name  # type: ignore[attr-defined]


def test_a_project_is_opened_and_described(done: Path) -> None:
    with relying_on("Repo, its root_dir, cache, scm and index"), internals.open_repo() as repo:
        assert internals.root_dir(repo) == done
        assert internals.cache_dir(repo) == str(done / ".dvc/cache/files/md5").removesuffix(
            "/files/md5"
        )
        assert internals.has_git(repo)
        found = {stage.addressing: stage for stage in internals.stages(repo)}
    assert set(found) == {"first", "second", "data.csv.dvc"}, DVC
    first, second, data = found["first"], found["second"], found["data.csv.dvc"]
    assert (first.name, first.path, first.wdir) == ("first", str(done / "dvc.yaml"), str(done)), DVC
    assert (data.name, data.cmd, data.is_data_source, data.is_import) == (None, None, True, False)
    assert data.path_in_repo == "data.csv.dvc", DVC
    assert [first.frozen, first.is_data_source, first.always_changed] == [False] * 3, DVC
    assert [(dep.def_path, dep.is_params) for dep in first.deps] == [
        ("source.txt", False),
        ("params.yaml", True),
    ], DVC
    assert first.deps[0].fs_path == str(done / "source.txt"), DVC
    out = first.outs[0]
    assert (out.fs_path, out.protocol) == (str(done / "first.txt"), "local"), DVC
    assert (out.is_in_repo, out.use_cache, out.metric, out.persist) == (True, True, False, False)
    assert (second.outs[0].metric, second.outs[0].use_cache) == (True, False), DVC
    assert ([out.labels for out in first.outs], out.measured) == ([()], False), DVC


def test_labels_of_outputs(done: Path) -> None:
    text = (done / "dvc.yaml").read_text()
    stage = "  timed: {cmd: date > t.txt, outs: [t.txt: {cache: false, labels: [measured, a]}]}\n"
    (done / "dvc.yaml").write_text(text.rstrip() + "\n" + stage)
    with relying_on("Output.annot.labels"), internals.open_repo() as repo:
        (timed,) = [one for one in internals.stages(repo) if one.addressing == "timed"]
    assert (timed.outs[0].labels, timed.outs[0].measured) == (("measured", "a"), True), DVC


def test_a_project_without_git(tmp_path: Path) -> None:
    run(tmp_path, sys.executable, "-m", "dvc", "init", "-q", "--no-scm")
    with relying_on("Repo.scm is a NoSCM"), internals.open_repo(tmp_path) as repo:
        assert not internals.has_git(repo)


def test_status_metrics_and_pull(done: Path) -> None:
    with relying_on("Repo.status, Repo.metrics.show, Repo.pull"), internals.open_repo() as repo:
        assert internals.status(repo) == {}
        shown = internals.metrics_show(repo, ["HEAD"])
        assert set(shown) == {"HEAD", "workspace"}
        assert shown["workspace"]["data"]["second.yaml"]["data"] == {"mse": 0.5}
        (done / "source.txt").write_text("other\n")
    with relying_on("Repo.status"), internals.open_repo() as repo:
        assert internals.status(repo)["first"] == [{"changed deps": {"source.txt": "modified"}}]
    run(done, sys.executable, "-m", "dvc", "push", "-q", "data.csv.dvc")
    (done / "data.csv").unlink()
    shutil.rmtree(done / ".dvc/cache")
    with relying_on("Repo.pull"), internals.open_repo() as repo:
        internals.pull(repo, ["data.csv.dvc"])
        assert (done / "data.csv").exists()


def test_files_that_dvcignore_excludes(done: Path) -> None:
    (done / "folder").mkdir()
    for name in ("a", "b"):
        (done / "folder" / name).touch()
    (done / ".dvcignore").write_text("b\n")
    with relying_on("Repo.dvcignore.find"), internals.open_repo() as repo:
        found = internals.find_files(repo, done / "folder")
        assert list(found) == [str(done / "folder/a")]


def test_order_and_parameters(new: Path) -> None:
    with relying_on("dvc.repo.reproduce"), internals.open_repo() as repo:
        order = internals.repro_order(repo, ["second"], all_pipelines=False)
        names = [internals.describe(stage).addressing for stage, _ in order]
        assert names == ["first", "second"]
        assert order[1][1] == [order[0][0]]
        assert internals.params(order[0][0]) == {"params.yaml": {"rate": 1}}
        assert set(raw(repo)) == {"first", "second", "data.csv.dvc"}


def test_what_has_changed(done: Path) -> None:
    with relying_on("Stage.changed, Output.changed_cache"), opened() as repo:
        stages = raw(repo)
        first, second = stages["first"], stages["second"]
        assert internals.unchanged(first, [])
        assert internals.unchanged(second, [first])
        assert not internals.differs_from_lock(first)
        (done / "first.txt").unlink()
    with relying_on("Stage.changed(allow_missing=True)"), opened() as repo:
        stages = raw(repo)
        assert internals.differs_from_lock(stages["first"])
        assert internals.unchanged(stages["first"], [])  # the cache has it
        assert internals.unchanged(stages["second"], [stages["first"]])
        (done / "source.txt").write_text("other\n")
    with relying_on("Stage.changed"), opened() as repo:
        assert not internals.unchanged(raw(repo)["first"], [])


def test_changed_data_of_a_dvc_file(done: Path) -> None:
    with opened() as repo:
        assert not internals.commit_changed_data(raw(repo)["data.csv.dvc"])
    (done / "data.csv").write_text("2\n")
    with relying_on("Stage.save and Stage.commit"), opened() as repo:
        data = raw(repo)["data.csv.dvc"]
        assert internals.unchanged(data, [])
        before = internals.lock_entry(data)
        assert internals.commit_changed_data(data)
        assert internals.lock_entry(data) != before


def test_a_stage_is_reproduced_and_then_restored(new: Path) -> None:
    from dvc.stage import run as stage_run

    original = stage_run.cmd_run
    try:
        for commands in (1, 0):  # the second run comes from the run cache
            with relying_on("Repo.reproduce"), internals.open_repo() as repo:
                internals.do_not_ask_to_track(repo)
                seen = internals.watch_commands()
                stage = internals.reproduce(repo, "dvc.yaml:first")
                assert internals.describe(stage).addressing == "first"
                assert len(seen) == commands, "dvc.stage.run.cmd_run is not what runs a command"
                entry = internals.lock_entry(stage)
                assert [out["path"] for out in entry["outs"]] == ["first.txt"]
                assert internals.reproduce(repo, "dvc.yaml:first") is None
                path = internals.run_cache_path(repo, entry)
                assert path.exists(), "the run cache's path is another one"
            stage_run.cmd_run = original
            (new / "first.txt").unlink()
            (new / "dvc.lock").unlink()
    finally:
        stage_run.cmd_run = original


def test_lock_entries_are_read_and_written(done: Path) -> None:
    expected = (done / "dvc.lock").read_bytes()
    with relying_on("load_file, StageLoader, Lockfile.dump_stages"), internals.open_repo() as repo:
        files = internals.StageFiles(repo)
        entries = {name: files.locked("dvc.yaml", name) for name in ("first", "second")}
        stages = [files.filled("dvc.yaml", name, entries[name] or {}) for name in entries]
        assert [internals.lock_entry(stage) for stage in stages] == list(entries.values())
        data = files.get("data.csv.dvc", None)
        assert internals.describe(data).is_data_source
        (done / "dvc.lock").unlink()
    with (
        relying_on("lock_repo, set_loggers_level, Repo.scm_context"),
        internals.log_level(logging.WARNING),
        internals.open_repo() as repo,
        internals.lock(repo),
        internals.track_files(repo),
    ):
        files = internals.StageFiles(repo)
        stages = [files.filled("dvc.yaml", name, entry or {}) for name, entry in entries.items()]
        internals.write_lock_entries(stages)
    assert (done / "dvc.lock").read_bytes() == expected, DVC
    internals.write_yaml(done / "dvc.lock", {"schema": "2.0", "stages": entries})
    assert (done / "dvc.lock").read_bytes() == expected, DVC


def test_outputs_are_checked_out_of_the_cache(done: Path) -> None:
    (done / "first.txt").unlink()
    (done / ".gitignore").unlink()
    asked: list[str] = []
    with relying_on("Output.checkout, Output.ignore"), internals.open_repo() as repo:
        stage = raw(repo)["first"]
        internals.check_out(repo, stage, lambda out: asked.append(internals.output_name(out)))
        internals.check_out(repo, stage)
    assert asked == ["first.txt"], DVC
    assert (done / "first.txt").exists(), DVC
    assert "/first.txt" in (done / ".gitignore").read_text(), DVC


def test_an_output_that_dvc_does_not_cache_is_cached_and_checked_out_as_a_copy(done: Path) -> None:
    run(done, sys.executable, "-m", "dvc", "config", "cache.type", "symlink")
    with relying_on("Output.use_cache, StageCache._cache_type_copy"), internals.open_repo() as repo:
        stage = raw(repo)["second"]
        internals.cache_uncached(stage)
        assert not internals.describe(stage).outs[0].use_cache
        (done / "second.yaml").unlink()
        internals.check_out(repo, stage)
    assert not (done / "second.yaml").is_symlink(), DVC
    assert (done / "second.yaml").read_text() == "{mse: 0.5}\n"


def test_outputs_travel_through_a_remote(done: Path, tmp_path: Path) -> None:
    with relying_on("Repo.config, DataCloud"), internals.open_repo() as repo:
        assert internals.default_remote(repo) == "storage"
        assert internals.remote_urls(repo) == {"storage": str(tmp_path / "storage")}
        internals.check_remote(repo, "storage")
        with pytest.raises(internals.DvcException):
            internals.check_remote(repo, "none")
        internals.reach_remote(repo, "storage")  # nothing is in it yet
        for stage in raw(repo).values():
            internals.push_outputs(repo, stage, "storage")
        out = internals.outputs_to_cache(raw(repo)["first"])[0]
    shutil.rmtree(done / ".dvc/cache")
    with relying_on("Output.get_used_objs, DataCloud.pull"), internals.open_repo() as repo:
        for out in internals.outputs_to_cache(raw(repo)["first"]):
            internals.fetch_output(repo, out, "storage")
            assert not out.changed_cache()
    shutil.rmtree(done / ".dvc/cache")
    shutil.rmtree(tmp_path / "storage/files")
    with internals.open_repo() as repo:
        out = internals.outputs_to_cache(raw(repo)["first"])[0]
        with pytest.raises(FileNotFoundError, match=r"first\.txt is not in the remote"):
            internals.fetch_output(repo, out, "storage")


def test_runs_travel_through_a_remote(done: Path) -> None:
    with relying_on("StageCache, get_remote_odb"), internals.open_repo() as repo:
        entry = internals.StageFiles(repo).locked("dvc.yaml", "first") or {}
        path = internals.run_cache_path(repo, entry)
        content = path.read_bytes()
        internals.push_run(repo, entry, "storage")
    shutil.rmtree(done / ".dvc/cache/runs")
    (done / "dvc.lock").unlink()
    with relying_on("StageCache._load, _get_stage_hash"), internals.open_repo() as repo:
        stage = internals.StageFiles(repo).get("dvc.yaml", "first")
        assert internals.fetch_runs(repo, stage, "storage")
        assert path.read_bytes() == content
        assert internals.fill_from_run_cache(repo, stage)
        assert internals.lock_entry(stage) == entry
        path.unlink()
        internals.write_run(repo, entry)
        assert path.read_bytes() == content


def test_a_remote_over_http_has_no_run_cache(done: Path) -> None:
    run(done, sys.executable, "-m", "dvc", "remote", "add", "-q", "web", "http://127.0.0.1:1/x")
    with relying_on("HTTPFileSystem"), internals.open_repo() as repo:
        stage = internals.StageFiles(repo).get("dvc.yaml", "first")
        assert not internals.fetch_runs(repo, stage, "web")


def test_parameter_sets(done: Path) -> None:
    with relying_on("to_path_overrides, get_hydra_sweeps, apply_overrides"):
        sets = internals.parameter_sets(["rate=1,2", "other.yaml:x=3"])
        assert sets == [{"params.yaml": [f"rate={n}"], "other.yaml": ["x=3"]} for n in (1, 2)]
        internals.set_parameters(done / "params.yaml", ["rate=2"])
        assert (done / "params.yaml").read_text() == "rate: 2\nother: {name: [a]}\n"
        with pytest.raises(ValueError, match="nothing"):
            internals.set_parameters(done / "params.yaml", ["nothing=1"])
        with pytest.raises(ValueError, match="glob"):
            internals.parameter_sets(["a=glob(*)"])


def test_where_experiments_lie(done: Path) -> None:
    baseline = "ab" * 20
    with relying_on("ExpRefInfo"):
        ref = internals.experiment_ref(baseline, "name")
    assert ref == f"refs/exps/ab/{baseline[2:]}/name", DVC


def test_importing_the_module_does_not_import_dvc() -> None:
    source = Path(internals.__file__).parent
    code = "import sys, dvc_internals; print('dvc' in sys.modules)"
    env = {"PYTHONPATH": str(source)}
    shown = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True)
    assert shown.stdout == b"False\n"


def test_what_differs_from_the_lock_and_what_the_run_cache_restores(done: Path) -> None:
    with relying_on("Stage.changed_stage, Output.status, ParamsDependency.read_params"):
        (done / "source.txt").write_text("other\n")
        (done / "params.yaml").write_text("rate: 2\n")
        (done / "second.yaml").unlink()
        with opened() as repo:
            found = raw(repo)
            changes = internals.changes(found["first"], {}, frozenset())
            assert [(one.what, one.path, one.status) for one in changes] == [
                ("dependency", "source.txt", "modified"),
                ("parameters", "params.yaml", "modified"),
            ]
            assert (changes[1].old, changes[1].new) == ({"rate": 1}, {"rate": 2})
            assert internals.restorable(repo, found["first"], {}) is None
            assert internals.outputs_cached(repo, found["second"])
            (out,) = internals.restorable(repo, found["second"], {}) or ()
            assert list(internals.differing([out])) == [str(done / "second.yaml")]
            assert not internals.changes(found["first"], {}, frozenset([str(done / "source.txt")]))[
                1:
            ]
    with relying_on("StageCache._load, StageCache._create_stage"):
        (done / "source.txt").write_text("source\n")
        (done / "params.yaml").write_text("rate: 1\n")
        (done / "dvc.lock").unlink()
        with opened() as repo:
            found = raw(repo)
            assert [one.what for one in internals.changes(found["first"], {}, frozenset())] == [
                "stage"
            ]
            (first,) = internals.restorable(repo, found["first"], {}) or ()
            assert internals.differing([first]) == {}
            (done / "first.txt").unlink()
            expected = internals.differing([first])  # as if it had been restored
            (second,) = internals.restorable(repo, found["second"], expected) or ()
            assert second.def_path == "second.yaml"


def test_half_a_list_of_locks_is_deleted(done: Path) -> None:
    with relying_on("_edit_rwlock, RWLOCK_FILE and its errors"):
        for text in ('{"write": {', "", '{"write": 3}'):
            (done / ".dvc/tmp/rwlock").write_text(text)
            with opened() as repo:
                internals.mend_rwlock(repo)
                assert internals.status(repo) == {}


def test_a_list_of_locks_keeps_the_entries_of_processes_that_run(done: Path) -> None:
    """Neither those of a zombie, nor of a process whose number another has got since."""
    path = done / ".dvc/tmp/rwlock"
    with relying_on("_edit_rwlock"), subprocess.Popen(["true"]) as zombie, opened() as repo:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        for process, holds, age in ((zombie.pid, 0, 0), (os.getpid(), 1, 0), (os.getpid(), 0, 1e6)):
            entry = {"pid": process, "cmd": "dvc repro"}
            lists = {"write": {"/a": entry}, "read": {"/b": [entry]}}
            path.write_text(json.dumps(lists))
            os.utime(path, (time.time() - age,) * 2)
            internals.mend_rwlock(repo)
            kept = json.loads(path.read_text())
            assert (len(kept["write"]), len(kept["read"]["/b"])) == (holds, holds)


def test_the_command_line_within_this_process(
    done: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with relying_on("dvc.cli.main"):
        assert internals.command_line(["status"]) == 0
        assert internals.command_line(["exp", "run", "--name", "mine"]) == 0
        assert internals.command_line(["exp", "run", "--name", "a/b"]) != 0
        assert "mine" in capfd.readouterr().out
    for module in internals.PRELOAD_EXPERIMENTS:
        with relying_on(f"import {module}"):
            exec(f"import {module}", {})


def test_hydra_and_data_that_were_not_added(done: Path) -> None:
    with relying_on("Repo.config['hydra'], Output.workspace_status"), opened() as repo:
        assert not internals.composes_parameters(repo)
        assert internals.changed_data(repo) == []
    run(Path(), sys.executable, "-m", "dvc", "config", "hydra.enabled", "True")
    (done / "data.csv").write_text("2\n")
    with relying_on("Repo.config['hydra'], Output.workspace_status"), opened() as repo:
        assert internals.composes_parameters(repo)
        assert internals.changed_data(repo) == ["data.csv"]


def test_a_file_of_parameters_is_parsed_once_in_the_block(
    done: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dvc.dependency import param

    parsed = []
    load = param.load_path

    def counting(path: str, fs: Any, **options: Any) -> Any:
        parsed.append(Path(path).name)
        return load(path, fs, **options)

    monkeypatch.setattr(param, "load_path", counting)
    with internals.open_repo() as repo:
        (raw,) = [stage for stage, _ in internals.repro_order(repo, ["first"], all_pipelines=False)]
        parsed.clear()
        with relying_on("dvc.dependency.param.load_path"), internals.params_files_read_once():
            values = [internals.params(raw) for _ in range(3)]
        assert parsed == ["params.yaml"]
        assert values == [{"params.yaml": {"rate": 1}}] * 3
        internals.params(raw)
    assert len(parsed) == 2
