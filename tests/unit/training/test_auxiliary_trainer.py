"""Both phases of training with the auxiliary loss, against PyTorch's own layers and optimiser."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from support.addresses import all_moved, at_other_addresses

from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.networks.model import ModelShape, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.auxiliary_loss import AuxiliaryLoss
from rnn_audio.training.auxiliary_trainer import AuxiliaryTrainer
from rnn_audio.training.bptt_method import BpttMethod
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.data import SignalData
from rnn_audio.training.teacher_forcing import TeacherForcing
from rnn_audio.training.trainer import DivergenceError

MAIN, BATCH, SAMPLES, SEED = 6, 3, 30, 5
METHOD = BpttMethod(TeacherForcing("always"), update_length=None, carry_state=True, learning_rate=5e-3)
PAPERS = AuxiliaryLoss(
    shape=AuxiliaryShape(4, first_state="bridge", second_state="zeros", cell_state="main"),
    anchors=1,
    segment_samples=8,
    feed="true_samples",
    gradient_reach=None,
    normalise="per_segment",
    pretraining_epochs=3,
)
LARGER = AuxiliaryShape(4, first_state="same_size", second_state="main", cell_state="main")
LOSSES = {
    "the paper's": PAPERS,
    "no gradient into the main network": replace(PAPERS, gradient_reach=0),
    "a short reach, several anchors": replace(PAPERS, gradient_reach=5, anchors=3),
    "fed its own output": replace(PAPERS, feed="own_output", anchors=2, normalise="combined"),
    "states of the same size": replace(PAPERS, shape=LARGER),
    "no pre-training": replace(PAPERS, pretraining_epochs=0),
}
every_loss = pytest.mark.parametrize("auxiliary", LOSSES.values(), ids=LOSSES.keys())


def sine() -> torch.Tensor:
    return torch.sin(torch.arange(SAMPLES) * 0.7)


def arguments(seeds: list[int], shape: AuxiliaryShape | None) -> dict[str, Any]:
    data = SignalData(sine(), len(seeds), BATCH, MAIN, silent_seed=False, state_scale=0.7)
    return {"shape": ModelShape(MAIN, auxiliary=shape), "method": METHOD, "data": data, "seeds": seeds}


def make_trainer(auxiliary: AuxiliaryLoss = PAPERS, seeds: tuple[int, ...] = (SEED,)) -> AuxiliaryTrainer:
    return AuxiliaryTrainer(auxiliary, **arguments(list(seeds), auxiliary.shape))


def trained(epochs: int, auxiliary: AuxiliaryLoss = PAPERS, seeds: tuple[int, ...] = (SEED,)) -> AuxiliaryTrainer:
    trainer = make_trainer(auxiliary, seeds)
    for _ in range(epochs):
        trainer.train_epoch()
    return trainer


def is_of_main(name: str) -> bool:
    return not name.startswith("auxiliary.")


class Reference:
    """One model with the paper's auxiliary network, from PyTorch's layers and optimiser alone."""

    def __init__(self) -> None:
        self.streams = RandomStreams([SEED])
        self.main, self.head = torch.nn.LSTM(1, MAIN, batch_first=True), torch.nn.Linear(MAIN, 1)
        self.first, self.second = torch.nn.LSTM(1, 4, batch_first=True), torch.nn.LSTM(4, 4, batch_first=True)
        self.out, self.to_hidden, self.to_cell = (
            torch.nn.Linear(4, 1),
            torch.nn.Linear(MAIN, 4),
            torch.nn.Linear(MAIN, 4),
        )
        layers = {
            "lstm": self.main,
            "linear": self.head,
            "auxiliary.first": self.first,
            "auxiliary.second": self.second,
            "auxiliary.linear": self.out,
            "auxiliary.bridge_first_hidden": self.to_hidden,
            "auxiliary.bridge_first_cell": self.to_cell,
        }
        self.named = {
            f"{prefix}.{name.removesuffix('_l0')}": parameter
            for prefix, layer in layers.items()
            for name, parameter in layer.named_parameters()
        }
        weights = initialise(ModelShape(MAIN, auxiliary=PAPERS.shape), self.streams)
        assert weights.keys() == self.named.keys()
        with torch.no_grad():
            for name, parameter in self.named.items():
                parameter.copy_(weights[name][0])
        self.optimiser = torch.optim.Adam(self.named.values(), lr=METHOD.learning_rate)
        self.history: list[tuple[float, float]] = []

    def train_epoch(self) -> None:
        h, c = (0.7 * self.streams.normal("states", (BATCH, MAIN)) for _ in range(2))
        inputs = sine()[:-1].expand(BATCH, -1).unsqueeze(-1)
        anchor = int(self.streams.integers("anchors", 8, SAMPLES - 1, (1,)))
        _, (anchor_h, anchor_c) = self.main(inputs[:, :anchor], (h, c))
        outputs = self.head(self.main(inputs, (h, c))[0])
        main_loss = (outputs[..., 0] - sine()[1:]).square().mean()
        segment = inputs[:, anchor - 8 : anchor]
        sequence, _ = self.first(segment[:, :-1], (self.to_hidden(anchor_h), self.to_cell(anchor_c)))
        made = self.out(self.second(sequence)[0])
        auxiliary_loss = (made - segment[:, 1:]).square().mean()
        self.optimiser.zero_grad()
        joint = len(self.history) >= 3
        (main_loss + auxiliary_loss if joint else auxiliary_loss).backward()
        self.optimiser.step()
        self.history.append((main_loss.item(), auxiliary_loss.item()))


def test_both_phases_are_those_of_pytorchs_layers_and_adam() -> None:
    reference, trainer = Reference(), trained(7)
    for _ in range(7):
        reference.train_epoch()
    ours = [(main, auxiliary) for (main,), (auxiliary,) in zip(trainer.history, trainer.auxiliary_history, strict=True)]
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(reference.history), rtol=1e-5, atol=0)
    start = initialise(ModelShape(MAIN, auxiliary=PAPERS.shape), RandomStreams([SEED]))
    for name, parameter in reference.named.items():
        torch.testing.assert_close(trainer.parameters[name][0], parameter, rtol=1e-5, atol=2e-5)
        assert (parameter - start[name][0]).abs().max() > 1e-3  # they moved by far more than that tolerance


@every_loss
def test_the_main_network_starts_as_without_an_auxiliary_loss(auxiliary: AuxiliaryLoss) -> None:
    alone = BpttTrainer(**arguments([SEED, 8], None))
    beside = make_trainer(auxiliary, (SEED, 8))
    assert all(torch.equal(beside.parameters[name], tensor) for name, tensor in alone.parameters.items())
    # The same states too: before the first update, the main loss is the same number but for rounding.
    torch.testing.assert_close(beside.train_epoch(), alone.train_epoch(), rtol=1e-6, atol=0)
    assert torch.equal(beside.streams.state()["states"], alone.streams.state()["states"])


@every_loss
def test_pretraining_leaves_the_main_linear_layer_where_it_is(auxiliary: AuxiliaryLoss) -> None:
    epochs = auxiliary.pretraining_epochs
    start, behind = make_trainer(auxiliary).parameters, trained(epochs, auxiliary).parameters
    moved = {name for name in start if not torch.equal(start[name], behind[name])}
    if epochs == 0:
        assert not moved
        return
    assert not moved & {"linear.weight", "linear.bias"}
    assert all(name in moved for name in start if not is_of_main(name))
    assert any(is_of_main(name) for name in moved) == (auxiliary.gradient_reach != 0)


@every_loss
def test_joint_training_moves_everything(auxiliary: AuxiliaryLoss) -> None:
    before = trained(auxiliary.pretraining_epochs, auxiliary).parameters
    behind = trained(auxiliary.pretraining_epochs + 1, auxiliary).parameters
    assert all(not torch.equal(before[name], behind[name]) for name in before)


def test_without_a_gradient_the_auxiliary_loss_changes_nothing_of_the_main_network() -> None:
    # No pre-training, no gradient from the other network: the main one trains as if it were alone, but for rounding.
    beside = trained(5, replace(PAPERS, gradient_reach=0, pretraining_epochs=0))
    alone = BpttTrainer(**arguments([SEED], None))
    for _ in range(5):
        alone.train_epoch()
    torch.testing.assert_close(beside.history, alone.history, rtol=1e-5, atol=0)
    for name, tensor in alone.parameters.items():
        torch.testing.assert_close(beside.parameters[name], tensor, rtol=1e-4, atol=1e-5)


@every_loss
def test_a_pack_trains_as_its_models_alone_bit_by_bit(auxiliary: AuxiliaryLoss) -> None:
    seeds = (11, 2, 33)
    together = trained(5, auxiliary, seeds)
    for index, seed in enumerate(seeds):
        alone = at_other_addresses(make_trainer(auxiliary, (seed,)), elements=index + 1)
        for _ in range(5):
            alone.train_epoch()
        assert [losses[index] for losses in together.history] == [losses[0] for losses in alone.history]
        assert together.extra_columns(index) == alone.extra_columns(0)
        for name, tensor in alone.parameters.items():
            assert torch.equal(together.parameters[name][index], tensor[0])


@every_loss
@pytest.mark.parametrize("break_behind", [1, 3, 4])
def test_training_goes_on_from_its_state_bit_by_bit(auxiliary: AuxiliaryLoss, break_behind: int) -> None:
    uninterrupted = trained(6, auxiliary, (1, 2))
    state = all_moved(trained(break_behind, auxiliary, (1, 2)).state_dict(), elements=3)
    resumed = make_trainer(auxiliary, (1, 2))
    resumed.load_state_dict(state)
    assert resumed.epoch == break_behind
    for _ in range(6 - break_behind):
        resumed.train_epoch()
    assert resumed.history == uninterrupted.history
    assert resumed.auxiliary_history == uninterrupted.auxiliary_history
    end, expected = resumed.state_dict(), uninterrupted.state_dict()
    assert end.keys() == expected.keys()
    assert all(torch.equal(end[name], expected[name]) for name in end)


def test_each_epoch_has_its_loss_and_its_phase() -> None:
    trainer = trained(5)
    columns = trainer.extra_columns(0)
    assert columns["phase"] == [0, 0, 0, 1, 1]
    assert columns["auxiliary_mse"] == [losses[0] for losses in trainer.auxiliary_history]
    assert all(math.isfinite(loss) and loss > 0 for loss in columns["auxiliary_mse"])


def test_each_epoch_has_the_power_of_its_segments() -> None:
    """The auxiliary loss of an output of zeros, at the anchors that the epoch drew."""
    auxiliary = replace(PAPERS, anchors=2)
    columns = trained(3, auxiliary).extra_columns(0)
    streams, signal = RandomStreams([SEED]), make_trainer(auxiliary).data.signal.double()
    for power in columns["segments_power"]:
        (anchors,) = auxiliary.draw_anchors(streams, "anchors", SAMPLES - 1, 2).tolist()
        segments = [signal[anchor - auxiliary.segment_samples + 1 : anchor] for anchor in anchors]
        assert power == pytest.approx(torch.stack(segments).square().mean().item(), rel=1e-6)


def test_the_histories_auxiliary_loss_is_a_mean_over_the_anchors_however_it_is_minimised() -> None:
    summed, combined = (
        trained(1, replace(PAPERS, anchors=4, normalise=how)).auxiliary_history for how in ("per_segment", "combined")
    )
    assert summed == combined


def test_each_epoch_draws_a_new_anchor() -> None:
    trainer, expected = trained(4), RandomStreams([SEED])
    for _ in range(4):
        PAPERS.draw_anchors(expected, "anchors", SAMPLES - 1, 1)
    assert torch.equal(trainer.streams.state()["anchors"], expected.state()["anchors"])


def test_both_losses_fall() -> None:
    trainer = trained(150, replace(PAPERS, pretraining_epochs=50))
    assert trainer.history[-1][0] < 0.5 * trainer.history[49][0]
    early, late = (sum(losses[0] for losses in trainer.auxiliary_history[part]) for part in (slice(5), slice(-5, None)))
    assert late < 0.5 * early


@pytest.mark.parametrize("broken", ["linear.bias", "auxiliary.linear.bias"])
def test_a_loss_of_either_network_that_is_not_finite_is_told_with_its_seed(broken: str) -> None:
    trainer = make_trainer(PAPERS, (3, 4))
    with torch.no_grad():
        trainer.parameters[broken][1] = math.inf
    with pytest.raises(DivergenceError, match=r"seed 4\b.*epoch 1, update 1\b"):
        trainer.train_epoch()
    assert trainer.history == trainer.auxiliary_history == []
