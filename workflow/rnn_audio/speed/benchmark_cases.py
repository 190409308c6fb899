"""Cases of the benchmark: a method, a hidden size and a pack, trained on noise by one of two recipes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch

from rnn_audio.losses.objectives import EmphasisedErrorToSignal, MeanSquaredError, Objective
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.speed.benchmark_records import OURS
from rnn_audio.speed.reference_recipe import ReferenceTrainer
from rnn_audio.training.data import DeviceData, SignalData
from rnn_audio.training.recipe import Recipe

_RATE_HZ = 44100
_AMPLITUDE = 0.1
_SEED = 1


@dataclass(frozen=True)
class Case:
    """A training that is timed.

    Attributes:
        method: its name in the configuration's `benchmark`.
        recipe: `ours` or `reference`.
        settings: the part of a configuration that training needs: hidden_size, batch_size, update_length_samples,
            learning_rate, ...; with `pre_emphasis`, the method is one for devices.
        samples: length of the sequence, including the warm-up.
        models: number of models of the pack; the reference trains one.
    """

    method: str
    recipe: str
    settings: dict[str, Any]
    samples: int
    models: int

    @property
    def trained_samples(self) -> int:
        """Samples that one epoch trains on, summed over all sequences and models."""
        learned = self.samples - 1 if "pre_emphasis" not in self.settings else self.samples - self._warm_up
        return learned * self.settings["batch_size"] * self.models

    @property
    def _warm_up(self) -> int:
        return self.settings.get("warm_up_samples", 0)


class Epochs:
    """A case that is ready to train epochs of one batch each."""

    def __init__(self, case: Case, device: str) -> None:
        self._device = torch.device(device)
        seeds = list(range(_SEED, _SEED + case.models))
        data, objective = _build_data(case, self._device)
        if case.recipe == OURS:
            self._trainer = Recipe.from_settings(case.settings).trainer(data, objective, seeds)
            self._train = self._trainer.train_epoch
            return
        batch = next(iter(data.batches(RandomStreams(seeds))))
        reference = ReferenceTrainer(
            case.settings["hidden_size"],
            case.settings["update_length_samples"],
            case.settings["learning_rate"],
            objective,
            self._device,
            skip=case.settings["skip"],
        )
        self._train = lambda: reference.train_batch(batch)

    def train(self) -> float:
        """Train one epoch; return its duration in seconds."""
        started = time.perf_counter()
        self._train()
        if self._device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - started


def _build_data(case: Case, device: torch.device) -> tuple[SignalData | DeviceData, Objective]:
    settings = case.settings
    generator = torch.Generator().manual_seed(_SEED)
    if "pre_emphasis" not in settings:
        noise = _AMPLITUDE * torch.randn(case.samples, generator=generator)
        data = SignalData(
            noise.to(device), case.models, settings["batch_size"], settings["hidden_size"], False, state_scale=1.0
        )
        return data, MeanSquaredError()
    shape = (2, settings["batch_size"], case.samples)
    inputs, targets = (_AMPLITUDE * torch.randn(shape, generator=generator)).to(device)
    warm_up = settings["warm_up_samples"]
    data = DeviceData(inputs, targets, case.models, settings["batch_size"], settings["hidden_size"], warm_up)
    filters = [settings["pre_emphasis"]] * case.models
    # The reference recipe's loss is PyTorch's as well.
    fused = None if case.recipe == OURS else False
    return data, EmphasisedErrorToSignal(filters, _RATE_HZ, device, fused=fused)
