"""Which configurations a scaled-down run trains less, or on less, than the configuration's own file says."""

from pathlib import Path

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.errors import InputError
from rnn_audio.types import Settings


def scaled_down(experiment: Experiment, whole: Path | None) -> list[str]:
    """The configurations whose settings, or whose signal or device, an overlay has changed.

    At the paper's scale there are none. Where the file is not at the paper's scale itself, or is no configuration
    without its overlays, all of them count.

    Args:
        experiment: the run's.
        whole: the configuration's file, before any overlay; None if there is none.
    """
    if not experiment.scale_notes():
        return []
    declared = _load(whole) if whole is not None else None
    if declared is None or declared.scale_notes():
        return list(experiment.configurations)
    return [name for name in experiment.configurations if _training(experiment, name) != _training(declared, name)]


def _load(path: Path) -> Experiment | None:
    import yaml

    if not path.is_file():
        return None
    try:
        return load_experiment(
            yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        )
    except InputError:
        return None


def _training(experiment: Experiment, name: str) -> tuple[Settings, Settings] | None:
    """All that a model of a configuration comes from, but for the seed."""
    settings = experiment.configurations.get(name)
    if settings is None:
        return None
    kind = "device" if "device" in settings else "signal"
    return settings, experiment.config[f"{kind}s"][settings[kind]]
