"""Training on a device's segments: a loop of PyTorch's own parts, packs, breaks, and what the warm-up is for."""

import math
from dataclasses import dataclass, replace

import pytest
import torch
from support.addresses import all_moved, at_other_addresses

from rnn_audio.losses.objectives import EmphasisedErrorToSignal
from rnn_audio.losses.preemphasis import NAMES, taps
from rnn_audio.networks.model import ModelShape, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.best_so_far import BestSoFar
from rnn_audio.training.bptt_method import BpttMethod
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.data import DeviceData
from rnn_audio.training.teacher_forcing import TeacherForcing
from rnn_audio.training.trainer import DivergenceError

RATE_HZ = 44100
SHAPE = ModelShape(5, skip=True)
SEGMENTS, SAMPLES, WARM_UP, BATCH = 7, 64, 11, 3
# 64 - 11 = 53 samples in updates of 20: two whole ones and a short one; 7 segments in batches of 3, 3 and 1.
METHOD = BpttMethod(TeacherForcing("always"), update_length=20, carry_state=True, learning_rate=5e-3)


def recording() -> tuple[torch.Tensor, torch.Tensor]:
    """Segments of a sound, and of what a soft clipper with an offset makes of it."""
    generator = torch.Generator().manual_seed(1)
    frequencies = 0.2 + 0.6 * torch.rand(SEGMENTS, 1, generator=generator)
    inputs = 0.6 * torch.sin(frequencies * torch.arange(SAMPLES))
    inputs += 0.02 * torch.randn(SEGMENTS, SAMPLES, generator=generator)
    return inputs, torch.tanh(2 * inputs) + 0.05


def make_trainer(
    filters: list[str], seeds: list[int], method: BpttMethod = METHOD, warm_up: int = WARM_UP
) -> BpttTrainer:
    data = DeviceData(*recording(), len(seeds), BATCH, SHAPE.hidden_size, warm_up)
    return BpttTrainer(SHAPE, method, data, seeds, EmphasisedErrorToSignal(filters, RATE_HZ, "cpu"))


def trained(filters: list[str], seeds: list[int], epochs: int, method: BpttMethod = METHOD) -> BpttTrainer:
    trainer = make_trainer(filters, seeds, method)
    for _ in range(epochs):
        trainer.train_epoch()
    return trainer


@dataclass
class ByHand:
    """One model trained with PyTorch's layers, optimiser and convolution; segments drawn as the seed says."""

    name: str
    seed: int

    def __post_init__(self) -> None:
        self.streams = RandomStreams([self.seed])
        self.start = {name: one[0] for name, one in initialise(SHAPE, self.streams).items()}
        self.lstm = torch.nn.LSTM(1, SHAPE.hidden_size, batch_first=True)
        self.linear = torch.nn.Linear(SHAPE.hidden_size, 1)
        self.named = {f"lstm.{name.removesuffix('_l0')}": one for name, one in self.lstm.named_parameters()}
        self.named |= {f"linear.{name}": one for name, one in self.linear.named_parameters()}
        with torch.no_grad():
            for name, parameter in self.named.items():
                parameter.copy_(self.start[name])
        self.optimiser = torch.optim.Adam(self.named.values(), lr=METHOD.learning_rate)
        self.kernel = torch.tensor(taps(self.name, RATE_HZ).copy(), dtype=torch.float32).flip(0)[None, None]
        self.history: list[float] = []

    def emphasise(self, whole: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        """Filter samples `start` to `stop` of a segment that silence came before, [B, stop - start]."""
        before = self.kernel.shape[-1] - 1
        padded = torch.nn.functional.pad(whole, (before, 0))[:, start : stop + before]
        return torch.nn.functional.conv1d(padded[:, None], self.kernel)[:, 0]

    def run(self, inputs: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None) -> tuple[torch.Tensor, ...]:
        hidden, (h, c) = self.lstm(inputs[..., None], state)
        return self.linear(hidden)[..., 0] + inputs, h.detach(), c.detach()

    def train_batch(self, inputs: torch.Tensor, targets: torch.Tensor) -> float:
        with torch.no_grad():
            heard, *state = self.run(inputs[:, :WARM_UP], None)
        total = 0.0
        for start in range(WARM_UP, SAMPLES, 20):
            stop = min(start + 20, SAMPLES)
            outputs, *state_after = self.run(inputs[:, start:stop], tuple(state))
            heard = torch.cat([heard, outputs], dim=1)
            y, y_hat = self.emphasise(targets, start, stop), self.emphasise(heard, start, stop)
            error = targets[:, start:stop] - outputs
            loss = (y - y_hat).square().sum() / y.square().sum()
            loss = loss + error.mean(dim=1).square().mean() / targets[:, start:stop].square().mean()
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            heard, state = heard.detach(), state_after
            total += loss.item() * error.numel()
        return total

    def train_epoch(self) -> None:
        inputs, targets = recording()
        (generator,) = self.streams.generators("shuffle")
        order = torch.randperm(SEGMENTS, generator=generator)
        total = sum(self.train_batch(inputs[chosen], targets[chosen]) for chosen in order.split(BATCH))
        self.history.append(total / (SEGMENTS * (SAMPLES - WARM_UP)))


@pytest.mark.parametrize("name", NAMES)
def test_training_is_that_of_a_loop_with_pytorchs_layers_adam_and_convolution(name: str) -> None:
    by_hand = ByHand(name, seed=4)
    for _ in range(2):
        by_hand.train_epoch()
    trainer = trained([name], [4], epochs=2)
    torch.testing.assert_close([losses[0] for losses in trainer.history], by_hand.history, rtol=1e-5, atol=0)
    for parameter, tensor in by_hand.named.items():
        torch.testing.assert_close(trainer.parameters[parameter][0], tensor, rtol=1e-4, atol=1e-5)
        # The weights moved by far more than that tolerance.
        assert (tensor - by_hand.start[parameter]).abs().max() > 1e-3


def test_an_epoch_has_as_many_updates_as_batches_and_stretches() -> None:
    assert trained(["none"], [1], epochs=2).optimiser.step_count == 2 * 3 * 3


FILTERS_OF_PACKS = {
    "mixed": ["a_weighting", "none", "highpass", "folded_differentiator", "highpass"],
    **{name: [name] * 5 for name in NAMES},
}


@pytest.mark.parametrize("filters", FILTERS_OF_PACKS.values(), ids=FILTERS_OF_PACKS.keys())
def test_a_pack_of_five_trains_as_five_alone_bit_by_bit(filters: list[str]) -> None:
    seeds = [11, 2, 33, 4, 55]
    pack = trained(filters, seeds, epochs=2)
    for model, (name, seed) in enumerate(zip(filters, seeds, strict=True)):
        alone = at_other_addresses(make_trainer([name], [seed]), elements=model + 1)
        for _ in range(2):
            alone.train_epoch()
        assert [losses[model] for losses in pack.history] == [losses[0] for losses in alone.history]
        for parameter, tensor in alone.parameters.items():
            assert torch.equal(pack.parameters[parameter][model], tensor[0])


def train_validated(trainer: BpttTrainer, best: BestSoFar, until: int) -> None:
    """Train, offering made-up validation losses: lowest after epoch 2 for the first model, after 4 for the second."""
    made_up = [[3.0, 3.0], [1.0, 2.5], [2.0, 2.0], [2.0, 1.0], [2.0, 2.0]]
    while trainer.epoch < until:
        trainer.train_epoch()
        best.offer(trainer.epoch, trainer.parameters, made_up[trainer.epoch - 1])


@pytest.mark.parametrize("break_behind", [1, 3])
def test_training_goes_on_from_its_state_bit_by_bit_with_its_best_weights(break_behind: int) -> None:
    filters, seeds = ["a_weighting", "highpass"], [1, 2]
    uninterrupted, interrupted, resumed = (make_trainer(filters, seeds) for _ in range(3))
    best_of_uninterrupted, best_of_interrupted, best = BestSoFar(), BestSoFar(), BestSoFar()
    train_validated(uninterrupted, best_of_uninterrupted, until=5)
    train_validated(interrupted, best_of_interrupted, until=break_behind)
    state = all_moved(interrupted.state_dict() | best_of_interrupted.state_dict(), elements=3)
    resumed.load_state_dict(state)
    best.load_state_dict(state, torch.device("cpu"))
    train_validated(resumed, best, until=5)
    assert resumed.history == uninterrupted.history
    assert best.history == best_of_uninterrupted.history
    ours = resumed.state_dict() | best.state_dict()
    theirs = uninterrupted.state_dict() | best_of_uninterrupted.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    kept, last = best.parameters["linear.weight"], resumed.parameters["linear.weight"]
    second = trained(filters, seeds, epochs=2).parameters["linear.weight"]
    assert torch.equal(kept[0], second[0])
    assert not torch.equal(kept[0], last[0])


def with_changed_target(trainer: BpttTrainer, sample: int) -> BpttTrainer:
    """The same training, but for one sample of every segment's target."""
    targets = trainer.data.targets.clone()
    targets[:, sample] += 0.5
    trainer.data = replace(trainer.data, targets=targets)
    return trainer


def same_training(one: BpttTrainer, other: BpttTrainer) -> bool:
    losses = [trainer.train_epoch() for trainer in (one, other)]
    return losses[0] == losses[1] and all(
        torch.equal(tensor, other.parameters[name]) for name, tensor in one.parameters.items()
    )


@pytest.mark.parametrize("sample", [0, WARM_UP - 1])
def test_without_a_filter_the_warm_ups_target_is_not_learned(sample: int) -> None:
    assert same_training(make_trainer(["none"], [1]), with_changed_target(make_trainer(["none"], [1]), sample))


def test_the_first_sample_behind_the_warm_up_is_learned() -> None:
    assert not same_training(make_trainer(["none"], [1]), with_changed_target(make_trainer(["none"], [1]), WARM_UP))


@pytest.mark.parametrize(("name", "reach"), [("highpass", 1), ("folded_differentiator", 2)])
def test_a_filter_remembers_the_warm_up_as_far_as_it_reaches(name: str, reach: int) -> None:
    last_remembered = with_changed_target(make_trainer([name], [1]), WARM_UP - reach)
    assert not same_training(make_trainer([name], [1]), last_remembered)
    first_forgotten = with_changed_target(make_trainer([name], [1]), WARM_UP - reach - 1)
    assert same_training(make_trainer([name], [1]), first_forgotten)


def test_no_gradient_comes_from_the_warm_up() -> None:
    # One update over the rest of the segment, with all of the model's inputs in the warm-up: a weight of the input
    # could get a gradient only from there.
    method = replace(METHOD, update_length=None, learning_rate=1e-30)
    trainer = make_trainer(["none"], [1], method)
    inputs = trainer.data.inputs.clone()
    inputs[:, WARM_UP:] = 0
    trainer.data = replace(trainer.data, inputs=inputs)
    trainer.train_epoch()
    assert not trainer.optimiser.first["lstm.weight_ih"].any()
    assert trainer.optimiser.first["lstm.weight_hh"].any()


def test_the_warm_up_sets_the_state() -> None:
    silent = make_trainer(["none"], [1])
    inputs = silent.data.inputs.clone()
    inputs[:, :WARM_UP] = 0
    silent.data = replace(silent.data, inputs=inputs)
    assert silent.train_epoch() != make_trainer(["none"], [1]).train_epoch()


def test_the_loss_falls_behind_every_filter() -> None:
    trainer = trained(list(NAMES), [1, 2, 3, 4], epochs=15, method=replace(METHOD, learning_rate=0.02))
    for model in range(4):
        assert trainer.history[-1][model] < 0.5 * trainer.history[0][model]


def test_a_nan_in_a_segment_is_told_with_its_seed() -> None:
    trainer = make_trainer(["highpass", "none"], [7, 8])
    trainer.data.targets[:, WARM_UP + 5] = math.nan
    with pytest.raises(DivergenceError, match=r"seed 7\b.*epoch 1, update 1\b"):
        trainer.train_epoch()
