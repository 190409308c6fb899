"""The estimate before a run starts: how many models it trains, on which accelerator, and for about how long."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from rnn_audio.configuration.experiment import Experiment
from rnn_audio.jobs.progress import format_duration
from rnn_audio.speed.benchmark_records import OURS
from rnn_audio.training.cost import step_seconds
from rnn_audio.training.recipe import Recipe
from rnn_audio.types import Settings

_START_UP_S = 3.0
_H100_PACE = 0.045
"""Time of a pack of paper B on an H100 over that of one of its models on one core (docs/performance.md)."""


def describe_plan(
    experiment: Experiment, packs: Sequence[Sequence[tuple[Settings, int]]], accelerator: str, at_once: int
) -> str:
    """A message for the beginning of a run: what will be trained, and for about how long.

    Args:
        packs: resolved configuration and seed of each model that will be trained, pack by pack; a model that trains
            alone is a pack of one.
        accelerator: `cpu` or `cuda`.
        at_once: how many packs train at the same time.

    On a GPU a pack takes as long as its slowest model, on a CPU as long as all its models in turn. The estimate is
    corrected by the times of models that were trained here before on the same accelerator.
    """
    jobs = [job for pack in packs for job in pack]
    if not jobs:
        return "No model to train."
    configurations = len({json.dumps(settings, sort_keys=True) for settings, _ in jobs})
    together = max if accelerator == "cuda" else sum
    estimates = [
        together(Recipe.from_settings(settings).seconds(experiment.samples(settings)) for settings, _ in pack)
        for pack in packs
    ]
    at_once = max(1, min(at_once, len(packs)))
    pace, basis = _pace(experiment, accelerator)
    total_s = (sum(estimates) * pace + len(jobs) * _START_UP_S) / at_once
    total_s = max(total_s, max(estimates) * pace + _START_UP_S)
    in_packs = f" in {len(packs)} pack(s)" if len(packs) < len(jobs) else ""
    return (
        f"Training {len(jobs)} model(s) of {configurations} configuration(s){in_packs} on {accelerator}, "
        f"{at_once} at a time: about {format_duration(total_s)} ({basis})."
    )


def _pace(experiment: Experiment, accelerator: str) -> tuple[float, str]:
    """Ratio of the measured to the estimated time of earlier trainings, and where it comes from."""
    ratios = []
    for path in Path(experiment.config["pathvars"]["results"]).glob("models/*/seed-*/run.json"):
        ratio = _ratio(path, accelerator)
        if ratio is not None:
            ratios.append(ratio)
    if ratios:
        return statistics.median(ratios), f"from the times of {len(ratios)} model(s) trained here"
    ratios = _benchmarked(Path(experiment.config["pathvars"]["results"]) / "benchmark" / "training.json", accelerator)
    if ratios:
        return statistics.median(ratios), "from this machine's benchmark"
    if accelerator == "cpu":
        return 1.0, "from times on another machine's CPU"
    return _H100_PACE, "from times on an NVIDIA H100"


def _ratio(path: Path, accelerator: str) -> float | None:
    """Measured over estimated time of a run on this accelerator; None if its record does not contain it.

    A record that cannot be read is skipped: an estimate must not stop a run.
    """
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        if run["measured"]["accelerator"] != accelerator:
            return None
        models = 1 if accelerator == "cuda" else run["measured"].get("models_at_once", 1)
        estimated_s = Recipe.from_settings(run["configuration"]).seconds(run["samples"])
        return run["measured"]["wall_time_s"] / (models * estimated_s)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _benchmarked(path: Path, accelerator: str) -> list[float]:
    """Measured over estimated times of our trainings in a benchmark on this accelerator; empty if there is none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["accelerator"] != accelerator:
            return []
        return [
            # On a GPU a pack takes as long as one of its models.
            own["step_s"]
            * (own["models"] if accelerator == "cuda" else 1)
            / step_seconds(own["batch_size"] * own["hidden_size"] * (own["hidden_size"] + 2))
            for own in record["training"]
            if own["recipe"] == OURS
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []
