"""dvc_verify works without Secateur and without TensorFlow."""

import subprocess
import sys

from verify_project import SOURCE


def test_no_module_imports_secateur_or_tensorflow_or_dvc() -> None:
    """In a fresh interpreter. DVC takes a second to import, so functions import it."""
    modules = sorted(path.stem for path in (SOURCE / "dvc_verify").glob("*.py"))
    names = [f"dvc_verify.{module}" for module in modules if module != "__init__"]
    assert "dvc_verify.verify" in names
    assert "dvc_verify.gate" in names
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n"
        f"import {', '.join(names)}\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "dvc_verify" in imported
    assert not imported & {"secateur", "tensorflow", "keras", "tf_keras", "dvc"}
