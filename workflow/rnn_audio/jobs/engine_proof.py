"""Before a job trains on a GPU, its engine proves itself there; if it fails, the next one, and at last PyTorch's LSTM.

The proof takes seconds. Its result is kept for the other jobs of a run with the same GPU, hidden size and code, so that
all models of a pack train by the same engine. The next run proves again.
"""

import json
import logging
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from rnn_audio.configuration.accelerator import driver_version
from rnn_audio.errors import InputError
from rnn_audio.records import read_json, write_json
from rnn_audio.types import Settings

_LONGEST_S = 300
_KEPT = "engine.{}.json"
_LIBRARY = Path(__file__).parents[2]

logger = logging.getLogger(__name__)


def settle_engine(accelerator: str, settings: Settings, folder: Path | None = None, **determinants: Any) -> None:  # noqa: ANN401
    """Let the engines for a GPU prove themselves, the faster one first, and reject in `choice` what fails.

    Args:
        accelerator: `cpu` or `cuda`.
        settings: the resolved configuration.
        folder: where the result is kept; None: it is not.
        determinants: what else the result depends on, such as versions and a digest of the code.

    Raises:
        InputError: the environment variable RNN_AUDIO_ENGINE asks for an engine that does not prove itself.
    """
    import torch

    from rnn_audio.networks.engines import choice as engines

    engines.reject({})
    device, hidden_size = torch.device(accelerator), settings["hidden_size"]
    if device.type != engines.GPU or engines.pick(device, hidden_size) not in engines.FUSED:
        return
    mixes = not isinstance(settings["teacher_forcing"], str)
    rejected = _kept_or_new(accelerator, hidden_size, mixes, folder, determinants)
    override = os.environ.get(engines.OVERRIDE)
    if override in rejected:
        raise InputError(
            f"{engines.OVERRIDE} is '{override}', which does not work on this GPU ({rejected[override]}); unset it, "
            "and another engine will train"
        )
    engines.reject(rejected)
    if not rejected:
        return
    engine, captures = engines.pick(device, hidden_size), engines.captures(device, hidden_size)
    trains = "PyTorch's LSTM trains, more slowly" if engine == "pytorch" else f"the engine '{engine}' trains"
    reasons = "; ".join(f"{what}: {reason}" for what, reason in rejected.items())
    logger.warning(
        "%s%s, for on this GPU does not work %s", trains, "" if captures else ", without captured updates", reasons
    )


def prove(accelerator: str, hidden_size: int, mixes: bool) -> dict[str, str]:
    """What does not work, by the trials (`engine_trial.try_engine`) of one engine after another until one does."""
    import torch

    from rnn_audio.networks.engines import choice as engines

    rejected: dict[str, str] = {}
    for engine in engines.candidates(torch.device(accelerator), hidden_size):
        if engine not in engines.FUSED:
            break
        found = _try(accelerator, hidden_size, mixes, engine, list(rejected))
        rejected |= found
        if engine not in found:
            break
    return rejected


def _try(accelerator: str, hidden_size: int, mixes: bool, engine: str, without: list[str]) -> dict[str, str]:
    """The result of a trial in a process of its own, the engine's; whatever ends that process rejects the engine."""
    command = [sys.executable, "-m", "rnn_audio.jobs.engine_trial", accelerator, str(hidden_size)]
    command += ["--mixes"] if mixes else []
    command += ["--without", *without] if without else []
    paths = [str(_LIBRARY), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    try:
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {engine: f"its trial did not end within {_LONGEST_S} s"}
    if ended.returncode == 0:
        return json.loads(ended.stdout.splitlines()[-1])
    errors = ended.stderr.strip().splitlines() or ["no message"]
    return {engine: f"its trial ended with status {ended.returncode}: {errors[-1][:200]}"}


def forget_proofs(folder: Path) -> None:
    """At the start of a run, forget the results of earlier ones, so that what failed is tried again."""
    for path in folder.glob(_KEPT.format("*")):
        path.unlink(missing_ok=True)


def _kept_or_new(
    accelerator: str, hidden_size: int, mixes: bool, folder: Path | None, determinants: dict[str, Any]
) -> dict[str, str]:
    if folder is None:
        return prove(accelerator, hidden_size, mixes)
    path = folder / _KEPT.format(_key(accelerator, hidden_size, mixes, determinants))
    rejected = _read(path)
    if rejected is None:
        rejected = prove(accelerator, hidden_size, mixes)
        # Another job may have been first. Its result counts, so that both jobs come to the same one.
        first = _read(path)
        if first is not None:
            return first
        write_json(path, {"rejected": rejected})
    return rejected


def _read(path: Path) -> dict[str, str] | None:
    if not path.exists():
        return None
    try:
        return dict(read_json(path)["rejected"])
    except (InputError, TypeError, ValueError):  # spoilt: proved and written again
        path.unlink(missing_ok=True)
        return None


def _key(accelerator: str, hidden_size: int, mixes: bool, determinants: dict[str, Any]) -> str:
    from rnn_audio.jobs.checkpoints import training_key
    from rnn_audio.jobs.runtime import accelerator_name

    machine = {"gpu": accelerator_name(accelerator), "driver": driver_version(), "node": platform.node()}
    return training_key(machine=machine, hidden_size=hidden_size, mixes=mixes, **determinants)[:16]
