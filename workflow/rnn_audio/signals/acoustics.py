"""Room acoustic parameters of an impulse response, by ISO 3382-1 and ISO 3382-2."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_audio.signals.noise_floor import NoiseFloor, decay_above_floor, find_noise_floor
from rnn_audio.signals.onset import onset_index

HEADROOM_DB = 10.0
"""ISO 3382-1: the decay must continue for 10 dB below the evaluated range."""

USABLE_SHARE = 0.9
"""The last tenth of a Schroeder curve depends on where the response was cut, so it is not evidence of a decay."""

EARLY_TIME_S = 0.05

MINIMUM_POINTS = 3

TIME_JND_PERCENT = 5.0
"""Just noticeable difference of a decay time, in per cent: ISO 3382-1, table A.1, states it for EDT."""

CLARITY_JND_DB = 1.0
"""Just noticeable difference of clarity, in decibels: ISO 3382-1, table A.1, states it for C80."""

COMPARED = ("t30", "edt", "c50")
"""Parameters by which two responses are compared, in the order of the tables."""

_EDT_RANGE_DB = (0.0, -10.0)
_T20_RANGE_DB = (-5.0, -25.0)
_T30_RANGE_DB = (-5.0, -35.0)


@dataclass(frozen=True)
class DecayTime:
    """Time of a decay by 60 dB, extrapolated from the regression over one range of the decay curve.

    Either `seconds` is given, with the quality of the fit, or `missing_because` says why there is no value.
    `correlation` is the regression's r (-1 is a perfect decay). `nonlinearity_permille` is xi = 1000 (1 - r^2) of ISO
    3382-2: above 10 the decay is far from a straight line.
    """

    seconds: float | None = None
    correlation: float | None = None
    nonlinearity_permille: float | None = None
    missing_because: str | None = None


@dataclass(frozen=True)
class RoomParameters:
    """Parameters of one room response.

    If `c50_db` is None, `c50_missing_because` says why. `noise_floor_db` is how far the decay is above its noise floor,
    as a negative level in dB re the start of the decay curve; None if the response has no floor.
    """

    edt: DecayTime
    t20: DecayTime
    t30: DecayTime
    c50_db: float | None = None
    c50_missing_because: str | None = None
    noise_floor_db: float | None = None

    def as_dict(self) -> dict[str, float | str | None]:
        """Return all parameters as one flat mapping for JSON and tables, with the unit in each key."""
        flat: dict[str, float | str | None] = {}
        for name, decay in (("edt", self.edt), ("t20", self.t20), ("t30", self.t30)):
            flat[f"{name}_s"] = decay.seconds
            flat[f"{name}_correlation"] = decay.correlation
            flat[f"{name}_nonlinearity_permille"] = decay.nonlinearity_permille
            flat[f"{name}_missing_because"] = decay.missing_because
        flat["c50_db"] = self.c50_db
        flat["c50_missing_because"] = self.c50_missing_because
        flat["noise_floor_db"] = self.noise_floor_db
        return flat


def decay_curve(samples: NDArray[np.floating]) -> NDArray[np.float64]:
    """Integrate the squared response backwards (Schroeder 1965): level in dB re its first value, shape (samples,).

    The integral stops where the response was cut, not at infinity, so the curve bends down towards its end. For this
    reason `room_parameters` requires headroom below each range. Cut two responses at the same length to compare them.
    """
    squared = np.square(np.asarray(samples, dtype=np.float64))
    remaining = np.cumsum(squared[::-1])[::-1]
    with np.errstate(divide="ignore"):
        return 10 * np.log10(remaining / remaining[0])


def room_parameters(samples: NDArray[np.floating], rate_hz: float, *, may_be_noisy: bool = True) -> RoomParameters:
    """Measure EDT, T20, T30 (ISO 3382-1: least squares over 0..-10, -5..-25, -5..-35 dB) and C50 from the onset on.

    If the decay ends in a noise floor, the floor is subtracted and the decay continued below it (`noise_floor`). A
    range then has to end 10 dB above the floor; C50 needs as much as EDT. A parameter that cannot be measured is
    missing, with the reason; no range is reduced to get a value. C50 is the energy of the first 50 ms over that of the
    rest, in dB.

    Args:
        samples: one impulse response, shape (samples,). It may hold NaN or infinity, since it can be a network's
            output.
        rate_hz: its rate.
        may_be_noisy: whether to look for a floor. False for a network's output whose target has none: what it does not
            end with is then an error of the network, not noise.
    """
    response = np.asarray(samples, dtype=np.float64)
    reason = _unusable(response)
    if reason is not None:
        missing = DecayTime(missing_because=reason)
        return RoomParameters(missing, missing, missing, c50_missing_because=reason)

    response = response[onset_index(response) :]
    # The parameters do not depend on the scale. Without it, squares of very small or large samples could leave float64.
    response = response / np.abs(response).max()
    energy = np.square(response)
    floor = find_noise_floor(energy, rate_hz) if may_be_noisy else None
    curve_db = decay_curve(response) if floor is None else decay_above_floor(energy, floor)
    decays = (_decay_time(curve_db, rate_hz, limits, floor) for limits in (_EDT_RANGE_DB, _T20_RANGE_DB, _T30_RANGE_DB))
    c50_db, c50_missing_because = _clarity(energy, curve_db, rate_hz, floor)
    floor_db = None if floor is None else float(curve_db[-1])
    return RoomParameters(*decays, c50_db, c50_missing_because, floor_db)


def compare_rooms(
    target: Mapping[str, float | str | None], generation: Mapping[str, float | str | None]
) -> dict[str, float | bool | None]:
    """Compare a generation's T30, EDT and C50 with the target's: the differences, and whether a listener notices them.

    Both arguments are the result of `RoomParameters.as_dict`. A difference is the generation's value minus the
    target's; differences of times are in per cent of the target's. A difference equal to the threshold counts as
    within it. ISO 3382-1 states no threshold for T30 and C50: those for EDT and C80 are used.

    Returns `t30_difference_percent`, `edt_difference_percent` and `c50_difference_db`, None if either response
    lacks the parameter, and `t30_within_jnd`, `edt_within_jnd` and `c50_within_jnd`: False if only the generation
    lacks it, None if the target lacks it.
    """
    comparison: dict[str, float | bool | None] = {}
    for name in ("t30", "edt"):
        reference, value = target[f"{name}_s"], generation[f"{name}_s"]
        difference = None if reference is None or value is None else 100 * (value - reference) / reference
        comparison[f"{name}_difference_percent"] = difference
        comparison[f"{name}_within_jnd"] = _is_within(difference, TIME_JND_PERCENT, reference)
    reference, value = target["c50_db"], generation["c50_db"]
    difference = None if reference is None or value is None else value - reference
    comparison["c50_difference_db"] = difference
    comparison["c50_within_jnd"] = _is_within(difference, CLARITY_JND_DB, reference)
    return comparison


def _is_within(difference: float | None, threshold: float, reference: float | None) -> bool | None:
    if reference is None:
        return None
    return difference is not None and abs(difference) <= threshold


def _unusable(response: NDArray[np.float64]) -> str | None:
    if response.size == 0:
        return "there are no samples"
    if not np.isfinite(response).all():
        return "samples are not finite"
    if not response.any():
        return "the response is silent"
    return None


def _decay_time(
    curve_db: NDArray[np.float64], rate_hz: float, range_db: tuple[float, float], floor: NoiseFloor | None
) -> DecayTime:
    upper_db, lower_db = range_db
    needed_db = lower_db - HEADROOM_DB
    reason = _too_short(curve_db, needed_db, floor)
    if reason is not None:
        return DecayTime(missing_because=reason)

    first = int(np.argmax(curve_db <= upper_db))
    last = int(np.argmax(curve_db < lower_db))
    if last - first < MINIMUM_POINTS:
        return DecayTime(missing_because=f"the response passes {upper_db:.0f} to {lower_db:.0f} dB within two samples")

    times_s = np.arange(first, last) / rate_hz
    levels_db = curve_db[first:last]
    slope_db_per_s = float(np.polynomial.Polynomial.fit(times_s, levels_db, 1).convert().coef[1])
    correlation = float(np.corrcoef(times_s, levels_db)[0, 1])
    return DecayTime(
        seconds=-60.0 / slope_db_per_s,
        correlation=correlation,
        nonlinearity_permille=1000 * (1 - correlation**2),
    )


def _too_short(curve_db: NDArray[np.float64], needed_db: float, floor: NoiseFloor | None) -> str | None:
    """Why a decay does not reach a level; None if it does."""
    # What is added below the floor replaces what was cut: that curve can be used to its end.
    reached_db = curve_db[-1] if floor is not None else curve_db[int(USABLE_SHARE * (curve_db.size - 1))]
    if reached_db <= needed_db:
        return None
    if floor is not None:
        return f"the decay meets the noise floor at {reached_db:.2f} dB, {needed_db:.0f} dB are needed"
    return f"the response decays to {reached_db:.2f} dB, {needed_db:.0f} dB are needed"


def _clarity(
    energy: NDArray[np.float64], curve_db: NDArray[np.float64], rate_hz: float, floor: NoiseFloor | None
) -> tuple[float | None, str | None]:
    boundary = round(EARLY_TIME_S * rate_hz)
    if floor is not None:
        reason = _too_short(curve_db, _EDT_RANGE_DB[1] - HEADROOM_DB, floor)
        if reason is None and floor.knee <= boundary:
            reason = "the decay meets the noise floor within 50 ms"
        if reason is not None:
            return None, reason
        late_share = 10 ** (curve_db[boundary] / 10)
        return float(10 * np.log10((1 - late_share) / late_share)), None
    late = float(np.sum(energy[boundary:]))
    if late == 0:
        return None, "there is no energy after the first 50 ms"
    early = float(np.sum(energy[:boundary]))
    return float(10 * np.log10(early / late)), None
