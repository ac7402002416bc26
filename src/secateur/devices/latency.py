"""Parameters of the stage `measure_latency`: how often files have their turn, and for how long."""

from typing import Annotated

from pydantic import Field

from secateur.core.params import Params
from secateur.devices.turns import LEAST_RUNS, Turns


class MeasureLatency(Params):
    """Parameters of `measure_latency`."""

    rounds: Annotated[
        int,
        Field(
            ge=3,
            le=1000,
            description="How often each file has its turn; the ratio to the baseline's file is "
            "taken in each round",
        ),
    ]
    seconds: Annotated[
        float,
        Field(
            gt=0,
            le=600,
            description="For how long each file is timed, with XNNPACK and without, in all rounds "
            f"together; a slow file runs {LEAST_RUNS} times. LiteRT's own benchmark takes 1",
        ),
    ]
    warm_up_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=600,
            description="For how long each file runs before it is timed, once at least. LiteRT's "
            "own benchmark takes 0.5",
        ),
    ]

    def turns(self) -> Turns:
        """Return them as the timing takes them."""
        return Turns(self.rounds, self.seconds, self.warm_up_seconds)
