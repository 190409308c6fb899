"""Free-running training against its loop written out, and what a pack, its states and its best weights must be."""

import math
from dataclasses import replace

import pytest
import torch
from support.addresses import at_other_addresses
from support.free_running import (
    EPOCHS,
    HIDDEN,
    PLAIN,
    RICH,
    SAMPLES,
    STATE_SCALE,
    UNMOVED,
    WAITING,
    decaying_sine,
    drawn,
    loop,
    make_trainer,
    own_signal,
    trained,
)

from rnn_audio.errors import InputError
from rnn_audio.evaluation.signal_sounds import perform
from rnn_audio.losses.generation_loss import decay_difference, relative_error, spectral_difference
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import INITIAL_STATE, ModelShape, Parameters, initialise, stored_state, with_prefix
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.bptt_method import BpttMethod
from rnn_audio.training.free_running_method import DecayTerm, FreeRunningMethod, SpectralTerm
from rnn_audio.training.horizon import Horizon
from rnn_audio.training.teacher_forcing import TeacherForcing

SIGNAL = decaying_sine().double()
SEEDS = [3, 4, 5]
METHODS = {
    "plain": PLAIN,
    "rich": RICH,
    "rich, adam": replace(RICH, optimiser="adam"),
    "fixed": replace(RICH, initial_state="fixed"),
    "waits for the error": replace(RICH, learning_rate=0.05, horizon=WAITING),
    "random": replace(RICH, initial_state="random"),
    "random, adam": replace(PLAIN, initial_state="random", gradient_clip_norm=0.1),
}
TERMS = {
    "error alone": PLAIN,
    "short horizon": replace(PLAIN, horizon=Horizon(start_samples=7, full_at_share=1.0)),
    "horizon of one sample": replace(PLAIN, horizon=Horizon(start_samples=1, full_at_share=1.0)),
    "all terms": replace(
        PLAIN, decay=DecayTerm(weight=1e-2, range_db=15, from_share=0.0), spectrum=SpectralTerm(0.1, (4, 8))
    ),
}


def reference_loss(method: FreeRunningMethod, own: Parameters, steps: int) -> torch.Tensor:
    """What is minimised, of a generation that never sees more of the signal than its first sample."""
    outputs, targets = loop(own, SIGNAL[0], steps)[None, None], SIGNAL[1 : steps + 1]
    energy = SIGNAL[1:].square().sum()
    losses = relative_error(targets, outputs, energy)
    if method.decay is not None:
        losses = losses + method.decay.weight * decay_difference(targets, outputs, energy, method.decay.range_db)
    if method.spectrum is not None:
        losses = losses + method.spectrum.weight * spectral_difference(targets, outputs, method.spectrum.window_samples)
    return losses[0]


def leaves(parameters: Parameters, model: int = 0) -> Parameters:
    return {name: tensor[model].clone().requires_grad_() for name, tensor in parameters.items()}


def test_the_generation_and_all_its_gradients_are_those_of_the_loop() -> None:
    pack = {name: tensor.requires_grad_() for name, tensor in drawn(SEEDS).items()}
    steps = SAMPLES - 1
    outputs, _ = recurrence.free_run(pack, SIGNAL[0].expand(3, 1), steps, stored_state(pack, copies=1))
    (outputs - SIGNAL[1:]).square().sum().backward()
    for model in range(3):
        own = leaves({name: tensor.detach() for name, tensor in pack.items()}, model)
        generated = loop(own, SIGNAL[0], steps)
        torch.testing.assert_close(outputs[model, 0], generated, rtol=1e-10, atol=1e-12)
        (generated - SIGNAL[1:]).square().sum().backward()
        for name, tensor in own.items():
            assert tensor.grad.abs().max() > 1e-3, name
            torch.testing.assert_close(pack[name].grad[model], tensor.grad, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("method", TERMS.values(), ids=TERMS.keys())
def test_the_trainers_first_gradient_is_that_of_the_loop(method: FreeRunningMethod) -> None:
    trainer = make_trainer(method, SEEDS, signal=SIGNAL, start=drawn(SEEDS))
    trainer.train_epoch()
    steps = method.steps_at(0, EPOCHS, SAMPLES - 1)
    for model in range(len(SEEDS)):
        own = leaves(drawn(SEEDS), model)
        reference_loss(method, own, steps).backward()
        mse = (loop(own, SIGNAL[0], steps).detach() - SIGNAL[1 : steps + 1]).square().mean()
        assert trainer.history[0][model] == pytest.approx(float(mse), rel=1e-9)
        for name, tensor in own.items():
            # Behind one step Adam's first moment is a tenth of the gradient.
            used = 10 * trainer.state_dict()[f"{model}.optimiser.first.{name}"][0]
            torch.testing.assert_close(used, tensor.grad, rtol=1e-8, atol=1e-10)


def test_training_is_that_of_the_loop_with_pytorchs_adam_and_clipping() -> None:
    method = replace(RICH, optimiser="adam", recovery=None, decay=None, learning_rate=0.05)
    trainer = trained(method, [3], signal=SIGNAL, start=drawn([3]))
    own = leaves(drawn([3]))
    adam = torch.optim.Adam(own.values())
    for epoch in range(EPOCHS):
        steps = method.steps_at(epoch, EPOCHS, SAMPLES - 1)
        adam.param_groups[0]["lr"] = method.learning_rate_at(epoch, EPOCHS)
        adam.zero_grad()
        reference_loss(method, own, steps).backward()
        torch.nn.utils.clip_grad_norm_(own.values(), method.gradient_clip_norm)
        mse = (loop(own, SIGNAL[0], steps).detach() - SIGNAL[1 : steps + 1]).square().mean()
        assert trainer.history[epoch][0] == pytest.approx(float(mse), rel=1e-7)
        adam.step()
    for name, tensor in own.items():
        torch.testing.assert_close(trainer.state_dict()[f"0.model.{name}"][0], tensor.detach(), rtol=1e-7, atol=1e-9)
        assert (tensor - drawn([3])[name][0]).abs().max() > 0.01


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_a_pack_trains_as_its_models_would_alone_bit_by_bit(method: FreeRunningMethod) -> None:
    pack = trained(method, SEEDS)
    for model, seed in enumerate(SEEDS):
        alone = at_other_addresses(make_trainer(method, [seed]), elements=model + 1)
        for _ in range(EPOCHS):
            alone.train_epoch()
        assert [losses[0] for losses in alone.history] == [losses[model] for losses in pack.history]
        assert all(torch.equal(alone.parameters[name][0], pack.parameters[name][model]) for name in alone.parameters)
        assert alone.extra_columns(0) == pack.extra_columns(model)
        assert alone.report(0) == pack.report(model)
    first, second, _ = zip(*pack.history, strict=True)
    assert first != second
    if method.horizon == WAITING:
        assert len({tuple(pack.extra_columns(model)["horizon_samples"]) for model in range(3)}) == 3


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_the_same_seed_gives_the_same_training_twice(method: FreeRunningMethod) -> None:
    first, second = trained(method, [3]), trained(method, [3])
    assert first.history == second.history
    assert all(torch.equal(first.parameters[name], second.parameters[name]) for name in first.parameters)


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_training_lowers_the_error(optimiser: str) -> None:
    trainer = trained(replace(PLAIN, optimiser=optimiser), [3], epochs=60)
    assert min(losses[0] for losses in trainer.history) < 0.5 * trainer.history[0][0]


def test_learning_rates_and_horizons_are_those_of_the_schedule() -> None:
    rates = [RICH.learning_rate_at(epoch, EPOCHS) for epoch in range(EPOCHS)]
    horizons = [RICH.steps_at(epoch, EPOCHS, SAMPLES - 1) for epoch in range(EPOCHS)]
    assert trained(RICH, [3]).extra_columns(0) == {"learning_rate": rates, "horizon_samples": horizons}


# --- what a generation may know ---


def test_a_generation_knows_the_signals_first_sample_and_no_later_one() -> None:
    parameters = trained(PLAIN, [3]).parameters
    generations = []
    for change in (0, slice(1, None)):
        signal = decaying_sine()
        signal[change] += 0.5
        for heard in (decaying_sine(), signal):
            data = make_trainer(PLAIN, [3], signal=heard).data
            never = BpttMethod(TeacherForcing("never"), None, carry_state=True, learning_rate=1e-3)
            generations.append(perform(parameters, never, data, [3]).generations)
    original, other_first, _, other_later = generations
    assert torch.equal(other_later, original)
    assert (other_first != original).all()


def test_an_error_is_that_of_one_generation_over_the_present_horizon() -> None:
    method = replace(UNMOVED, horizon=Horizon(start_samples=5, full_at_share=0.6))
    trainer = trained(method, [3])
    generated, _ = recurrence.free_run(
        trainer.parameters, decaying_sine()[:1, None], SAMPLES - 1, stored_state(trainer.parameters, 1)
    )
    squares = (generated[0, 0] - decaying_sine()[1:]).square()
    lengths = [method.steps_at(epoch, EPOCHS, SAMPLES - 1) for epoch in range(EPOCHS)]
    assert sorted(set(lengths)) == [5, 10, 20, 23]
    assert [losses[0] for losses in trainer.history] == pytest.approx(
        [float(squares[:length].mean()) for length in lengths], rel=1e-5
    )


def test_each_models_horizon_grows_once_it_has_learned_its_stretch() -> None:
    start = {name: tensor.float() for name, tensor in drawn(SEEDS).items()}
    signal = own_signal({name: tensor[:1] for name, tensor in start.items()})  # the first model's
    signal[8:] *= -1  # up to there
    method = replace(UNMOVED, horizon=Horizon(start_samples=3, full_at_share=0.9, grow_below=0.05))
    trainer = trained(method, SEEDS, signal=signal, start=start)
    horizons = [trainer.extra_columns(model)["horizon_samples"] for model in range(3)]
    assert horizons[0] == [3, 6, 12, 12, 12, 12, 12, 12, 23]
    assert horizons[1] == horizons[2] == [3] * 8 + [23]
    for model in range(3):
        own = {name: tensor[model : model + 1] for name, tensor in start.items()}
        generated, _ = recurrence.free_run(own, signal[:1, None], SAMPLES - 1, stored_state(own, 1))
        squares = (generated[0, 0] - signal[1:]).square()
        expected = [float(squares[:steps].mean()) for steps in horizons[model]]
        assert [losses[model] for losses in trainer.history] == pytest.approx(expected, rel=1e-4, abs=1e-12)


def test_a_signal_that_is_silent_behind_its_first_sample_is_refused() -> None:
    with pytest.raises(InputError, match="silent after its first sample"):
        make_trainer(PLAIN, [3], signal=torch.eye(SAMPLES)[0])


# --- where it starts ---


def test_only_the_forget_gates_bias_is_raised() -> None:
    fresh = initialise(ModelShape(HIDDEN, initial_state=True), RandomStreams(SEEDS))
    started = make_trainer(replace(PLAIN, forget_bias=1.5), SEEDS).parameters
    raised = torch.zeros(4, HIDDEN)
    raised[1] = 1.5  # PyTorch's order of gates: input, forget, cell, output
    for name in fresh.keys() - set(INITIAL_STATE):
        expected = fresh[name] + raised.flatten() if name == "lstm.bias_ih" else fresh[name]
        assert torch.equal(started[name], expected), name


def drawn_states(seeds: list[int], *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    streams = RandomStreams(seeds)
    return STATE_SCALE * streams.normal("states", shape), STATE_SCALE * streams.normal("states", shape)


def state_of(parameters: Parameters) -> tuple[torch.Tensor, ...]:
    return tuple(parameters[name] for name in INITIAL_STATE)


def current(trainer_tensors: Parameters, model: int = 0) -> Parameters:
    return with_prefix(trainer_tensors, f"{model}.model.")


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_a_fixed_state_stays_what_was_drawn(optimiser: str) -> None:
    trainer = trained(replace(PLAIN, optimiser=optimiser, initial_state="fixed"), SEEDS)
    for found, expected in zip(state_of(trainer.parameters), drawn_states(SEEDS, HIDDEN), strict=True):
        assert torch.equal(found, expected)
    moved = current(trainer.state_dict())
    assert all(torch.equal(a, b[:1]) for a, b in zip(state_of(moved), drawn_states(SEEDS, HIDDEN), strict=True))


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_a_learned_state_moves_from_what_was_drawn(optimiser: str) -> None:
    trainer = make_trainer(replace(PLAIN, optimiser=optimiser), SEEDS)
    for found, expected in zip(state_of(trainer.parameters), drawn_states(SEEDS, HIDDEN), strict=True):
        assert torch.equal(found, expected)
    trainer.train_epoch()
    trainer.train_epoch()
    for found, before in zip(state_of(current(trainer.state_dict())), drawn_states(SEEDS, HIDDEN), strict=True):
        assert (found != before[:1]).all()


def test_a_random_state_is_drawn_anew_each_epoch_and_for_each_copy_and_is_no_part_of_the_model() -> None:
    trainer = trained(replace(UNMOVED, initial_state="random"), SEEDS, epochs=3)
    assert not set(INITIAL_STATE) & trainer.parameters.keys()
    streams = RandomStreams(SEEDS)
    for losses in trainer.history:
        h, c = (STATE_SCALE * streams.normal("states", (2, HIDDEN)) for _ in range(2))
        first = decaying_sine()[0].expand(len(SEEDS), 2)
        generated, _ = recurrence.free_run(trainer.parameters, first, SAMPLES - 1, (h, c))
        expected = (generated - decaying_sine()[1:]).square().mean(dim=(1, 2))
        assert losses == pytest.approx(expected.tolist(), rel=1e-5)
    assert len({losses[0] for losses in trainer.history}) == 3


def test_given_weights_are_the_start_and_a_state_that_they_lack_is_drawn() -> None:
    given = {name: tensor.float() for name, tensor in drawn(SEEDS).items() if name not in INITIAL_STATE}
    started = make_trainer(PLAIN, SEEDS, start=given).parameters
    assert all(torch.equal(started[name], given[name]) for name in given)  # no forget bias on top
    for found, expected in zip(state_of(started), drawn_states(SEEDS, HIDDEN), strict=True):
        assert torch.equal(found, expected)


# --- which weights it ends with ---


def whole_error(parameters: Parameters, signal: torch.Tensor) -> float:
    generated, _ = recurrence.free_run(parameters, signal[:1, None], SAMPLES - 1, stored_state(parameters, 1))
    return float((generated[0, 0] - signal[1:]).square().mean())


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_the_weights_of_the_lowest_loss_are_kept(optimiser: str) -> None:
    trainer = trained(replace(PLAIN, optimiser=optimiser, learning_rate=0.3), [3], epochs=25)
    errors = [losses[0] for losses in trainer.history]
    best = errors.index(min(errors))
    assert best > 0
    assert whole_error(trainer.parameters, decaying_sine()) == pytest.approx(errors[best], rel=1e-5)
    assert trainer.report(0) == {"best_epoch": best + 1, "recoveries": 0}


def test_weights_that_were_right_at_first_outlive_a_training_that_spoils_them() -> None:
    start = {name: tensor.float() for name, tensor in drawn([3]).items()}
    start["linear.weight"] *= 1.001
    signal = own_signal({name: tensor.float() for name, tensor in drawn([3]).items()})
    trainer = trained(replace(PLAIN, learning_rate=0.1), [3], signal=signal, start=start)
    assert trainer.report(0)["best_epoch"] == 1
    assert all(torch.equal(trainer.parameters[name], start[name]) for name in start)
    assert min(losses[0] for losses in trainer.history[1:]) > 10 * trainer.history[0][0]


def test_the_best_of_a_shorter_horizon_does_not_outlive_it() -> None:
    method = replace(PLAIN, horizon=Horizon(start_samples=3, full_at_share=0.5))
    start = {name: tensor.float() for name, tensor in drawn([3]).items()}
    signal = own_signal(start)
    signal[6:] *= -1  # up to there the start is right
    trainer = trained(method, [3], signal=signal, epochs=20, start=start)
    errors = [losses[0] for losses in trainer.history]
    whole = [error for epoch, error in enumerate(errors) if method.steps_at(epoch, 20, SAMPLES - 1) == SAMPLES - 1]
    assert len(whole) == 10
    assert errors[0] < 1e-9 < min(whole)
    assert whole_error(trainer.parameters, signal) == pytest.approx(min(whole), rel=1e-5)
    assert trainer.report(0)["best_epoch"] > 10


def test_the_best_with_a_lighter_decay_term_does_not_outlive_it() -> None:
    rising = DecayTerm(weight=0.5, range_db=30, from_share=0.5, start_weight=1e-4)
    trainer = trained(replace(PLAIN, decay=rising), [3], epochs=40)
    # The term costs more in each stage than training takes off: by its loss, an early epoch would win.
    assert trainer.report(0)["best_epoch"] >= 38


def test_all_losses_are_finite() -> None:
    assert all(math.isfinite(loss) for losses in trained(RICH, SEEDS).history for loss in losses)
