"""The numbers that claims are decided by, read from the results of a run, by configuration and seed."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from rnn_audio.configuration.claims import OWN_QUANTITIES
from rnn_audio.errors import InputError
from rnn_audio.evaluation.tones import last_half_level_db
from rnn_audio.records import Record, history_digest, read_columns, read_json
from rnn_audio.reporting.tables.rows import MISSING, number, training_time_s
from rnn_audio.wav import read_wav

NEAR_ZERO = 0.95
"""A network whose loss is above this share of that of zero output has learned next to nothing."""

START_SAMPLES = 4
"""Samples at the start of a reconstruction, after the given one, in which paper A sees a high value (section V-D)."""

_HIGH_HZ = 10_000.0


@dataclass(frozen=True)
class Values:
    """One quantity of one configuration.

    Attributes:
        by_seed: by seed; NaN where it could not be measured.
        seeds: number of seeds that were trained; 0 for a quantity that no training changes.
        one_sound: whether only the chosen seed has it.
    """

    by_seed: Mapping[int, float]
    seeds: int
    one_sound: bool = False


@dataclass(frozen=True)
class Results:
    """The files of one configuration.

    Attributes:
        configuration: its name.
        files: paths by their kind: one each, but for `histories` one per seed, in the order of `seeds`.
        seeds: all seeds.
    """

    configuration: str
    files: Mapping[str, Sequence[Path]]
    seeds: Sequence[int] = field(default_factory=list)

    @cached_property
    def selection(self) -> Record:
        """Every seed's losses, and the chosen seed."""
        return self.record("selections")

    def record(self, kind: str) -> Record:
        """The JSON record of a kind of file."""
        return read_json(self.files[kind][0])

    def values(self, quantity: str) -> Values:
        """A quantity of each seed.

        Raises:
            InputError: the results do not have it.
        """
        trained = self.selection["seeds"]
        if quantity in _OWN:
            found = _OWN[quantity](self)
        elif quantity.startswith("prediction.error_"):
            found = self._band(quantity.partition(".")[2])
        elif "." in quantity:
            found = self._metric(quantity)
        else:
            found = {int(seed): number(self._loss(results, quantity)) for seed, results in trained.items()}
        if quantity in OWN_QUANTITIES and not OWN_QUANTITIES[quantity].by_seed:
            return Values(found, 0)
        return Values(found, len(trained), one_sound=len(found) < len(trained))

    def zero_loss(self, quantity: str) -> float | None:
        """The loss of zero output; None if the quantity is no loss."""
        own = {"late_training_mse": "training_mse"}.get(quantity, quantity)
        zero = self.selection["zero_loss"]
        if own not in zero and own.startswith(("test_", "validation_")):
            own = "test_loss"  # an ESR, and so the same after each filter
        return number(zero[own]) if own in zero else None

    def is_near_zero(self, quantity: str) -> bool:
        """Whether the median seed is within 5 % of zero output, or worse.

        Judged by the quantity itself if it is a loss, or else by the loss that chooses the seed.
        """
        judged = quantity if self.zero_loss(quantity) else self.selection["rule"]
        zero = self.zero_loss(judged)
        shares = [loss / zero for loss in self.values(judged).by_seed.values() if zero and not math.isnan(loss)]
        return bool(shares) and statistics.median(shares) > NEAR_ZERO

    def _loss(self, results: Record, quantity: str) -> float | None:
        if quantity not in results["losses"]:
            known = ", ".join(results["losses"])
            raise InputError(f"claims: {self.configuration} has no quantity '{quantity}'; there are: {known}")
        return results["losses"][quantity]

    def _metric(self, quantity: str) -> dict[int, float]:
        """A metric of every seed, if its generations were summarised; or else that of the chosen seed's sound."""
        group, _, name = quantity.partition(".")
        states = self.record("states")["seeds"] if "states" in self.files else {}
        found = {int(seed): _median(own[group].get(name)) for seed, own in states.items() if name in own.get(group, {})}
        if found:
            return found
        metrics = self.record("metrics")
        if name not in metrics.get(group, {}):
            raise InputError(f"claims: {self.configuration} has no quantity '{quantity}'")
        return {metrics["chosen_seed"]: number(metrics[group][name])}

    def _band(self, name: str) -> dict[int, float]:
        band = self.record("errors")["bands"][name]
        total = math.fsum(band["target"])
        return {int(seed): _level_db(math.fsum(errors), total) for seed, errors in band["errors"].items()}


def results_from_files(
    paths: Sequence[Path | str], kinds: Sequence[tuple[str, str, int]], seeds: Sequence[int]
) -> dict[str, Results]:
    """The results of each configuration.

    Args:
        paths: all files.
        kinds: for each file, or each group of files, in turn: its kind, its configuration and their number.
        seeds: all seeds.
    """
    left = [Path(path) for path in paths]
    files: dict[str, dict[str, list[Path]]] = {}
    for kind, configuration, count in kinds:
        files.setdefault(configuration, {})[kind], left = left[:count], left[count:]
    return {name: Results(name, own, seeds) for name, own in files.items()}


def _of_seeds(read: Callable[[Record], float]) -> Callable[[Results], dict[int, float]]:
    return lambda results: {int(seed): read(own) for seed, own in results.selection["seeds"].items()}


def _late_training_mse(results: Results) -> dict[int, float]:
    """Geometric mean of the training MSE over the last half of the epochs: the level of the curve on a log axis."""
    found = {}
    for seed, path in zip(results.seeds, results.files["histories"], strict=True):
        losses = read_columns(path, history_digest(results.selection, seed))["training_mse"]
        late = losses[len(losses) // 2 :]
        late = late[np.isfinite(late) & (late > 0)]
        found[seed] = float(np.exp(np.log(late).mean())) if late.size else MISSING
    return found


def _choice_cost_percent(results: Results) -> dict[int, float]:
    """By how much the test loss grows if the validation loss chooses the seed; under that seed."""
    chosen = results.selection["chosen_seeds"]
    losses = {
        by: results.selection["seeds"][str(chosen[by])]["losses"]["test_loss"]
        for by in ("test_loss", "validation_loss")
    }
    return {chosen["validation_loss"]: 100 * (losses["validation_loss"] / losses["test_loss"] - 1)}


def _running_speed(results: Results) -> dict[int, float]:
    speeds = {entry["how"]: entry["seconds_per_second"] for entry in results.record("running_speeds")["speeds"]}
    return {0: next(speed for how, speed in speeds.items() if "sample by sample" in how)}


def _update_overhead_percent(results: Results) -> dict[int, float]:
    times = results.record("training_times")
    return {0: 100 * (times["own_update_s"] / times["none_update_s"] - 1)}


def _above_10_khz_db(results: Results) -> dict[int, float]:
    """Energy above 10 kHz over that of all bins of 10 Hz, from the fine spectrum of the test target."""
    fine = results.record("errors")["spectra"]["fine"]
    power = np.array([0.0 if level is None else 10 ** (level / 10) for level in fine["target_db"]])
    high = np.array(fine["frequencies_hz"]) >= _HIGH_HZ
    return {0: _level_db(float(power[high].sum()), float(power.sum()))}


def _end_level_db(results: Results) -> dict[int, float]:
    prediction, _ = read_wav(results.files["predictions"][0])
    signal, _ = read_wav(results.files["signals"][0])
    level = last_half_level_db(prediction, signal[-len(prediction) :])
    return {results.selection["chosen_seed"]: number(level)}


def _effective_length_percent(results: Results) -> dict[int, float]:
    samples = results.record("metrics")["target"]["samples"]
    lengths = results.values("generation.effective_length_samples").by_seed
    return {seed: 100 * length / (samples - 1) for seed, length in lengths.items()}


def _start_ratio(results: Results) -> dict[int, float]:
    """Of the reconstruction of one segment, without its given first sample."""
    sound, _ = read_wav(results.files["reconstructions"][0])
    start, rest = sound[1 : 1 + START_SAMPLES], sound[1 + START_SAMPLES :]
    rms = float(np.sqrt(np.square(rest, dtype=np.float64).mean()))
    return {results.selection["chosen_seed"]: float(np.abs(start).max()) / rms if rms > 0 else MISSING}


_OWN: Mapping[str, Callable[[Results], dict[int, float]]] = {
    "parameters": lambda results: {0: float(results.selection["parameters"])},
    "wall_time_s": _of_seeds(training_time_s),
    "peak_memory_mib": _of_seeds(lambda own: number(own.get("peak_memory_mib"))),
    "late_training_mse": _late_training_mse,
    "choice_cost_percent": _choice_cost_percent,
    "running_speed": _running_speed,
    "update_overhead_percent": _update_overhead_percent,
    "target.above_10_khz_db": _above_10_khz_db,
    "prediction.end_level_db": _end_level_db,
    "generation.effective_length_percent": _effective_length_percent,
    "reconstruction.start_ratio": _start_ratio,
}


def _median(summary: object) -> float:
    """The median of a summary over initial states, or the number itself; NaN for null."""
    return number(summary["median"] if isinstance(summary, Mapping) else summary)


def _level_db(energy: float, reference: float) -> float:
    return 10 * math.log10(energy / reference) if energy > 0 and reference > 0 else MISSING
