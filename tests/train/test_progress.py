"""A long training shows life: bars on a terminal, lines elsewhere, and facts to another process."""

import io
import json
import time

import pytest

from secateur.train import progress


class Clock:
    """Time that passes when it is told to."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_a_line_every_half_minute_says_how_long_it_takes(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.shown("small, seed 3", "MSE", 100) as show:
        for number in range(1, 11):
            clock.now += 10
            show(number, 0.5, 0.25)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[1].split(":")[1].strip() for line in lines] == [
        f"epoch {number} of 100" for number in (3, 6, 9)
    ]
    assert "loss 0.5, validation MSE 0.25" in lines[0]
    assert "16:10 left" in lines[0]  # 97 epochs of 10 seconds
    assert all(line.startswith("small, seed 3: ") for line in lines)


def test_a_slow_first_epoch_is_told_too_and_short_trainings_say_nothing(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.shown("slow", "MSE", 3) as show:
        clock.now += 400
        show(1, 0.5, 0.25)
        assert "epoch 1 of 3" in capsys.readouterr().out
        clock.now += 400
        show(2, 0.5, 0.25)
        assert "6:40 left" in capsys.readouterr().out
        clock.now += 400
        show(3, 0.5, 0.25)  # the stage says so
    with progress.shown("fast", "MSE", 1000) as show:
        for number in range(1, 1001):
            clock.now += 0.01
            show(number, 0.5, 0.25)
    assert capsys.readouterr().out == ""


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", screen)
    with progress.shown("small, seed 3", "MSE", 2, place=1) as show:
        show(1, 0.5, 0.25)
        time.sleep(0.2)  # tqdm draws ten times a second
        show(2, 0.5, 0.125)
    assert "small, seed 3" in screen.getvalue()
    assert "MSE 0.125" in screen.getvalue()


def test_another_process_gets_facts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(progress, "sent_to", pipe)
    with progress.shown("small, seed 3", "MSE", 2) as show:
        show(1, 0.5, float("nan"))
    facts = [json.loads(line) for line in pipe.getvalue().splitlines()]
    assert facts[0] == {"title": "small, seed 3", "label": "MSE", "epochs": 2}
    assert facts[1]["epoch"][:2] == [1, 0.5]
    assert capsys.readouterr().out == ""
