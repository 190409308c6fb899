"""Which models train side by side: a pure function of the experiment, whatever is trained already."""

import json

from rnn_audio.configuration.experiment import Experiment
from rnn_audio.training.recipe import Recipe
from rnn_audio.types import Settings

Model = tuple[str, int]
"""Configuration and seed."""

MOST_MODELS = 20
"""The models of one size in paper B's table 1, four filters and five seeds: what shares all data and one schedule."""

# A pack must fit into the memory of the smaller GPUs that train. What backpropagation keeps of each unit and step was
# read off the peak memory of trainings on the CPU (docs/performance.md); it has not been measured on a GPU.
_MEMORY_BYTES = 12 * 2**30
_BYTES_A_UNIT_AND_STEP = 64

# Settings in which models of one pack may differ: each has its own filter in the loss.
_OWN = ("pre_emphasis",)


def compose_packs(experiment: Experiment, accelerator: str) -> list[list[Model]]:
    """All models of an experiment, in packs; those that train alone in packs of one.

    Models of one pack learn the same data, have the same shape and the same schedule: all their settings are equal,
    but for the seed and a device's pre-emphasis. They come seed by seed, so that a further seed only adds packs, or
    models to the last one.

    Args:
        experiment: its `packing` says how many models a pack has at most.
        accelerator: `cpu` or `cuda`, what trains.
    """
    alike: dict[str, list[Model]] = {}
    for seed in experiment.seeds:
        for name, settings in experiment.configurations.items():
            alike.setdefault(_common(name, seed, settings), []).append((name, seed))
    packs = []
    for models in alike.values():
        size = _size(experiment, experiment.configurations[models[0][0]], accelerator)
        packs += [models[first : first + size] for first in range(0, len(models), size)]
    return packs


def _common(name: str, seed: int, settings: Settings) -> str:
    """What the models of a pack have in common."""
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
    """About how much backpropagation keeps of one model: all units of all steps between two updates."""
    steps = settings["update_length_samples"] or settings.get("segment_samples") or experiment.samples(settings)
    return steps * settings["batch_size"] * settings["hidden_size"] * _BYTES_A_UNIT_AND_STEP
