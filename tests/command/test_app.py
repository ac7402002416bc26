"""The command: its help, its completion, and what it hands to the packages that do the work."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from secateur.command import app

SUBCOMMANDS = (
    "init", "repro", "sweep", "search", "verify", "gate", "show", "data", "channels", "report",
    "predict", "export", "export-c", "bench-kit", "publish", "update",
)  # fmt: skip


def run(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user without an activated environment does."""
    bare = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "COLUMNS": "80", **env}
    return subprocess.run(
        [sys.executable, "-m", "secateur", *arguments],
        env={**bare, "PYTHONPATH": str(Path(app.__file__).parents[2])},
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def call(*arguments: str) -> int:
    """Run the command in this process, for its exit status."""
    with pytest.raises(SystemExit) as ended:
        app.main(list(arguments))
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def same_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo in the end what `main` does to PATH."""
    monkeypatch.setenv("PATH", os.environ["PATH"])


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_help_shows_an_example_and_exit_statuses_on_80_columns(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert call(name, "--help") == 0
    text = capsys.readouterr().out
    assert f"Examples:\n    secateur {name}" in text
    assert "Exit status: 0 " in text
    assert "\033" not in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_help_lists_every_subcommand_with_a_whole_sentence() -> None:
    done = run("--help")
    assert done.returncode == 0
    lines = done.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == [*SUBCOMMANDS]
    for line in lines:
        assert len(line) <= 80
        assert line.endswith(".")
        assert not line.endswith("...")


def test_help_imports_nothing_that_takes_long() -> None:
    code = (
        "import sys, secateur.command.app as a; h = {'numpy', 'pyarrow', 'pydantic', 'dvc', "
        "'distributed', 'tensorflow', 'rich'}; print(h & {*sys.modules})"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_repro_and_predict_do_not_import_tensorflow() -> None:
    code = (
        "import sys, secateur.checks.params_file, secateur.command.prediction, dvc_parallel.sweep, "
        "dvc_parallel.repro, dvc_verify.verify, dvc_verify.gate; "
        "print({'tensorflow', 'tf_keras'} & {*sys.modules})"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_an_unknown_subcommand_names_the_near_one() -> None:
    done = run("repor")
    assert done.returncode == 2
    assert "'repro'" in done.stderr
    assert "'report'" in done.stderr


def test_completes_subcommands_and_options() -> None:
    for words, index, expected in (
        ("secateur re", "1", ["repro", "report"]),
        ("secateur gate --m", "2", ["--markdown"]),
    ):
        env = {"_SECATEUR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": index}
        assert run(**env).stdout.split() == expected
    zsh = run(_SECATEUR_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="secateur re").stdout
    assert '"repro":"' in zsh


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_prints_completion_for_a_named_shell_and_for_the_users(shell: str) -> None:
    named = run("--show-completion", shell)  # no shell is above this process, as in CI
    assert named.returncode == 0
    assert f"_SECATEUR_COMPLETE=complete_{shell}" in named.stdout
    assert run("--show-completion", SHELL=f"/usr/bin/{shell}").stdout == named.stdout


def test_an_unknown_shell_is_refused() -> None:
    done = run("--show-completion", SHELL="/bin/sh")
    assert (done.returncode, "requires an argument" in done.stderr) == (2, True)
    assert "'bash'" in run("--show-completion", "sh").stderr


def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    command = tmp_path / "secateur"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m secateur "$@"\n')
    command.chmod(0o755)
    script = (
        'eval "$(secateur --show-completion bash)"; COMP_WORDS=(secateur ga); COMP_CWORD=1; '
        '_secateur_completion secateur; echo "${COMPREPLY[@]}"'
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    env["PYTHONPATH"] = str(Path(app.__file__).parents[2])
    assert subprocess.check_output(["bash", "-c", script], text=True, env=env) == "gate\n"


def test_repro_hands_on_its_options_and_prints_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dvc_parallel import repro
    from dvc_parallel.options import Options

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    given: list[Options] = []
    status = 0

    def fake(options: Options) -> int:
        given.append(options)
        assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
        return status

    monkeypatch.setattr(repro, "run", fake)
    assert call("repro", "a", "b", "-P", "-k", "-j", "3", "-v") == 0
    assert given == [Options(targets=("a", "b"), all_pipelines=True, jobs=3, verbose=True)]
    tls = ["--tls-ca-file", "ca", "--tls-cert", "cert", "--tls-key", "key"]
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/summary.md").write_text("| the table |\n")
    assert call("repro", "--scheduler", "tls://h:1", "-r", "store", *tls) == 0
    assert given[1] == Options(
        scheduler="tls://h:1", remote="store",
        tls_ca_file=Path("ca"), tls_cert=Path("cert"), tls_key=Path("key"),
    )  # fmt: skip
    assert capsys.readouterr().out.endswith("| the table |\n")
    status = 1
    assert call("repro") == 1
    assert "table" not in capsys.readouterr().out


def test_repro_says_that_a_stage_was_killed(tmp_path: Path) -> None:
    """Once: the command's first try in a clone is told of by the stage's second in the project."""
    stage = (
        "import os, sys; sys.argv = ['stages/prune.py', 'small']; from secateur.core import errors;"
        " errors.run(lambda name: os.kill(os.getpid(), 9), 'small')"
    )
    (tmp_path / "stage.py").write_text(stage)
    command = f"exec env PYTHONPATH={Path(app.__file__).parents[2]} {sys.executable} stage.py"
    stages = {"stages": {"prune": {"cmd": command, "deps": ["stage.py"], "outs": ["never"]}}}
    YAML().dump(stages, tmp_path / "dvc.yaml")
    for words in ("git init -q", "git add .", "git -c user.name=a -c user.email=a commit -qm a"):
        subprocess.run(words.split(), cwd=tmp_path, check=True)
    for words in ("init -q", "config core.analytics false"):
        subprocess.run([sys.executable, "-m", "dvc", *words.split()], cwd=tmp_path, check=True)
    done = run("repro", cwd=tmp_path)
    assert done.returncode == 1
    told = "prune small: was ended from outside before it was done; what it had trained is kept"
    assert told in done.stdout  # by the second try, of the first
    assert done.stderr.splitlines()[-1].startswith(told)  # by the command, of the second
    assert done.stderr.count(told) == 1


def test_repro_tells_of_a_mistake_in_params_before_dvc_reads_anything(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/check_params.py").touch()
    root = Path(app.__file__).parents[3]
    params: dict[str, Any] = YAML(typ="safe").load(root / "params.yaml")
    params["training"]["batch_sise"] = params["training"].pop("batch_size")
    YAML(typ="safe").dump(params, tmp_path / "params.yaml")
    done = run("repro", cwd=tmp_path)  # there is no dvc.yaml
    assert done.returncode == 1
    assert done.stderr.startswith("error: params.yaml: training")
    assert "did you mean 'batch_size'?" in done.stderr


def test_jobs_and_scheduler_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("repro", "-j", "2", "--scheduler", "tcp://h:1") == 2
    assert "--jobs and --scheduler exclude each other" in capsys.readouterr().err
    assert call("repro", "-j", "0") == 2


def test_errors_and_interruptions_have_their_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dvc_parallel import sweep
    from dvc_parallel.errors import RunError

    monkeypatch.chdir(tmp_path)
    given: list[Any] = []

    def fake(*arguments: Any) -> int:
        given.append(arguments[1:4])
        raise errors[len(given) - 1]

    errors = [RunError("cannot begin"), KeyboardInterrupt()]
    monkeypatch.setattr(sweep, "run", fake)
    assert call("sweep", "-S", "a=1,2", "--set-param", "b=3", "-n", "x", "-f") == 2
    assert capsys.readouterr().err == "secateur sweep: cannot begin\n"
    assert call("sweep", "-S", "a=1") == 130
    assert given == [(["a=1,2", "b=3"], "x", True), (["a=1"], None, False)]
    assert call("sweep") == 2


def test_verify_and_gate_hand_on_their_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dvc_verify import gate, verify

    monkeypatch.chdir(tmp_path)  # no project of ours, which has a budget

    given: list[Any] = []

    def fake(*arguments: Any, **named: Any) -> int:
        given.append((arguments, named))
        return len(given) - 1

    monkeypatch.setattr(verify, "run", fake)
    monkeypatch.setattr(gate, "run", fake)
    assert call("verify", "--seed", "7", "--tolerance", "0.02") == 0
    assert call("verify", "--lock-only") == 1
    assert call("gate") == 2
    assert call("gate", "v1", "--limits", "l.yaml", "--markdown") == 3
    assert call("gate", "--json") == 4
    assert call("gate", "--json", "--markdown") == 2
    assert given == [
        ((7, 0.02), {"lock_only": False}),
        ((None, None), {"lock_only": True}),
        (("main", Path("limits.yaml"), "simple", None), {}),
        (("v1", Path("l.yaml"), "markdown", None), {}),
        (("main", Path("limits.yaml"), "json", None), {}),
    ]


def test_a_bug_keeps_a_plain_traceback_without_values(tmp_path: Path) -> None:
    code = (
        "import dvc_verify.gate as g, secateur.command.app as a\n"
        "def run(*given): secret = 'va' + 'lue'; raise RuntimeError('bug')\n"
        "g.run = run; a.main(['gate'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last)")
    assert done.stderr.endswith("RuntimeError: bug\n")
    assert "value" not in done.stderr
