"""`secateur bench-kit`."""

from pathlib import Path
from typing import Annotated

import typer

from secateur.command.mistakes import told

EXAMPLES = """
\b
Examples:
  secateur bench-kit             # bench-kit.zip
  secateur bench-kit ~/kit.zip

\b
On the device, where the zip is unpacked:
  python3 -m pip install ai-edge-litert
  python3 bench.py pi4           # writes pi4.json, for metrics/devices/

\b
Exit status: 0 packed; 1 there is nothing to time, or OUT holds another file.
"""


def bench_kit(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The zip to write.", show_default=True)
    ] = Path("bench-kit.zip"),
) -> None:
    """Pack the files whose time is measured, and a script that times them on another device.

    The script needs Python 3.9 and ai-edge-litert, or TensorFlow Lite's benchmark_model, and no
    Secateur. It writes one JSON file; in metrics/devices/ that joins the report under its name.
    """
    with told():
        from secateur.command import kit

        for line in kit.pack(out):
            typer.echo(line)
