"""The condition of a device's recordings: what was measured of each side, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnn_audio.devices.checks import Checked, count_clipped, decibels, measure_hum, silent_share
from rnn_audio.signals.recordings import Recording

_NOTHING = "nothing"


@dataclass(frozen=True)
class Property:
    """One property of both recordings.

    Attributes:
        name: what it is, with its unit.
        input: value of the input; None for a property of both sides together, or if there is none.
        target: value of the target, or of both sides together; None if there is none.
        advice: what to do about it; `nothing` if it is in order.
    """

    name: str
    input: float | None
    target: float | None
    advice: str


def describe_pair(input: Recording, target: Recording, checked: Checked) -> list[Property]:
    """The properties of a pair that `check_pair` has accepted, in the order of the table."""

    def advice(*names: str) -> str:
        found = [finding.advice for finding in checked.findings if finding.name in names]
        return "; ".join(dict.fromkeys(found)) or _NOTHING

    def each(name: str, measure: Callable[[Recording], float | None], finding: str) -> Property:
        return Property(name, measure(input), measure(target), advice(finding))

    rate_hz, latency = input.rate_hz, checked.latency
    known = latency is not None and latency.confidence > 0
    return [
        each("peak (dB re full scale)", _peak_db, "level"),
        each("level (dB re full scale)", _level_db, "same"),
        each("clipped samples", lambda side: count_clipped(side.samples), "clipping"),
        each("DC offset", lambda side: float(np.mean(side.samples)), "dc_offset"),
        each("silent (% of the time)", lambda side: 100 * silent_share(side), "silence"),
        each("mains hum (dB re full scale)", _hum_db, "hum"),
        Property(
            "latency (samples)",
            None,
            latency.samples if known else None,
            advice("latency", "latency_uncertain", "latency_unmeasured"),
        ),
        Property("confidence of the latency (0 to 1)", None, latency.confidence if known else None, _NOTHING),
        Property(
            "drift of the clocks (ppm)", None, latency.drift_ppm(rate_hz) if known else None, advice("latency_moves")
        ),
        Property("echo (ms)", None, _milliseconds(latency.echo_samples, rate_hz) if known else None, advice("echo")),
        Property(
            "polarity (1, or -1 if inverted)",
            None,
            (-1 if latency.inverted else 1) if known else None,
            advice("polarity"),
        ),
    ]


def _peak_db(side: Recording) -> float:
    return decibels(float(np.abs(side.samples).max()))


def _level_db(side: Recording) -> float:
    return decibels(float(np.sqrt(np.mean(np.square(side.samples)))))


def _hum_db(side: Recording) -> float | None:
    hertz, level_db = measure_hum(side)
    return None if hertz is None else level_db


def _milliseconds(samples: int | None, rate_hz: float) -> float | None:
    return None if samples is None else 1000.0 * samples / rate_hz
