"""The estimate before a run starts: what it makes, how many models it trains, and for about how long."""

import json
import os
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rnn_audio.configuration.experiment import Experiment
from rnn_audio.jobs.progress import format_duration
from rnn_audio.records import write_json
from rnn_audio.speed.benchmark_records import OURS
from rnn_audio.speed.job_times import TRAINING_START_S, describe_jobs, job_seconds
from rnn_audio.training.cost import step_seconds
from rnn_audio.training.recipe import Recipe

PLAN = "plan.json"
"""Name of the file of `write_plan`."""

_H100_PACE = 0.045
"""Time of a pack of paper B on an H100 over that of one of its models on one core (docs/performance.md)."""


@dataclass(frozen=True)
class Plan:
    """What a run makes, and for about how long.

    Attributes:
        message: both, in words.
        trainings_s: seconds of each model's training, by configuration and seed.
        others_s: seconds of all other jobs together.
        at_once: how many trainings run at the same time.
        basis: where the times come from, in words.
    """

    message: str
    trainings_s: Mapping[tuple[str, int], float]
    others_s: float
    at_once: int
    basis: str

    def total_s(self) -> float:
        """Seconds until all is done, at most `at_once` jobs at a time."""
        return remaining_s(list(self.trainings_s.values()), self.others_s, self.at_once)


def remaining_s(trainings_s: Sequence[float], others_s: float, at_once: int) -> float:
    """Seconds until trainings and other jobs are done: shared by all that run at once, but no less than the longest."""
    return max([(sum(trainings_s) + others_s) / max(1, at_once), *trainings_s])


def plan_run(
    experiment: Experiment,
    packs: Sequence[Sequence[tuple[str, int]]],
    accelerator: str,
    at_once: int,
    others: Mapping[str, int] | None = None,
    cores: int | None = None,
    alone: Collection[str] = (),
) -> Plan:
    """What a run makes, and for about how long.

    Args:
        packs: configuration and seed of each model that will be trained, pack by pack; a model that trains alone is a
            pack of one.
        accelerator: `cpu` or `cuda`.
        at_once: how many packs train at the same time.
        others: number of all other jobs, by the name of their rule.
        cores: how many of these run at the same time; by default, as many as packs.
        alone: names of rules whose jobs run alone on the machine, so that the other cores wait.

    On a GPU a pack takes as long as its slowest model, on a CPU as long as all its models in turn. The estimate is
    corrected by the times of models that were trained here before on the same accelerator.
    """
    others, cores = others or {}, max(1, cores or at_once)
    pace, basis = _pace(experiment, accelerator)
    trainings_s: dict[tuple[str, int], float] = {}
    for pack in packs:
        estimates = {model: _training_s(experiment, model[0]) * pace for model in pack}
        # On a GPU, the models of a pack share the time of the slowest.
        share = max(estimates.values()) / sum(estimates.values()) if accelerator == "cuda" else 1.0
        trainings_s |= {model: seconds * share + TRAINING_START_S for model, seconds in estimates.items()}
    at_once = max(1, min(at_once, len(packs)))
    # A job that runs alone keeps all cores from others. Times of earlier trainings say how fast a CPU is.
    measured = pace if accelerator == "cpu" else 1.0
    busy_s = measured * sum(
        count * job_seconds(rule, experiment) * (cores if rule in alone else 1) for rule, count in others.items()
    )
    others_s = busy_s * at_once / cores
    plan = Plan("", trainings_s, others_s, at_once, basis)
    said = _describe_trainings(packs, accelerator, plan)
    if not others:
        return replace(plan, message=said)
    whole = f"In all, with {describe_jobs(others)}: about {format_duration(plan.total_s())}."
    return replace(plan, message=f"{said}\n{whole}")


def write_plan(results: Path, plan: Plan, logs: Path) -> None:
    """Write a run's plan for `python -m rnn_audio status`.

    Args:
        results: the folder of the results.
        plan: the plan.
        logs: the folder of the run's logs.
    """
    trainings = [
        {"configuration": name, "seed": seed, "seconds": seconds} for (name, seed), seconds in plan.trainings_s.items()
    ]
    record = {"trainings": trainings, "others_s": plan.others_s, "at_once": plan.at_once, "basis": plan.basis}
    # Relative to the results, which may be read from another folder.
    write_json(results / PLAN, record | {"logs": os.path.relpath(logs, results)})


def _training_s(experiment: Experiment, configuration: str) -> float:
    settings = experiment.configurations[configuration]
    return Recipe.from_settings(settings).seconds(experiment.samples(settings))


def _describe_trainings(packs: Sequence[Sequence[tuple[str, int]]], accelerator: str, plan: Plan) -> str:
    models = [model for pack in packs for model in pack]
    if not models:
        return "No model to train."
    configurations = len({configuration for configuration, _ in models})
    in_packs = f" in {len(packs)} pack(s)" if len(packs) < len(models) else ""
    by_pack = [sum(plan.trainings_s[model] for model in pack) for pack in packs]
    total_s = remaining_s(by_pack, 0.0, plan.at_once)
    return (
        f"Training {len(models)} model(s) of {configurations} configuration(s){in_packs} on {accelerator}, "
        f"{plan.at_once} at a time: about {format_duration(total_s)} ({plan.basis})."
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
