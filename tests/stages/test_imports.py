"""Each stage imports what it uses and no more: TensorFlow takes seconds, matplotlib one."""

from project import Repository

LIGHT = (
    "check_params", "generate_data", "split", "check_recipes", "teach", "measure_sizes",
    "measure_costs", "report",
)  # fmt: skip
HEAVY = (
    "build_model", "train_baseline", "prune", "strip", "compact", "cluster", "convert", "trade_off",
    "evaluate",
)  # fmt: skip


def run(repository: Repository, code: str) -> list[str]:
    """What Python prints in the repository, where stages can be imported."""
    return repository.run("env", "PYTHONPATH=src:stages", "python", "-c", code).splitlines()


def test_stages_that_need_no_tensorflow_run_whole_without_importing_it(
    repository: Repository,
) -> None:
    """They run, because an import may stand inside a function; `report` comes last: it draws."""
    code = f"""
import importlib, sys
unused = {{"keras", "IPython", "PIL", "matplotlib", "tensorflow", "tf_keras"}}
for name in {LIGHT}:
    importlib.import_module(name).main()
    drawn = {{"PIL", "matplotlib"}} if name == "report" else set()
    print("imported", name, sorted((unused - drawn) & set(sys.modules)))
"""
    lines = [line for line in run(repository, code) if line.startswith("imported")]
    assert lines == [f"imported {name} []" for name in LIGHT]
    assert repository.git("status", "--porcelain") == ""


def test_stages_with_tensorflow_import_neither_keras_3_nor_matplotlib(
    repository: Repository,
) -> None:
    code = f"""
import importlib, sys
for name in {HEAVY}:
    importlib.import_module(name)
    print("imported", name, sorted({{"keras", "IPython", "PIL", "matplotlib"}} & set(sys.modules)))
"""
    lines = [line for line in run(repository, code) if line.startswith("imported")]
    assert lines == [f"imported {name} []" for name in HEAVY]
