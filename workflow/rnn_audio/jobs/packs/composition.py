"""Which models train together: this depends on the experiment only, not on which models are already trained."""

import json

from rnn_audio.configuration.experiment import Experiment
from rnn_audio.training.recipe import Recipe
from rnn_audio.types import Settings

Model = tuple[str, int]
"""Configuration and seed."""

MOST_MODELS = 20
"""Models of one hidden size in paper B's table 1: four filters times five seeds, with the same data and schedule."""

# A pack must fit into the memory of smaller GPUs. The bytes that backpropagation keeps per unit and step are those of
# 20 models of 64 units on an H100, 8.2 GiB (docs/performance.md).
_MEMORY_BYTES = 12 * 2**30
_BYTES_A_UNIT_AND_STEP = 64

# Settings that may differ within a pack: each model has its own filter in the loss.
_OWN = ("pre_emphasis",)


def compose_packs(experiment: Experiment, accelerator: str) -> list[list[Model]]:
    """All models of an experiment, in packs; a model that trains alone is a pack of one.

    The models of a pack have the same data, shape and schedule: all settings are equal except the seed and a device's
    pre-emphasis. They are ordered by seed, so that another seed only adds packs, or models to the last pack.

    Args:
        experiment: its `packing` sets the largest number of models per pack.
        accelerator: `cpu` or `cuda`, the one that trains.
    """
    alike: dict[str, list[Model]] = {}
    for seed in experiment.seeds:
        for name in experiment.trained:
            settings = experiment.configurations[name]
            alike.setdefault(_common(name, seed, settings), []).append((name, seed))
    packs = []
    for models in alike.values():
        size = _size(experiment, experiment.configurations[models[0][0]], accelerator)
        packs += [models[first : first + size] for first in range(0, len(models), size)]
    return packs


def _common(name: str, seed: int, settings: Settings) -> str:
    """A key that is equal for all models that can share a pack."""
    if not Recipe.from_settings(settings).can_be_packed:
        return json.dumps([name, seed])
    return json.dumps({key: value for key, value in settings.items() if key not in _OWN}, sort_keys=True)


def _size(experiment: Experiment, settings: Settings, accelerator: str) -> int:
    packing = experiment.config["packing"]
    if packing in (False, "off") or (packing == "auto" and accelerator == "cpu"):
        return 1
    if packing != "auto":
        return packing
    return max(1, min(MOST_MODELS, _MEMORY_BYTES // _model_bytes(experiment, settings)))


def _model_bytes(experiment: Experiment, settings: Settings) -> int:
    """Estimated memory of backpropagation for one model: all units of all steps between two updates."""
    steps = settings["update_length_samples"] or settings.get("segment_samples") or experiment.samples(settings)
    return steps * settings["batch_size"] * settings["hidden_size"] * _BYTES_A_UNIT_AND_STEP
