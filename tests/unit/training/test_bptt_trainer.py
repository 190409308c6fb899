import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.addresses import all_moved, at_other_addresses

from rnn_audio.networks.model import ModelShape, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.bptt_method import BpttMethod, sub_sequences
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.data import SignalData
from rnn_audio.training.teacher_forcing import TeacherForcing
from rnn_audio.training.trainer import DivergenceError

HIDDEN, BATCH, SAMPLES, SEED = 6, 3, 21, 5
ALWAYS, NEVER = TeacherForcing("always"), TeacherForcing("never")
LINEAR = TeacherForcing("linear", start=0.75, slope_per_epoch=0.25, minimum=0.0)
FULL = BpttMethod(ALWAYS, update_length=None, carry_state=True, learning_rate=5e-3)
TRUNCATED = replace(FULL, update_length=6)
METHODS = {
    "full": FULL,
    "free": replace(FULL, teacher_forcing=NEVER),
    "truncated": TRUNCATED,
    "reset": replace(TRUNCATED, carry_state=False),
    "annealed": replace(FULL, teacher_forcing=LINEAR),
    "annealed, truncated, clipped": replace(TRUNCATED, teacher_forcing=LINEAR, gradient_clip_norm=0.1),
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())


def sine(samples: int = SAMPLES, period: float = 9.0) -> torch.Tensor:
    return torch.sin(torch.arange(samples) * (2 * math.pi / period))


def make_trainer(method: BpttMethod, seeds: list[int], signal: torch.Tensor | None = None) -> BpttTrainer:
    data = SignalData(
        signal=sine() if signal is None else signal,
        models=len(seeds),
        batch_size=BATCH,
        hidden_size=HIDDEN,
        silent_seed=method.teacher_forcing.schedule == "never",
        state_scale=0.7,
    )
    return BpttTrainer(ModelShape(HIDDEN), method, data, seeds)


def trained(method: BpttMethod, seeds: list[int], epochs: int, signal: torch.Tensor | None = None) -> BpttTrainer:
    trainer = make_trainer(method, seeds, signal)
    for _ in range(epochs):
        trainer.train_epoch()
    return trainer


class Reference:
    """One model trained by PyTorch's own layers and optimiser, sample by sample, with nothing of the trainer."""

    def __init__(self, method: BpttMethod) -> None:
        self.method = method
        self.streams = RandomStreams([SEED])
        weights = {name: tensor[0] for name, tensor in initialise(ModelShape(HIDDEN), self.streams).items()}
        self.cell = torch.nn.LSTMCell(1, HIDDEN)
        self.linear = torch.nn.Linear(HIDDEN, 1)
        self.named = {f"lstm.{name}": parameter for name, parameter in self.cell.named_parameters()}
        self.named |= {f"linear.{name}": parameter for name, parameter in self.linear.named_parameters()}
        with torch.no_grad():
            for name, parameter in self.named.items():
                parameter.copy_(weights[name])
        self.optimiser = torch.optim.Adam(self.named.values(), lr=method.learning_rate)
        self.history: list[float] = []

    def state(self) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.streams.normal("states", (BATCH, HIDDEN))[0]
        c = self.streams.normal("states", (BATCH, HIDDEN))[0]
        return 0.7 * h, 0.7 * c

    def train(self, epochs: int, feed: Callable[[int, torch.Tensor, torch.Tensor | None], torch.Tensor]) -> None:
        """`feed(epoch, index, last output)` gives a stretch's next input, [B]."""
        for epoch in range(epochs):
            state, last, errors = self.state(), None, []
            for start in range(0, len(self.targets()), self.method.update_length or SAMPLES):
                stretch = self.targets()[start : start + (self.method.update_length or SAMPLES)]
                if start > 0 and not self.method.carry_state:
                    state = self.state()
                self.begin_stretch(epoch, len(stretch))
                outputs = []
                for offset in range(len(stretch)):
                    state = self.cell(feed(epoch, start + offset, last).unsqueeze(-1), state)
                    last = self.linear(state[0])[:, 0]
                    outputs.append(last)
                squares = (torch.stack(outputs) - stretch[:, None]).square()
                self.optimiser.zero_grad()
                squares.mean().backward()
                if self.method.gradient_clip_norm is not None:
                    torch.nn.utils.clip_grad_norm_(self.named.values(), self.method.gradient_clip_norm)
                self.optimiser.step()
                state, last = (state[0].detach(), state[1].detach()), last.detach()
                errors.append(squares.detach())
            self.history.append(float(torch.cat(errors).double().mean()))

    def targets(self) -> torch.Tensor:
        return sine() if self.method.teacher_forcing.schedule == "never" else sine()[1:]

    def begin_stretch(self, epoch: int, length: int) -> None:
        probability = self.method.teacher_forcing.probability(epoch)
        if 0 < probability < 1:
            self.forced = list(self.streams.bernoulli("sampling", probability, (BATCH, length))[0].unbind(-1))

    def known(self, epoch: int, index: int, last: torch.Tensor | None) -> torch.Tensor:
        return sine()[index].expand(BATCH)

    def fed_back(self, epoch: int, index: int, last: torch.Tensor | None) -> torch.Tensor:
        first = 0.0 if self.method.teacher_forcing.schedule == "never" else float(sine()[0])
        return torch.full((BATCH,), first) if last is None else last

    def sampled(self, epoch: int, index: int, last: torch.Tensor | None) -> torch.Tensor:
        if self.method.teacher_forcing.probability(epoch) == 0:
            return self.fed_back(epoch, index, last)
        return torch.where(self.forced.pop(0), self.known(epoch, index, last), self.fed_back(epoch, index, last))


FEEDS = {"always": Reference.known, "never": Reference.fed_back, "linear": Reference.sampled}


@every_method
def test_training_is_that_of_a_loop_over_samples_with_pytorchs_layers_and_adam(method: BpttMethod) -> None:
    epochs = 5  # the annealed methods have then seen mixed and purely fed-back epochs
    reference = Reference(method)
    feed = FEEDS[method.teacher_forcing.schedule]
    reference.train(epochs, lambda epoch, index, last: feed(reference, epoch, index, last))
    trainer = trained(method, [SEED], epochs)
    torch.testing.assert_close([losses[0] for losses in trainer.history], reference.history, rtol=2e-6, atol=0)
    start = initialise(ModelShape(HIDDEN), RandomStreams([SEED]))
    for name, parameter in reference.named.items():
        torch.testing.assert_close(trainer.parameters[name][0], parameter, rtol=1e-5, atol=2e-6)
        # The weights moved by far more than that tolerance.
        assert (parameter - start[name][0]).abs().max() > 1e-3


def test_updates_as_long_as_the_sequence_or_longer_are_full_backpropagation_bit_by_bit() -> None:
    full = trained(FULL, [1, 2], epochs=3)
    for update_length in (SAMPLES - 1, SAMPLES, 10 * SAMPLES):
        truncated = trained(replace(FULL, update_length=update_length), [1, 2], epochs=3)
        assert truncated.history == full.history
        assert all(torch.equal(truncated.parameters[name], full.parameters[name]) for name in full.parameters)


def test_a_reset_state_is_drawn_anew_for_each_sub_sequence() -> None:
    carried, reset = trained(METHODS["truncated"], [1], epochs=1), trained(METHODS["reset"], [1], epochs=1)
    assert carried.history != reset.history
    expected = RandomStreams([1])
    updates = math.ceil((SAMPLES - 1) / 6)
    for _ in range(2 * updates):  # h and c
        expected.normal("states", (BATCH, HIDDEN))
    assert torch.equal(reset.streams.state()["states"], expected.state()["states"])


def test_each_epoch_starts_from_new_states() -> None:
    trainer = trained(FULL, [1], epochs=2)
    expected = RandomStreams([1])
    for _ in range(4):
        expected.normal("states", (BATCH, HIDDEN))
    assert torch.equal(trainer.streams.state()["states"], expected.state()["states"])


def test_no_gradient_reaches_back_over_an_update() -> None:
    # With a learning rate of (almost) 0, the second update's gradient must be that of its stretch alone.
    trainer = make_trainer(replace(TRUNCATED, update_length=10, learning_rate=1e-30), [SEED])
    trainer.train_epoch()
    reference = Reference(replace(TRUNCATED, update_length=10))
    state, gradients = reference.state(), []
    for start in (0, 10):
        outputs = []
        for index in range(start, start + 10):
            state = reference.cell(sine()[index].expand(BATCH, 1), state)
            outputs.append(reference.linear(state[0])[:, 0])
        loss = (torch.stack(outputs) - sine()[start + 1 : start + 11, None]).square().mean()
        gradients.append(torch.autograd.grad(loss, list(reference.named.values())))
        state = state[0].detach(), state[1].detach()
    for name, first, second in zip(reference.named, *gradients, strict=True):
        moment = 0.1 * (0.9 * first + second)  # of Adam, behind two steps
        torch.testing.assert_close(trainer.optimiser.first[name][0], moment, rtol=1e-4, atol=1e-7)


@every_method
@pytest.mark.parametrize(("hidden", "batch"), [(HIDDEN, BATCH), (20, 3), (64, 16)])
def test_a_pack_of_five_trains_as_five_alone_bit_by_bit(method: BpttMethod, hidden: int, batch: int) -> None:
    def train(seeds: list[int], elements: int = 0) -> BpttTrainer:
        silent = method.teacher_forcing.schedule == "never"
        data = SignalData(sine(), len(seeds), batch, hidden, silent_seed=silent, state_scale=1.0)
        trainer = at_other_addresses(BpttTrainer(ModelShape(hidden), method, data, seeds), elements)
        for _ in range(3):
            trainer.train_epoch()
        return trainer

    seeds = [11, 2, 33, 4, 55]
    pack = train(seeds)
    for index, seed in enumerate(seeds):
        alone = train([seed], elements=index + 1)
        assert [losses[index] for losses in pack.history] == [losses[0] for losses in alone.history]
        for name, tensor in alone.parameters.items():
            assert torch.equal(pack.parameters[name][index], tensor[0])


@every_method
@pytest.mark.parametrize("break_behind", [1, 3])
def test_training_goes_on_from_its_state_bit_by_bit(method: BpttMethod, break_behind: int) -> None:
    uninterrupted = trained(method, [1, 2], epochs=5)
    state = all_moved(trained(method, [1, 2], epochs=break_behind).state_dict(), elements=3)
    resumed = make_trainer(method, [1, 2])
    resumed.load_state_dict(state)
    assert resumed.epoch == break_behind
    for _ in range(5 - break_behind):
        resumed.train_epoch()
    assert resumed.history == uninterrupted.history
    ours, theirs = resumed.state_dict(), uninterrupted.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_training_goes_on_from_the_state_before_its_first_epoch() -> None:
    resumed = make_trainer(FULL, [1])
    resumed.load_state_dict(make_trainer(FULL, [1]).state_dict())
    resumed.train_epoch()
    assert resumed.history == trained(FULL, [1], epochs=1).history


@pytest.mark.parametrize(
    ("name", "epochs"), [("full", 40), ("free", 150), ("truncated", 40), ("reset", 40), ("annealed", 100)]
)
def test_the_loss_falls_on_a_sine(name: str, epochs: int) -> None:
    method = replace(METHODS[name], learning_rate=0.02)
    trainer = trained(method, [1, 2], epochs)
    # An annealed loss is no measure of progress while the true samples are being withdrawn: its first free epoch is.
    start = next(index for index in range(epochs) if method.teacher_forcing.probability(index) in (0, 1))
    for model in range(2):
        assert trainer.history[-1][model] < 0.5 * trainer.history[start][model]


def test_the_epochs_loss_weighs_every_sample_alike() -> None:
    # With a learning rate of (almost) 0, the updates' length changes the weights by nothing, and so not the loss.
    losses = [
        trained(replace(FULL, update_length=length, learning_rate=1e-30), [1], epochs=1).history[0][0]
        for length in (None, 3, 7, 19)
    ]
    assert losses == pytest.approx([losses[0]] * 4, rel=1e-6)


def test_a_signal_with_a_nan_is_told_with_seed_epoch_and_update() -> None:
    signal = sine()
    signal[15] = math.nan
    trainer = make_trainer(TRUNCATED, [7, 8], signal)
    with pytest.raises(DivergenceError, match=r"seed 7\b.*epoch 1, update 3\b"):
        trainer.train_epoch()
    assert trainer.history == []


def test_a_loss_that_overflows_is_told_with_its_epoch() -> None:
    trainer = make_trainer(replace(FULL, learning_rate=1e25), [3, 4])
    trainer.train_epoch()
    with pytest.raises(DivergenceError, match=r"seed 3\b.*epoch 2, update 1\b"):
        trainer.train_epoch()
    assert trainer.epoch == 1


def test_only_the_diverged_seed_is_told() -> None:
    trainer = make_trainer(FULL, [3, 4])
    with torch.no_grad():
        trainer.parameters["linear.bias"][1] = math.inf
    with pytest.raises(DivergenceError, match=r"seed 4\b"):
        trainer.train_epoch()


@given(length=st.integers(1, 300), update_length=st.none() | st.integers(1, 400))
def test_sub_sequences_cover_a_sequence_once_and_in_order(length: int, update_length: int | None) -> None:
    stretches = list(sub_sequences(length, update_length))
    assert [index for stretch in stretches for index in range(length)[stretch]] == list(range(length))
    sizes = [stretch.stop - stretch.start for stretch in stretches]
    longest = min(update_length or length, length)
    assert all(size == longest for size in sizes[:-1])
    assert 1 <= sizes[-1] <= longest
