"""Where each artifact lies, which a model has, and what is removed with a recipe."""

import json
from pathlib import Path
from typing import Any

import pytest

from secateur import artifacts
from secateur.artifacts import CLUSTERED, COMPACTED, INPUTS, TFLITE, TRAINED
from secateur.core.errors import InputError
from secateur.recipes.recipe import Recipe

CLUSTERING = {"number_of_clusters": 4, "epochs": 2}


def recipe(**changes: Any) -> Recipe:
    return Recipe(start="baseline", scope="none", epochs=1, patience=None, **changes)


def test_each_recipe_has_its_keras_artifacts_by_name_and_the_baseline_what_compares() -> None:
    found = artifacts.keras_artifacts({"b": recipe(clustering=CLUSTERING), "a": recipe()})
    assert found == {
        "baseline": {
            "stripped": Path("models/trained/baseline"),
            "compacted": Path("models/compacted/baseline"),
        },
        "a": {
            "unstripped": Path("models/trained/a"),
            "stripped": Path("models/stripped/a"),
            "compacted": Path("models/compacted/a"),
        },
        "b": {
            "unstripped": Path("models/trained/b"),
            "stripped": Path("models/stripped/b"),
            "compacted": Path("models/compacted/b"),
            "clustered": Path("models/clustered/b"),
        },
    }
    assert list(found) == ["baseline", "a", "b"]


def test_a_model_has_the_tflite_artifacts_of_its_keras_ones_in_each_type() -> None:
    plain = artifacts.tflite_artifacts(["stripped", "compacted"])
    assert plain == {
        f"{family}_{kind}": source
        for family, source in (
            ("stripped", "stripped"), ("compacted", "compacted"), ("minified", "compacted"),
        )
        for kind in ("float32", "float16", "dynamic", "int8")
    }  # fmt: skip
    clustered = artifacts.tflite_artifacts(["unstripped", "stripped", "compacted", "clustered"])
    for weights, has in (("int4", True), ("int8", False)):
        found = artifacts.tflite_artifacts(
            ["stripped", "compacted"], recipe(quantization={"weights": weights})
        )
        assert ("minified_int4" in found) == has
        assert set(plain) <= set(found)
    more = {f"clustered_{kind}": "clustered" for kind in artifacts.TYPES}
    assert clustered == {**plain, **more}


def test_files_lie_by_model_artifact_and_seed() -> None:
    path = artifacts.tflite_file("small", "minified_int8", 3)
    assert path == Path("models/tflite/small/minified_int8/seed_3.tflite")
    assert artifacts.stripped_folder("initial") == Path("models/trained/initial")
    assert artifacts.stripped_folder("baseline") == Path("models/trained/baseline")
    assert artifacts.stripped_folder("small") == Path("models/stripped/small")


def test_floors_are_artifacts_whose_weights_can_be_counted() -> None:
    known = artifacts.tflite_artifacts(["compacted"])
    kinds = ("float32", "float16", "int8", "int4", "mixed")
    assert set(artifacts.FLOORS) == {f"minified_{kind}" for kind in kinds}
    assert {*artifacts.FLOORS} - {"minified_int4", "minified_mixed"} <= set(known)


def test_a_mixed_file_is_of_compacted_networks_alone() -> None:
    known = artifacts.tflite_artifacts(["stripped", "compacted", "clustered"], mixed=True)
    assert [name for name in known if name.endswith("_mixed")] == [
        "compacted_mixed", "minified_mixed",
    ]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (COMPACTED / "a").mkdir(parents=True)
    TRAINED.mkdir()
    return tmp_path


def test_what_comes_from_a_compacted_network_reads_the_inputs_that_were_left(folder: Path) -> None:
    (COMPACTED / "a" / INPUTS).write_text(json.dumps({"0": [1, 4], "1": None}))
    for artifact in ("compacted", "clustered", "compacted_float32", "minified_int8",
                     "clustered_dynamic"):  # fmt: skip
        assert artifacts.inputs_of("a", artifact, 0) == [1, 4]
        assert artifacts.inputs_of("a", artifact, 1) is None
    for artifact in ("unstripped", "stripped", "stripped_float16"):
        assert artifacts.inputs_of("a", artifact, 0) is None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '{"0": 3}',
        '{"0": []}',
        '{"0": [-1]}',
        '{"0": [1.5]}',
        '{"0": ["x"]}',
    ],
)
def test_damaged_inputs_are_named_with_the_model_and_the_seed(
    folder: Path, text: str | None
) -> None:
    if text is not None:
        (COMPACTED / "a" / INPUTS).write_text(text)
    with pytest.raises(InputError, match=r"models/compacted/a/inputs\.json: seed 0"):
        artifacts.inputs_of("a", "compacted", 0)


def trained(*names: str) -> None:
    """What the pipeline writes for these models."""
    for name in names:
        (TRAINED / name).mkdir()
        for file in ("seed_0.h5", "seed_12.h5", "curves.csv"):
            (TRAINED / name / file).touch()


def left() -> set[str]:
    return {path.name for path in TRAINED.iterdir()}


def test_what_a_recipe_left_is_removed_with_it(folder: Path) -> None:
    trained("initial", "baseline", "kept", "gone")
    (TRAINED / "initial/pretrained.h5").touch()
    artifacts.remove_orphans(TRAINED, ["kept"])
    assert left() == {"initial", "baseline", "kept"}
    assert len([*(TRAINED / "kept").iterdir()]) == 3
    assert (TRAINED / "initial/pretrained.h5").exists()


def test_what_a_killed_training_left_is_removed(folder: Path) -> None:
    trained("kept")
    (TRAINED / ".kept.123.partial").mkdir()
    (TRAINED / ".kept.123.partial/seed_0.h5").touch()
    (TRAINED / ".gone.9.partial").touch()
    artifacts.remove_orphans(TRAINED, ["kept"])
    assert left() == {"kept"}


@pytest.mark.parametrize(
    "own",
    ["mine.h5", "gone/notes.txt", "gone/seed_0.h5.bak", "gone/deep/mine.h5", "seed_0.h5",
     "curves.csv", "gone/seed_1.h5/x"],
)  # fmt: skip
def test_a_file_of_the_users_own_is_refused_by_name_and_nothing_is_removed(
    folder: Path, own: str
) -> None:
    trained("kept", "gone")
    (TRAINED / own).parent.mkdir(parents=True, exist_ok=True)
    (TRAINED / own).touch()
    before = {*TRAINED.rglob("*")}
    with pytest.raises(InputError) as refusal:
        artifacts.remove_orphans(TRAINED, ["kept"])
    assert str(TRAINED / own) in str(refusal.value)
    assert {*TRAINED.rglob("*")} == before


def test_all_files_of_the_users_own_are_named_at_once_before_any_stage(folder: Path) -> None:
    trained("kept", "gone")
    (TRAINED / ".kept.123.partial").mkdir()  # a stage is writing, or was killed
    artifacts.check_orphans(TRAINED, ["kept"])
    for name in ("mine.h5", "foo/x"):
        (TRAINED / name).parent.mkdir(exist_ok=True)
        (TRAINED / name).touch()
    with pytest.raises(InputError, match=r"trained/foo/x, models/trained/mine\.h5: no recipe"):
        artifacts.check_orphans(TRAINED, ["kept"])


def test_clustered_networks_and_tflite_files_of_a_removed_recipe_go_too(folder: Path) -> None:
    for path in (
        CLUSTERED / "gone/none", CLUSTERED / "kept/seed_0.h5", TFLITE / "baseline/f/seed_0.tflite",
        TFLITE / "gone/minified_int8/seed_0.tflite", TFLITE / "gone/clustered_int8/seed_0.tflite",
    ):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for parent in (CLUSTERED, TFLITE):
        artifacts.remove_orphans(parent, ["kept"])
    assert [path.name for path in CLUSTERED.iterdir()] == ["kept"]
    assert [path.name for path in TFLITE.iterdir()] == ["baseline"]


def test_what_is_converted_is_clustered_only_where_the_recipe_clusters(folder: Path) -> None:
    plain = {"stripped": Path("models/stripped/a"), "compacted": COMPACTED / "a"}
    for file, more in ((CLUSTERED / "a/none", {}),
                       (CLUSTERED / "b/seed_0.h5", {"clustered": CLUSTERED / "b"})):  # fmt: skip
        file.parent.mkdir(parents=True)
        file.touch()
        name = file.parent.name
        expected = {artifact: path.parent / name for artifact, path in plain.items()}
        assert artifacts.to_convert(name) == {**expected, **more}
    trained = {"stripped": TRAINED / "baseline", "compacted": COMPACTED / "baseline"}
    assert artifacts.to_convert("baseline") == trained


def test_an_empty_folder_is_removed(folder: Path) -> None:
    (TRAINED / "gone").mkdir()
    artifacts.remove_orphans(TRAINED, [])
    assert left() == set()


def test_a_folder_of_the_users_own_after_an_orphan_leaves_the_orphan_too(folder: Path) -> None:
    trained("gone")
    (TRAINED / "mine").mkdir()
    (TRAINED / "mine/model.h5").touch()
    with pytest.raises(InputError, match=r"models/trained/mine/model\.h5"):
        artifacts.remove_orphans(TRAINED, [])
    assert left() == {"gone", "mine"}


def test_a_link_is_refused_and_what_it_leads_to_is_kept(folder: Path) -> None:
    elsewhere = folder / "archive"
    elsewhere.mkdir()
    (elsewhere / "seed_0.h5").write_bytes(b"mine")
    TRAINED.mkdir(parents=True, exist_ok=True)
    (TRAINED / "archive").symlink_to(elsewhere)
    with pytest.raises(InputError, match="models/trained/archive"):
        artifacts.remove_orphans(TRAINED, ["a"])
    assert (elsewhere / "seed_0.h5").read_bytes() == b"mine"


def test_a_hidden_folder_of_the_users_own_is_no_partial_one(folder: Path) -> None:
    own = TRAINED / ".mine.partial"
    own.mkdir(parents=True)
    (own / "thesis.txt").touch()
    with pytest.raises(InputError, match=r"\.mine\.partial"):
        artifacts.remove_orphans(TRAINED, ["a"])
    assert (own / "thesis.txt").exists()


def test_what_was_left_out_is_read_and_checked(folder: Path) -> None:
    path = TFLITE / "a/left_out.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"minified_float16": {"3": "too large"}}')
    assert artifacts.left_out("a") == {"minified_float16": {"3": "too large"}}
    for text in ("", "[]", '{"minified_float16": "x"}'):
        path.write_text(text)
        with pytest.raises(InputError, match=r"a/left_out\.json"):
            artifacts.left_out("a")
    with pytest.raises(InputError, match=r"b/left_out\.json"):
        artifacts.left_out("b")
