"""Write the examples' data files from scikit-learn's data sets."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes, load_digits

HERE = Path(__file__).parent


def main() -> None:
    """Write images (1797, 8, 8, 1) of ten digits to two files and 442 patients to a CSV file."""
    images, digits = load_digits(return_X_y=True)
    folder = HERE / "digits/data/digits"
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(np.array_split(np.arange(len(digits)), 2), start=1):
        x, y = images[rows].reshape(-1, 8, 8, 1).astype(np.uint8), digits[rows].astype(np.uint8)
        np.savez_compressed(folder / f"part_{number}.npz", x=x, y=y)
    patients = load_diabetes(as_frame=True, scaled=False).frame
    patients["sex"] = patients["sex"].map({1.0: "a", 2.0: "b"})  # nobody recorded which is which
    path = HERE / "diabetes/data/diabetes.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(patients.to_csv(index=False, lineterminator="\n"), encoding="utf-8")


if __name__ == "__main__":
    main()
