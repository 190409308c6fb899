"""Small free-running trainings, and a reference loop, sample by sample."""

import math
from dataclasses import replace
from typing import Any

import torch
from safetensors.torch import load, save

from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, Parameters, initialise, stored_state
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.data import SignalData
from rnn_audio.training.free_running_method import DecayTerm, FreeRunningMethod, Recovery, SpectralTerm
from rnn_audio.training.free_running_trainer import FreeRunningTrainer
from rnn_audio.training.horizon import Horizon

HIDDEN, SAMPLES, EPOCHS, STATE_SCALE = 5, 24, 9, 0.7
PLAIN = FreeRunningMethod(
    optimiser="adam",
    learning_rate=1e-2,
    learning_rate_shape="constant",
    warm_up_share=0.0,
    gradient_clip_norm=None,
    initial_state="learned",
    forget_bias=1.0,
)
RICH = replace(
    PLAIN,
    optimiser="soap",
    learning_rate_shape="cosine",
    warm_up_share=0.4,
    gradient_clip_norm=0.1,
    horizon=Horizon(start_samples=5, full_at_share=0.6),
    recovery=Recovery(loss_ratio=10, least_loss=0.0, patience_epochs=0, learning_rate_factor=0.5, at_most=3),
    decay=DecayTerm(weight=1e-3, range_db=30, from_share=0.5),
    spectrum=SpectralTerm(weight=0.1, window_samples=(4, 8)),
)
WAITING = Horizon(start_samples=2, full_at_share=0.9, growth=1.5, grow_below=0.9)
"""Grows only when the error is small enough, for each model at another time."""
UNMOVED = replace(PLAIN, learning_rate=1e-30)
"""Its steps are too small to change a weight."""


def decaying_sine(samples: int = SAMPLES) -> torch.Tensor:
    """A sinusoid that starts at 1 and decays to a tenth."""
    time = torch.arange(samples)
    return torch.cos(time * (2 * math.pi / 9)) * 0.1 ** (time / samples)


def make_trainer(
    method: FreeRunningMethod,
    seeds: list[int],
    signal: torch.Tensor | None = None,
    epochs: int = EPOCHS,
    hidden: int = HIDDEN,
    **arguments: Any,  # noqa: ANN401 (passed on)
) -> FreeRunningTrainer:
    data = SignalData(
        signal=decaying_sine() if signal is None else signal,
        models=len(seeds),
        batch_size=2 if method.initial_state == "random" else 1,
        hidden_size=hidden,
        silent_seed=False,
        state_scale=STATE_SCALE,
    )
    shape = ModelShape(hidden, initial_state=method.initial_state != "random")
    return FreeRunningTrainer(shape, method, data, seeds, epochs, **arguments)


def trained(method: FreeRunningMethod, seeds: list[int], **arguments: Any) -> FreeRunningTrainer:  # noqa: ANN401 (passed on)
    trainer = make_trainer(method, seeds, **arguments)
    for _ in range(trainer.epochs):
        trainer.train_epoch()
    return trainer


def drawn(seeds: list[int], hidden: int = HIDDEN) -> Parameters:
    """Random weights and an initial state, far enough from zero that the gates leave their linear region."""
    parameters = initialise(ModelShape(hidden, initial_state=True), RandomStreams(seeds))
    return {name: 2 * tensor.double() for name, tensor in parameters.items()}


def own_signal(parameters: Parameters) -> torch.Tensor:
    """What a model generates from its own initial state and a sample of 0.5; on this signal its error is zero."""
    first = torch.full((1, 1), 0.5, dtype=parameters["linear.bias"].dtype)
    generated, _ = recurrence.free_run(parameters, first, SAMPLES - 1, stored_state(parameters, 1))
    return torch.cat([first[0], generated[0, 0]])


def loop(own: Parameters, first: torch.Tensor, steps: int) -> torch.Tensor:
    """One model's generation, [steps]: each output is the next step's input, gate by gate."""
    h, c, fed, outputs = own["initial_state.h"], own["initial_state.c"], first, []
    for _ in range(steps):
        gates = own["lstm.weight_ih"][:, 0] * fed + own["lstm.bias_ih"] + own["lstm.weight_hh"] @ h
        i, f, g, o = (gates + own["lstm.bias_hh"]).chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        fed = own["linear.weight"][0] @ h + own["linear.bias"][0]
        outputs.append(fed)
    return torch.stack(outputs)


def through_a_file(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors as from a checkpoint: contiguous, and in another order than the trainer's."""
    return load(save({name: tensor.contiguous() for name, tensor in tensors.items()}))
