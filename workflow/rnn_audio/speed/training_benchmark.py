"""Times trainings by our recipe and by the reference's, in turn, in one run on one machine.

Each case has a process of its own. The reference must not get the process settings that make our recipe fast, and the
peak memory of a process is then that of one case.
"""

from __future__ import annotations

import logging
import multiprocessing
import statistics
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from rnn_audio.jobs.runtime import peak_memory_mib, prepare_process
from rnn_audio.speed.benchmark_cases import Case, Epochs
from rnn_audio.speed.benchmark_records import OURS, REFERENCE
from rnn_audio.training.captured_update import untimed_epochs
from rnn_audio.types import Settings

logger = logging.getLogger(__name__)


_ready: Epochs


def compared_cases(settings: Settings) -> list[list[Case]]:
    """Groups of cases that are timed in turn: the reference, and our recipe with packs of several sizes.

    Args:
        settings: the configuration's `benchmark`: `hidden_sizes`, and `methods`, each with `samples`, `packs` and the
            settings of a training.
    """
    groups = []
    for name, method in settings["methods"].items():
        for hidden_size in settings["hidden_sizes"]:
            own = _training_settings(method) | {"hidden_size": hidden_size}
            reference = Case(name, REFERENCE, own, method["samples"], models=1)
            ours = [Case(name, OURS, own, method["samples"], models) for models in method["packs"]]
            groups.append([reference, *ours])
    return groups


def growing_cases(settings: Settings) -> list[list[Case]]:
    """Groups of cases of our recipe that differ in one value: length of the sequence, hidden size, size of the pack."""
    growth = settings["growth"]
    method = settings["methods"][growth["method"]]
    own = _training_settings(method) | {"hidden_size": growth["hidden_size"]}
    lengths = [Case("samples", OURS, own, samples, models=1) for samples in growth["samples"]]
    sizes = [
        Case("hidden_size", OURS, own | {"hidden_size": size}, method["samples"], models=1)
        for size in growth["hidden_sizes"]
    ]
    packs = [Case("pack", OURS, own, method["samples"], models) for models in growth["packs"]]
    return [lengths, sizes, packs]


def time_in_turn(cases: Sequence[Case], accelerator: str, rounds: int) -> list[dict[str, Any]]:
    """Time one epoch of each case in turn, several times.

    Args:
        cases: what is timed; all of them are in memory at the same time.
        accelerator: `cpu` or `cuda`.
        rounds: how often each case is timed.

    Returns:
        One record per case: its description, `epochs_s` (the epoch of each round), `seconds` (their median),
        `models_samples_per_s` (samples of all sequences and models per second, at the median), `step_s` (one time step
        of one model's batch) and `peak_memory_mib`.
    """
    context = multiprocessing.get_context("spawn")
    workers = [
        ProcessPoolExecutor(1, mp_context=context, initializer=_prepare, initargs=(case, accelerator)) for case in cases
    ]
    try:
        for worker in workers:
            for _ in range(untimed_epochs(accelerator)):
                worker.submit(_train).result()
        seconds = [[worker.submit(_train).result() for worker in workers] for _ in range(rounds)]
        peaks = [worker.submit(peak_memory_mib, accelerator).result() for worker in workers]
    finally:
        for worker in workers:
            worker.shutdown()
    records = [
        _record(case, own, peak) for case, own, peak in zip(cases, zip(*seconds, strict=True), peaks, strict=True)
    ]
    for record in records:
        logger.info("%s", ", ".join(f"{key} {value}" for key, value in record.items()))
    return records


def _training_settings(method: Settings) -> Settings:
    """The settings of a training without its hidden size: those of the method, and those common to all methods."""
    common = {
        "teacher_forcing": "always",
        "carry_state": True,
        "gradient_clip_norm": None,
        "skip": "pre_emphasis" in method,
    }
    own = {key: value for key, value in method.items() if key not in ("samples", "packs")}
    length = method["update_length_samples"]
    return common | own | {"update_length_samples": None if length == "full" else length}


def _prepare(case: Case, accelerator: str) -> None:
    global _ready  # the one case of this worker process
    if case.recipe == OURS:
        prepare_process(accelerator, threads=1)
    else:
        import torch

        torch.set_num_threads(1)
    _ready = Epochs(case, accelerator)


def _train() -> float:
    return _ready.train()


def _record(case: Case, seconds: Sequence[float], peak_mib: float) -> dict[str, Any]:
    median_s = statistics.median(seconds)
    return {
        "method": case.method,
        "recipe": case.recipe,
        "hidden_size": case.settings["hidden_size"],
        "batch_size": case.settings["batch_size"],
        "samples": case.samples,
        "models": case.models,
        "epochs_s": list(seconds),
        "seconds": median_s,
        "models_samples_per_s": case.trained_samples / median_s,
        "step_s": median_s / (case.samples * case.models),
        "peak_memory_mib": peak_mib,
    }
