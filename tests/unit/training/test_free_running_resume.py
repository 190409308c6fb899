"""A free-running training goes on from a checkpoint to the bytes that it would have reached without the break."""

import math
from dataclasses import replace

import pytest
import torch
from support.free_running import EPOCHS, PLAIN, RICH, WAITING, make_trainer, through_a_file, trained

from rnn_audio.training.free_running_method import FreeRunningMethod, Recovery
from rnn_audio.training.free_running_trainer import FreeRunningTrainer

# So many units that products of matrices round by their order.
HIDDEN = 16
METHODS = {
    f"{optimiser}, {state}": replace(RICH, optimiser=optimiser, initial_state=state)
    for optimiser in ("soap", "adam")
    for state in ("learned", "fixed", "random")
}


def resumed(method: FreeRunningMethod, seeds: list[int], breaks: set[int], epochs: int) -> FreeRunningTrainer:
    """A training that stops behind these numbers of epochs, each time to go on in a new trainer."""
    trainer = make_trainer(method, seeds, epochs=epochs, hidden=HIDDEN)
    for epoch in range(epochs + 1):
        if epoch in breaks:
            tensors = through_a_file(trainer.state_dict())
            trainer = make_trainer(method, seeds, epochs=epochs, hidden=HIDDEN)
            trainer.load_state_dict(tensors)
        if epoch < epochs:
            trainer.train_epoch()
    return trainer


def assert_same(one: FreeRunningTrainer, other: FreeRunningTrainer) -> None:
    assert repr(one.history) == repr(other.history)  # NaN is not equal to itself
    for model in range(len(one.seeds)):
        assert one.extra_columns(model) == other.extra_columns(model)
        assert one.report(model) == other.report(model)
    ours, theirs = one.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name].nan_to_num(), theirs[name].nan_to_num()), name


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_a_training_that_is_broken_off_ends_with_the_same_bytes(method: FreeRunningMethod) -> None:
    whole = trained(method, [3, 4], epochs=EPOCHS, hidden=HIDDEN)
    # RICH changes its horizon behind 2, 4 and 6 epochs, and takes in the decay behind 5.
    horizons = [method.steps_at(epoch, EPOCHS, 23) for epoch in range(EPOCHS)]
    assert [epoch for epoch in range(1, EPOCHS) if horizons[epoch] != horizons[epoch - 1]] == [2, 4, 6]
    for breaks in ({2}, {3, 5}, set(range(EPOCHS + 1))):
        assert_same(resumed(method, [3, 4], breaks, EPOCHS), whole)


def test_it_goes_on_amidst_horizons_that_wait_for_the_error() -> None:
    method = replace(RICH, learning_rate=0.05, horizon=WAITING)
    whole = trained(method, [3, 4], epochs=16, hidden=HIDDEN)
    horizons = [whole.extra_columns(model)["horizon_samples"] for model in (0, 1)]
    assert horizons[0] != horizons[1]
    assert min(len(set(own)) for own in horizons) > 2
    assert_same(resumed(method, [3, 4], set(range(17)), epochs=16), whole)


def test_soap_goes_on_over_a_refresh_of_its_bases() -> None:
    method = replace(PLAIN, optimiser="soap", gradient_clip_norm=0.1)
    whole = trained(method, [3], epochs=24, hidden=HIDDEN)
    assert_same(resumed(method, [3], {1, 9, 10, 15}, epochs=24), whole)


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_it_goes_on_right_before_and_behind_a_recovery(optimiser: str) -> None:
    recovery = Recovery(loss_ratio=10, least_loss=0.0, patience_epochs=0, learning_rate_factor=1e-32, at_most=1)
    method = replace(PLAIN, optimiser=optimiser, learning_rate=1e30, recovery=recovery)
    whole = trained(method, [3], epochs=6, hidden=HIDDEN)
    assert [math.isnan(losses[0]) for losses in whole.history] == [False, True, False, False, False, False]
    for epoch in (1, 2, 3):
        assert_same(resumed(method, [3], {epoch}, epochs=6), whole)


def test_it_goes_on_amidst_high_losses() -> None:
    # Every loss that is no new best is high; one in a row is allowed.
    recovery = Recovery(1.0, 0.0, learning_rate_factor=0.5, at_most=100, patience_epochs=1)
    method = replace(PLAIN, learning_rate=0.3, recovery=recovery)
    whole = trained(method, [3], epochs=12, hidden=HIDDEN)
    assert whole.report(0)["recoveries"] > 0
    assert_same(resumed(method, [3], set(range(13)), epochs=12), whole)


def test_a_training_that_never_began_is_a_checkpoint_too() -> None:
    assert_same(resumed(RICH, [3], {0}, epochs=EPOCHS), trained(RICH, [3], epochs=EPOCHS, hidden=HIDDEN))
