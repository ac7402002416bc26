"""From a user's own table to the size table and the report: every stage, tiny settings."""

import functools
import hashlib
import http.server
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from own_project import own, read, run_all
from project import Repository, ran
from secateur.command import exporting, prediction


def wine(rows: int = 240) -> pd.DataFrame:
    """Like the well-known wine table: numbers, a text column, missing cells, a graded quality."""
    random = np.random.default_rng(4)
    frame = pd.DataFrame({
        "fixed acidity": random.normal(8, 1.5, rows).round(1),
        "alcohol": random.normal(10.4, 1.1, rows).round(1),
        "colour": random.choice(["red", "white", "rosé"], rows),
    })  # fmt: skip
    grade = frame["alcohol"] - 10.4 + (frame["colour"] == "red") + random.normal(0, 0.4, rows)
    frame["quality"] = pd.cut(grade, [-99, -0.2, 0.9, 99], labels=[5, 6, 7]).astype(int)
    frame.loc[random.choice(rows, 12, replace=False), "alcohol"] = np.nan
    return frame


def test_a_table_with_text_and_missing_cells_goes_to_the_report_by_parameters_alone(
    here: Path,
) -> None:
    Path("data").mkdir()
    frame = wine()
    Path("data/wine.csv").write_text(frame.to_csv(index=False, sep=";"), encoding="utf-8")
    data = {"source": "data/wine.csv", "target": "quality", "separator": ";", "missing": "impute"}
    run_all(own(task="multiclass", data=data, seeds=[1]))
    evaluation, sizes = read("evaluation"), read("sizes")
    baseline = evaluation["baseline"]["stripped"]
    beside = {"accuracy", "balanced_accuracy", "roc_auc", "macro_f1"}
    assert {"log_loss", "d2_log_loss", "f1", *beside} < baseline.keys()
    for artifact in ("stripped", "compacted", "minified_float32", "minified_int8"):
        figures = sizes["half"][artifact]
        assert all(0 <= figures[name]["median"] <= 1 for name in beside), artifact
    same = [evaluation["half"]["stripped"], sizes["half"]["stripped"]]
    assert same[0]["balanced_accuracy"] == same[1]["balanced_accuracy"]
    assert sizes["half"]["minified_float32"]["gzip_bytes"]["median"] < 2000
    assert sizes["half"]["minified_float32"]["difference"]["median"] < 1e-5
    assert "log loss" in Path("metrics/report.md").read_text()
    assert "colour=red" in Path("metrics/report.md").read_text()
    # The file that ships, as docs/running-a-file.md has it: raw rows in, classes out.
    exporting.export("half", Path("wine"))
    frame.head(20).drop(columns="quality").to_csv("new.csv", index=False, sep=";")
    command = [sys.executable, "wine/predict.py", "new.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    predicted = pd.read_csv(io.StringIO(done.stdout))
    assert set(predicted["quality"]) <= {5, 6, 7}
    assert predicted["probability"].between(1 / 3, 1).all()
    expected = prediction.predict(Path("new.csv"), "half", None, None)
    assert predicted["quality"].tolist() == pd.read_csv(io.StringIO(expected))["quality"].tolist()


class Served(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, with the header by which DVC sees that one has changed."""

    def end_headers(self) -> None:
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_header("ETag", f'"{hashlib.md5(content).hexdigest()}"')
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        pass


def test_dvc_follows_a_file_at_an_address(
    tmp_path: Path, make_repository: Callable[[str, dict[str, Any]], Repository]
) -> None:
    (tmp_path / "wine.csv").write_text(wine().to_csv(index=False), encoding="utf-8")
    handler = functools.partial(Served, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = f"http://127.0.0.1:{server.server_port}/wine.csv"
        data = {"source": source, "target": "quality", "missing": "drop"}
        repository = make_repository("url", own(task="multiclass", data=data))
        assert "split" in ran(repository.run("dvc", "repro", "split"))
        assert json.loads(repository.text("data/split/shape.json"))["outputs"] == 3
        assert ran(repository.run("dvc", "repro", "split")) == []
        (tmp_path / "wine.csv").write_text(wine(200).to_csv(index=False), encoding="utf-8")
        assert ran(repository.run("dvc", "repro", "split")) == ["split"]
        server.shutdown()
