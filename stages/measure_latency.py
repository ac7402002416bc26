"""Measure the time of each file on this machine; it never repeats, and no stage reads it."""

from secateur.artifacts import LATENCY
from secateur.core import errors, files, params
from secateur.devices import measured, timing
from secateur.devices.latency import MeasureLatency
from secateur.timed_files import BASELINE, timed_beside, to_time


def main() -> None:
    """Write percentiles of each file's time, and its ratio to the baseline's file of its type."""
    settings = params.read().section("measure_latency", MeasureLatency)
    timed = to_time()
    baselines = {key: timed_beside(key) for key in timed}
    found = timing.measure(timed, baselines, BASELINE, settings.turns())
    measured.check(found, str(LATENCY))
    files.write_json(LATENCY, found)


if __name__ == "__main__":
    errors.run(main)
