import logging
import re

import pytest

from rnn_audio.jobs.progress import ProgressLog, format_duration


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def logged(caplog: pytest.LogCaptureFixture, *, epochs: int, done: int = 0, seconds_per_epoch: float) -> list[str]:
    """The lines of a run whose epochs all take the same time."""
    clock = FakeClock()
    caplog.clear()
    with caplog.at_level(logging.INFO):
        log = ProgressLog([1.0] * epochs, done=done, interval_s=5.0, clock=clock)
        for epoch in range(done + 1, epochs + 1):
            clock.now += seconds_per_epoch
            log.epoch(epoch, loss=1 / epoch)
    return caplog.messages


def epochs_of(lines: list[str]) -> list[int]:
    return [int(re.match(r"epoch (\d+) of", line)[1]) for line in lines]


def test_quick_epochs_are_logged_first_last_and_every_interval(caplog: pytest.LogCaptureFixture) -> None:
    assert epochs_of(logged(caplog, epochs=17, seconds_per_epoch=1.0)) == [1, 6, 11, 16, 17]


def test_slow_epochs_are_all_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert epochs_of(logged(caplog, epochs=4, seconds_per_epoch=60.0)) == [1, 2, 3, 4]


def test_a_single_epoch_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    assert epochs_of(logged(caplog, epochs=1, seconds_per_epoch=0.0)) == [1]


def test_a_line_has_the_epoch_the_loss_and_the_time_left(caplog: pytest.LogCaptureFixture) -> None:
    lines = logged(caplog, epochs=10, seconds_per_epoch=30.0)
    assert lines[3] == "epoch 4 of 10, loss 2.5000e-01, 3 min 0 s left"
    assert lines[-1] == "epoch 10 of 10, loss 1.0000e-01, 0 s left"


def test_later_epochs_may_take_longer(caplog: pytest.LogCaptureFixture) -> None:
    costs, clock = [1.0, 1.0, 10.0, 10.0], FakeClock()
    with caplog.at_level(logging.INFO):
        log = ProgressLog(costs, done=1, interval_s=0.0, clock=clock)
        for epoch, cost in enumerate(costs[1:], start=2):
            clock.now += 3 * cost
            log.epoch(epoch, loss=1.0)
    assert [line.rsplit(", ", 1)[1] for line in caplog.messages] == ["1 min 0 s left", "30 s left", "0 s left"]


def test_a_resumed_run_takes_its_pace_from_its_own_epochs(caplog: pytest.LogCaptureFixture) -> None:
    lines = logged(caplog, epochs=100, done=90, seconds_per_epoch=20.0)
    assert epochs_of(lines) == list(range(91, 101))
    assert lines[0].endswith("3 min 0 s left")
    assert lines[-1].endswith(" 0 s left")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (45, "45 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (202, "3 min 22 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (3972, "1 h 6 min"),
        (48 * 3600 - 1, "47 h 59 min"),
        (48 * 3600, "2 d 0 h"),
        (51 * 3600 + 1800, "2 d 3 h"),
    ],
)
def test_durations_are_written_as_people_say_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
