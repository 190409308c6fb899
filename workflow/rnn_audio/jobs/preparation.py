"""What the workflow does before its first job: check all inputs that can be checked, and choose the accelerator."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnn_audio.configuration.accelerator import resolve_accelerator
from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.errors import InputError
from rnn_audio.evaluation.quantities import check_quantities


def set_up(
    config: dict[str, Any], *, inspect_recordings: bool, papers: dict[str, Any] | None = None
) -> tuple[Experiment, str]:
    """Check the configuration, and the recordings that it names, before anything trains.

    Args:
        config: the whole configuration.
        inspect_recordings: whether to read and check every recording; jobs on other machines need not repeat it.
        papers: the configuration at the papers' scale, if the other one reduces it.

    Returns:
        The experiment, and the accelerator that trains: `cpu` or `cuda`.

    Raises:
        InputError: the configuration, a recording or the requested accelerator is invalid.
    """
    experiment = load_experiment(config, load_experiment(papers) if papers else None)
    for key, folder in config["pathvars"].items():
        _check_folder(f"pathvars.{key}", Path(folder))
    check_quantities(experiment)
    if inspect_recordings:
        _inspect_sources(experiment)
    return experiment, resolve_accelerator(config["accelerator"])


def _check_folder(key: str, folder: Path) -> None:
    for part in (folder, *folder.parents):
        if part.exists() and not part.is_dir():
            raise InputError(f"{key}: {part} is a file, where a folder is needed; choose another path")


def check_accelerator_elsewhere(setting: str) -> None:
    """For jobs that run on other machines, reject an `accelerator` setting that looks for a GPU on this one.

    Raises:
        InputError: `auto` or `cuda`.
    """
    if setting in ("cpu", "cuda_on_node"):
        return
    raise InputError(
        f"accelerator: {setting} looks for a GPU on the machine that reads the Snakefile, but the jobs run on others; "
        "set accelerator to cuda_on_node or cpu (profiles/slurm does)"
    )


def check_submission(executor: str) -> None:
    """For jobs of SLURM, check that they can be submitted here; without `sbatch`, Snakemake's plugin would hang.

    Raises:
        InputError: there is no `sbatch`.
    """
    if executor == "slurm" and shutil.which("sbatch") is None:
        raise InputError(
            "executor: slurm submits jobs by sbatch, which is not found here; run on the cluster's login node, or "
            "without the profile"
        )


def export_library() -> None:
    """Add this library to PYTHONPATH: scripts run in their own processes, perhaps in another environment."""
    library = str(Path(__file__).parents[2])
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != library]
    os.environ["PYTHONPATH"] = os.pathsep.join([library, *others])


def discard_damaged_caches() -> None:
    """Remove files of compiled code that a power cut left empty or cut short; Numba then compiles again.

    Numba would fail at such a file in each job. It stores pickles, which end with a full stop.
    """
    for path in Path(__file__).parents[1].rglob("__pycache__/*.nb[ci]"):
        with suppress(OSError), path.open("rb") as file:
            is_whole = path.stat().st_size > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read() == b"."
            if not is_whole:
                path.unlink()


def limit_threads() -> None:
    """Limit the linear algebra of each job to one thread, the number that it reserves, unless the user sets another.

    More threads would compete with other jobs, and could make rounding differ between machines.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


def _inspect_sources(experiment: Experiment) -> None:
    from rnn_audio.devices.published_model import inspect_published
    from rnn_audio.devices.sources import inspect_device
    from rnn_audio.signals.room_reach import check_reach
    from rnn_audio.signals.sources import inspect_source

    for signal in experiment.config["signals"]:
        rates = experiment.rates_hz(signal)
        if rates:
            settings = experiment.source_settings(signal)
            inspect_source(signal, settings, rates)
            check_reach(signal, settings)
    for device in experiment.used_devices():
        longest = max(
            own["segment_samples"] for own in experiment.configurations.values() if own.get("device") == device
        )
        inspect_device(device, experiment.config["devices"][device], longest)
    for name in experiment.published:
        settings = experiment.configurations[name]
        rate_hz = experiment.config["devices"][settings["device"]]["rate_hz"]
        inspect_published(f"configurations.{name}", settings, rate_hz)
