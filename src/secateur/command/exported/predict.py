"""Predict with `model.tflite`: needs numpy and ai-edge-litert, for pictures Pillow, no Secateur.

    python predict.py rows.csv      # or rows.npy, rows.npz, a picture or a folder of them
    python predict.py --check       # does this machine predict as the one that exported the file?

From Python: `predict(rows)`, where rows are lists by column name, or an array. It raises
`ValueError` for what it cannot read, and guesses nothing.
"""

import csv
import gzip
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "encoding.json").read_text(encoding="utf-8"))
AT_ONCE = 256  # rows
PICTURES = (".png", ".jpg", ".jpeg", ".bmp")


def read(path: Path) -> Any:
    """Read rows: of a table, lists of cells by column name; else an array (n, *shape)."""
    if HOW["columns"][0]["type"] != "array":
        return _table(path)
    if path.is_dir() or path.suffix.lower() in PICTURES:
        if "pictures" not in HOW:
            raise ValueError(f"{path}: a picture, but the model takes arrays (.npy or .npz)")
        return np.stack([_picture(one) for one in pictures(path)])
    found = np.load(path, allow_pickle=False)
    if isinstance(found, np.ndarray):
        return found
    if "x" not in found:
        raise ValueError(f"holds no array x; found: {', '.join(found) or 'nothing'}")
    return found["x"]


def pictures(path: Path) -> list[Path]:
    """List the pictures of a folder at any depth, or the one picture."""
    found = sorted(path.rglob("[!.]*")) if path.is_dir() else [path]
    found = [one for one in found if one.suffix.lower() in PICTURES]
    if not found:
        raise ValueError(f"{path}: holds no picture ({', '.join(PICTURES)})")
    return found


def encode(rows: Any) -> np.ndarray:
    """Return all inputs as they were in training, as float32 (n, *shape)."""
    columns = HOW["columns"]
    if columns[0]["type"] == "array":
        x = np.asarray(rows)
        if list(x.shape[1:]) != HOW["shape"] or x.dtype.kind not in "buif":
            raise ValueError(f"{x.dtype} of shape {list(x.shape)}; must be (rows, *{HOW['shape']})")
        x = _scaled("x", x, columns[0])
    else:
        missing = [column["name"] for column in columns if column["name"] not in rows]
        if missing:
            raise ValueError(f"no column {missing[0]!r}; found: {', '.join(map(str, rows))}")
        x = np.concatenate([_column(column, rows[column["name"]]) for column in columns], axis=1)
    return x


def predict(rows: Any) -> list[dict[str, Any]]:
    """Return a row of the target's numbers, or of its class and the class's probability.

    Of an autoencoder, it is the mean squared error of what the model gives back.
    """
    x = encode(rows)
    return decode(run(x), x)


def run(x: np.ndarray) -> np.ndarray:
    """Return what the model gives for encoded rows, as float32 (n, outputs)."""
    x = x if HOW["inputs"] is None else np.ascontiguousarray(x[:, HOW["inputs"]])
    model = Interpreter(str(HERE / "model.tflite"), num_threads=1)
    return np.concatenate([_invoked(model, x[i : i + AT_ONCE]) for i in range(0, len(x), AT_ONCE)])


def decode(outputs: np.ndarray, x: np.ndarray) -> list[dict[str, Any]]:
    """Turn outputs for encoded rows into what `predict` returns."""
    target, outputs = HOW["target"], outputs.reshape(len(outputs), -1).astype(np.float64)
    if target.get("inputs"):
        errors = np.square(outputs - x.reshape(len(x), -1)).mean(axis=1)
        return [{"reconstruction_error": error} for error in errors.tolist()]
    if target["classes"] is None:
        names = target["name"] if isinstance(target["name"], list) else [target["name"]]
        values = outputs * np.array(target["std"]) + np.array(target["mean"])
        return [dict(zip(names, row, strict=True)) for row in values.tolist()]
    if HOW["task"] == "binary":  # the output is the probability of the second class
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
    labels = [(target["classes"][row.argmax()], float(row.max())) for row in outputs]
    return [{target["name"]: label, "probability": share} for label, share in labels]


def check() -> str:
    """Predict the rows that were exported with the model; raise ValueError if it gives others."""
    expected = json.loads((HERE / "test_vector.json").read_text(encoding="utf-8"))
    x = encode(read(HERE / expected["rows"]))
    for what, found, asked, most in (
        ("inputs", x, expected["inputs"], 1e-6 * (1 + np.abs(x).max())),
        ("outputs", run(x), expected["outputs"], expected["tolerance"]),
    ):
        apart = float(np.abs(found - np.array(asked)).max())
        if not apart <= most:
            raise ValueError(f"{what} differ by {apart:.3g} from the exported ones; at most {most}")
    return f"{len(x)} rows: predicts as it did where it was exported (apart by {apart:.2g})"


def _picture(path: Path) -> np.ndarray:
    from types import SimpleNamespace

    import image_files  # beside this file; it needs Pillow

    pixels: np.ndarray = image_files.decode(
        str(path), path, SimpleNamespace(**HOW["pictures"])
    ).pixels
    image_files.check_size(str(path), pixels, tuple(HOW["pictures"]["size"]), "the model takes")
    return pixels


def _invoked(model: Interpreter, x: np.ndarray) -> np.ndarray:
    taken, given = model.get_input_details()[0], model.get_output_details()[0]
    model.resize_tensor_input(taken["index"], x.shape)
    model.allocate_tensors()
    if np.issubdtype(taken["dtype"], np.integer):
        (scale, zero), ends = taken["quantization"], np.iinfo(taken["dtype"])
        x = np.clip(np.round(x / scale) + zero, ends.min, ends.max).astype(taken["dtype"])
    model.set_tensor(taken["index"], x)
    model.invoke()
    y = model.get_tensor(given["index"])
    if np.issubdtype(given["dtype"], np.integer):
        scale, zero = given["quantization"]
        y = (y.astype(np.float32) - zero) * scale
    return np.asarray(y, dtype=np.float32)


def _scaled(name: str, values: np.ndarray, item: dict[str, Any]) -> np.ndarray:
    with np.errstate(over="ignore"):
        scaled = ((values.astype(np.float64) - item["mean"]) / item["std"]).astype(np.float32)
    if not np.isfinite(scaled).all():
        raise ValueError(f"{name}: a cell is missing, or not finite after scaling")
    return scaled


def _table(path: Path) -> dict[str, list[str]]:
    separator = "\t" if ".tsv" in path.name.lower() else HOW["rows"]["separator"]
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rt", newline="", encoding="utf-8-sig") as file:
            lines = [cells for cells in csv.reader(file, delimiter=separator) if cells]
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not UTF-8 text; save the file as UTF-8") from None
    if len(lines) < 2 or {len(cells) for cells in lines} != {len(lines[0])}:
        raise ValueError(f"{path}: needs a line of column names, and rows of as many cells")
    if len(set(lines[0])) < len(lines[0]):
        raise ValueError(f"{path}: two columns have one name")
    return {name: list(cells) for name, *cells in zip(*lines, strict=True)}


def _column(item: dict[str, Any], cells: Any) -> np.ndarray:
    """Encode a column: a number as one input, a category as one for each of its levels."""
    name, number = item["name"], item["type"] == "number"
    read_cell = _number if number else _level
    found = []
    flags = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}
    numeric = number or all(_is_spelled_number(level) for level in item["levels"])
    if numeric and all(str(c).lower() in flags or _is_missing(item, c) for c in cells):
        cells = [flags.get(str(cell).lower(), cell) for cell in cells]
    for row, cell in enumerate(cells):
        try:
            value = None if _is_missing(item, cell) else read_cell(item, cell)
        except ValueError as error:
            raise ValueError(f"column {name!r}, row {row} (counted from 0): {error}") from None
        fill = item["median"] if number else item["most_frequent"]
        if value is None and fill is None:
            raise ValueError(f"column {name!r}, row {row} (counted from 0): is missing")
        found.append(fill if value is None else value)
    if number:
        return _scaled(name, np.array(found)[:, None], item)
    return np.array([[level == value for level in item["levels"]] for value in found], np.float32)


def _is_missing(item: dict[str, Any], cell: Any) -> bool:
    if cell is None or cell == "" or (isinstance(cell, float) and np.isnan(cell)):
        return True
    rows = HOW["rows"]
    if not isinstance(cell, str) or item["name"] in rows["verbatim"]:
        return False
    # Among the words of a category, NA is one more.
    words = item["type"] == "number" or all(_is_whole(level) for level in item["levels"])
    return cell in rows["missing_values"] or (words and cell in rows["missing_words"])


def _number(item: dict[str, Any], cell: Any) -> float:
    if not isinstance(cell, str):
        return float(cell)
    import numerals  # beside this file

    rows = HOW["rows"]
    styles = [numerals.Style(rows["decimal"], rows["thousands"])]
    if styles[0] == numerals.Style(".", ","):
        styles.append(numerals.Style(".", ",", indian=True))
    for style in styles:
        (amount,) = numerals.read([cell], style)
        if amount and amount.unit == item.get("unit", ""):
            return float(amount.number)
    unit = f" with the unit {item['unit']!r}" if item.get("unit") else ""
    raise ValueError(f"{cell!r}; must be a number{unit}")


def _level(item: dict[str, Any], cell: Any) -> str:
    levels, text = item["levels"], str(cell)
    if text not in levels and all(_is_spelled_number(level) for level in levels):
        text = _spelled(_number(item, cell))  # 3.0 for 3
    if text in levels:
        return text
    if HOW["unseen"] == "zeros":
        return text  # a 0 at each level
    raise ValueError(f"{text!r}; must be one of {', '.join(levels)}")


def _is_whole(text: str) -> bool:
    return text.strip().lstrip("+-").isdigit()


def _is_spelled_number(text: str) -> bool:
    try:
        return text == _spelled(float(text))
    except (ValueError, OverflowError):
        return False


def _spelled(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def main(arguments: list[str]) -> None:
    """Print predictions as CSV."""
    if arguments == ["--check"]:
        print(check())
        return
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise ValueError("usage: python predict.py ROWS, or python predict.py --check")
    path = Path(arguments[0])
    predicted = predict(read(path))
    if path.is_dir() or path.suffix.lower() in PICTURES:
        names = [{"path": one.as_posix()} for one in pictures(path)]
        predicted = [{**name, **row} for name, row in zip(names, predicted, strict=True)]
    writer = csv.DictWriter(sys.stdout, list(predicted[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _shown(value) for key, value in row.items()} for row in predicted)


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.9g}" if isinstance(value, float) else value


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BrokenPipeError:  # whoever reads has seen enough
        sys.exit(0)
    except (ValueError, OSError, KeyError, EOFError, csv.Error, zipfile.BadZipFile) as error:
        sys.exit(f"error: {sys.argv[-1]}: {error}")
