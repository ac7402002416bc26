"""The section `data`: which source, which columns, and what to do with missing cells."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.tasks import TaskName
from secateur.data import sources
from secateur.data.target_names import INPUTS

COLUMN_LISTS = ("features", "drop", "categorical", "numbers", "verbatim")
EXCLUSIVE = (("drop", "features"), ("numbers", "categorical"), ("numbers", "verbatim"))

Pixels = Annotated[int, Field(ge=1, le=10_000)]


class Pictures(Params):
    """How each picture becomes an array (height, width, channels) of bytes."""

    size: Annotated[
        Annotated[list[Pixels], Field(min_length=2, max_length=2)] | None,
        Field(
            description="`[height, width]` in pixels; `null`: that of the first picture, which all "
            "must have"
        ),
    ] = None
    color: Annotated[
        Literal["rgb", "grayscale", "rgba"],
        Field(
            description="3, 1 or 4 channels, as Keras's `color_mode`; only `rgba` takes pictures "
            "with transparent pixels"
        ),
    ] = "rgb"
    resize: Annotated[
        Literal["stretch", "crop", "pad"] | None,
        Field(
            description="Pictures of another size: `stretch` changes the ratio of their sides; "
            "`crop` cuts what exceeds it, evenly on both sides; `pad` adds black, in `rgba` "
            "transparent, borders; all three scale, bilinear with antialiasing. `null`: "
            "refuse them"
        ),
    ] = None

    @model_validator(mode="after")
    def _needs_size(self) -> Self:
        if self.resize and not self.size:
            raise ValueError(
                f"resize: {self.resize!r}: needs size, such as size: [96, 96]; set it, or leave "
                "resize out"
            )
        return self


class Data(Params):
    """Parameters of `data`."""

    source: Annotated[
        str,
        Field(
            min_length=1,
            description="A `.csv`, `.tsv`, `.csv.gz`, `.tsv.gz`, `.parquet` or `.npz` file, a "
            "folder of `.npz` files or of pictures, or the http or https address of a file; DVC "
            "watches it",
        ),
    ]
    target: Annotated[
        str | list[str],
        Field(
            description="The column, or array of an `.npz`, to predict; a list of columns of "
            "numbers, or an array (rows, k): a regression with several outputs; `inputs`: the "
            "inputs themselves, by an autoencoder"
        ),
    ] = "y"
    anomaly: Annotated[
        str | None,
        Field(
            description="With `target: inputs`: the column, or array, that says which rows are "
            "anomalous (0 and 1, false and true, or words such as normal and anomaly). These rows "
            "only test; it is no input"
        ),
    ] = None
    features: Annotated[
        Annotated[list[str], Field(min_length=1)] | None,
        Field(description="The columns to use as inputs, in this order; `null`: all others"),
    ] = None
    drop: Annotated[list[str], Field(description="Columns that are not inputs")] = Field(
        default_factory=list
    )
    categorical: Annotated[
        list[str],
        Field(
            description="Columns whose numbers are categories; text always is. Codes of a CSV keep "
            "leading zeros"
        ),
    ] = Field(default_factory=list)
    numbers: Annotated[
        list[str],
        Field(
            description="Columns to read as numbers though they look like something else: text "
            "with one currency, unit or percent sign (`35%` is 35), codes with leading zeros, row "
            "numbers"
        ),
    ] = Field(default_factory=list)
    verbatim: Annotated[
        list[str],
        Field(
            description="CSV: columns of categories where only an empty cell is missing, so that "
            "`NA` or `None` is a category"
        ),
    ] = Field(default_factory=list)
    separator: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1,
            description="CSV: the character between two cells; left out for a `.tsv`: a tab",
        ),
    ] = ","
    decimal: Annotated[
        Literal[".", ","],
        Field(description="CSV: the decimal mark; given, `.` is never one between thousands"),
    ] = "."
    thousands: Annotated[
        Literal[",", ".", " ", "'"] | None,
        Field(description="CSV: the mark between thousands, as in `2,751`; `null`: none"),
    ] = None
    header: Annotated[
        bool | list[str] | None,
        Field(
            description="CSV: `true`: the first line names the columns, even if it looks like a "
            "row; a list: the names of the columns of a file without such a line; `null`: the "
            "first line, unless it looks like a row"
        ),
    ] = None
    skip_lines: Annotated[
        int, Field(ge=0, description="CSV: lines above the header, or above the first row")
    ] = 0
    missing_values: Annotated[
        list[str],
        Field(description="CSV: cells that count as missing, such as `?`, besides empty ones"),
    ] = Field(default_factory=list)
    missing: Annotated[
        Literal["refuse", "drop", "impute"],
        Field(
            description="Missing cells: an error, drop the row, or fill in the training rows' "
            "median or most frequent category"
        ),
    ] = "refuse"
    unseen: Annotated[
        Literal["refuse", "zeros"],
        Field(
            description="A category that no training row has: an error, or zeros in all inputs of "
            "its column"
        ),
    ] = "refuse"
    image: Annotated[
        Pictures | None,
        Field(
            description="How pictures of a folder or of a `.parquet` file become arrays; `null`: "
            "by the defaults"
        ),
    ] = None
    standardize: Annotated[
        bool,
        Field(
            description="Scale the inputs, and the target of a regression, by the training rows' "
            "mean and standard deviation"
        ),
    ] = True

    @model_validator(mode="before")
    @classmethod
    def _tabs(cls, given: Any) -> Any:
        """Let a file's name say what its separator is, if the user does not."""
        if isinstance(given, dict) and isinstance(given.get("source"), str):
            return {"separator": sources.separator(given["source"]), **given}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if re.match(r"\w[\w+.-]*://", self.source) and not sources.is_url(self.source):
            raise ValueError(
                f"source: {self.source!r}: must be a path or an http or https address; for "
                f"others, run `dvc import-url {self.source} data/` and name the file that it writes"
            )
        if self.separator in '"\r\n' or ord(self.separator) > 127:
            raise ValueError(
                f"separator: {self.separator!r}: must be one ASCII character, no quote, no line end"
            )
        # The separator may be either: cells in quotes hold it.
        if self.thousands == self.decimal:
            raise ValueError(
                f"thousands: {self.thousands!r}: must be another character than the decimal"
            )
        if self.header is False or self.header == []:
            raise ValueError(
                "header: a file without a header needs the names of its columns; list them, such "
                "as [a, b, y]"
            )
        if self.image and sources.kind(self.source) in (*sources.TABLES, ".npz"):
            raise ValueError(
                f"image: {self.source} holds no pictures; leave image out, or name a folder with a "
                "folder of pictures for each class"
            )
        return self

    @model_validator(mode="after")
    def _columns_once(self) -> Self:
        header = self.header if isinstance(self.header, list) else []
        if self.anomaly is not None and not self.autoencoder:
            raise ValueError(
                f"anomaly: {self.anomaly!r}: needs target: inputs, an autoencoder whose error "
                "tells anomalies; set it, or leave anomaly out"
            )
        if self.target == []:
            raise ValueError(f"target: {self.target!r}: names no column; write its name")
        if len({*self.targets}) < len(self.targets):
            raise ValueError(f"target: {self.target}: a column is repeated; list each once")
        lists = {key: getattr(self, key) or [] for key in COLUMN_LISTS}
        for key, names in {**lists, "header": header}.items():
            if len(set(names)) < len(names):
                raise ValueError(f"{key}: {names}: a column is repeated; list each once")
            both = [name for name in self.no_inputs if name in names]
            if key in ("features", "drop") and both:
                own = "anomaly" if both[0] == self.anomaly else "target"
                raise ValueError(f"{key}: {both[0]!r}: is data.{own} too; remove it from one")
        for one, other in EXCLUSIVE:
            both = sorted({*lists[one]} & {*lists[other]})
            if both:
                raise ValueError(f"{one}: {both[0]!r}: is in data.{other} too; remove it from one")
        return self

    @property
    def target_name(self) -> str:
        """Return what is predicted in one word: of several columns, their names."""
        return self.target if isinstance(self.target, str) else ", ".join(self.target)

    @property
    def targets(self) -> list[str]:
        """Return the names of the columns, or of the array, to predict; none of an autoencoder."""
        if self.autoencoder:
            return []
        return [self.target] if isinstance(self.target, str) else self.target

    @property
    def autoencoder(self) -> bool:
        """Whether the inputs themselves are to be predicted; `[inputs]` names a column."""
        return self.target == INPUTS

    @property
    def no_inputs(self) -> list[str]:
        """Return the names of the columns, or arrays, that are predicted or mark anomalies."""
        return [*self.targets, *([] if self.anomaly is None else [self.anomaly])]

    def check_task(self, task: TaskName) -> None:
        """Raise InputError if the task cannot have such a target."""
        if self.autoencoder and task != "regression":
            raise InputError(
                f"data.target: {self.target}: an autoencoder predicts numbers; set task: "
                f"regression, or, if a column has this name, target: [{self.target}]"
            )
        if len(self.targets) > 1 and task != "regression":
            raise InputError(
                f"data.target: {self.targets}: task {task} predicts one column; name one, or set "
                "task: regression"
            )
