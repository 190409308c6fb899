"""What a free-running training does when it diverges."""

import math
from dataclasses import replace

import pytest
import torch
from support.free_running import EPOCHS, PLAIN, SAMPLES, decaying_sine, drawn, make_trainer, own_signal, trained

from rnn_audio.networks import recurrence
from rnn_audio.networks.model import Parameters, stored_state, with_prefix
from rnn_audio.training.free_running_method import FreeRunningMethod, Recovery
from rnn_audio.training.horizon import Horizon
from rnn_audio.training.trainer import DivergenceError

# The first step is absurd and the next ones are not.
RECOVERY = Recovery(loss_ratio=10, least_loss=0.0, patience_epochs=0, learning_rate_factor=1e-32, at_most=1)
ABSURD = replace(PLAIN, learning_rate=1e30, recovery=RECOVERY)
both_optimisers = pytest.mark.parametrize("method", [ABSURD, replace(ABSURD, optimiser="soap")], ids=["adam", "soap"])


def singles(tensors: Parameters) -> Parameters:
    return {name: tensor.float() for name, tensor in tensors.items()}


@both_optimisers
def test_it_goes_back_to_its_best_weights_and_on_at_a_lower_learning_rate(method: FreeRunningMethod) -> None:
    trainer = make_trainer(method, [7])
    start = trainer.parameters
    trainer.train_epoch()
    assert math.isnan(trainer.train_epoch()[0])
    went_back = trainer.state_dict()
    assert all(torch.equal(went_back[f"0.model.{name}"], start[name]) for name in start)
    while trainer.epoch < 40:
        trainer.train_epoch()
    first, second, third, *rest = [losses[0] for losses in trainer.history]
    assert math.isnan(second)
    assert third == first
    assert all(math.isfinite(loss) for loss in rest)
    assert min(rest) < 0.9 * first
    assert trainer.extra_columns(0)["learning_rate"] == pytest.approx([1e30, 0, *[1e-2] * 38])
    assert trainer.report(0) == {"best_epoch": 4 + rest.index(min(rest)), "recoveries": 1}


@both_optimisers
def test_behind_a_recovery_from_the_first_step_it_trains_as_one_that_starts_anew(method: FreeRunningMethod) -> None:
    trainer = trained(method, [7], epochs=EPOCHS + 2)
    calm = replace(method, learning_rate=1e30 * RECOVERY.learning_rate_factor)
    anew = trained(calm, [7], start=make_trainer(method, [7]).parameters)
    assert trainer.history[2:] == anew.history


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_a_recovery_keeps_what_the_optimiser_knew_of_the_scales_and_forgets_where_it_went(optimiser: str) -> None:
    recovery = Recovery(loss_ratio=10, least_loss=0.0, patience_epochs=0, learning_rate_factor=0.5, at_most=1)
    trainer = make_trainer(replace(PLAIN, optimiser=optimiser, recovery=recovery), [7], epochs=20)
    for _ in range(12):
        trainer.train_epoch()
    before = trainer.state_dict()
    kept = with_prefix(before, "0.kept_optimiser.")
    before["0.model.linear.weight"] *= 1e4  # the trainer's own
    assert math.isnan(trainer.train_epoch()[0])
    behind = with_prefix(trainer.state_dict(), "0.optimiser.")
    assert behind.keys() == kept.keys()
    for name, tensor in behind.items():
        assert kept[name].any(), name
        assert torch.equal(tensor, torch.zeros_like(tensor) if name.startswith("first.") else kept[name]), name
    assert not math.isnan(trainer.train_epoch()[0])


@pytest.mark.parametrize("grow_below", [None, 0.5], ids=["by the clock", "by the error"])
def test_a_jump_in_the_step_that_ends_a_stage_is_one_too(grow_below: float | None) -> None:
    start = singles(drawn([11]))
    signal = own_signal(start)
    start["linear.weight"] *= 1.01
    recovery = Recovery(loss_ratio=10, least_loss=0.0, patience_epochs=1, learning_rate_factor=0.5, at_most=1)
    horizon = Horizon(6, full_at_share=0.4, grow_below=grow_below)
    method = replace(PLAIN, learning_rate=1e-30, recovery=recovery, horizon=horizon)
    trainer = make_trainer(method, [7], signal=signal, start=start, epochs=20)
    while trainer.method.steps_at(trainer.epoch, 20, SAMPLES - 1, stage=trainer.epoch) == 6:
        trainer.train_epoch()
    trainer.state_dict()["0.model.linear.weight"].mul_(1e4)
    assert trainer.train_epoch()[0] > 1e3 * trainer.history[0][0]
    assert trainer.extra_columns(0)["horizon_samples"][-2:] == [6, 12]
    assert math.isnan(trainer.train_epoch()[0])
    assert all(torch.equal(trainer.state_dict()[f"0.model.{name}"], start[name]) for name in start)
    assert trainer.train_epoch()[0] < 10 * trainer.history[0][0]


def test_weights_that_are_gone_back_to_need_not_fit_the_longer_horizon() -> None:
    # Right up to there, and a hundred times too loud behind it, where its steps are too short to learn anything.
    start = singles(drawn([11]))
    signal = own_signal(start)
    signal[7:] /= 100
    recovery = Recovery(loss_ratio=10, least_loss=0.0, patience_epochs=1, learning_rate_factor=0.5, at_most=1)
    method = replace(PLAIN, learning_rate=1e-30, recovery=recovery, horizon=Horizon(6, full_at_share=0.4))
    trainer = trained(method, [7], signal=signal, start=start, epochs=20)
    assert trainer.report(0)["recoveries"] == 1
    assert trainer.history[-1][0] > 10 * trainer.history[0][0]


@both_optimisers
def test_the_log_says_what_happened(method: FreeRunningMethod, caplog: pytest.LogCaptureFixture) -> None:
    trained(method, [7], epochs=4)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    for part in ("seed 7", "epoch 2", "back to the weights of epoch 1", "1e-32"):
        assert part in record.getMessage()


def spoilt(recovery: Recovery, seeds: list[int], index: int, learning_rate: float = 0.1) -> tuple[list[list], list]:
    """Trains models that all learn what the one at `index` generates; that one starts all but right.

    Any step of this learning rate raises its error by orders of magnitude; the others have none to lose.
    """
    right = singles(drawn([11]))
    start = {name: tensor.clone() for name, tensor in singles(drawn(seeds)).items()}
    if index < len(seeds):
        for name, tensor in right.items():
            start[name][index] = tensor[0]
        start["linear.weight"][index] *= 1.001
    method = replace(PLAIN, optimiser="soap", learning_rate=learning_rate, recovery=recovery)
    trainer = trained(method, seeds, signal=own_signal(right), start=start)
    tensors = [trainer.parameters[name] for name in start]
    return [list(column) for column in zip(*trainer.history, strict=True)], [tensors, trainer]


def test_a_jump_of_the_loss_counts_as_divergence_and_one_below_the_least_loss_does_not() -> None:
    recovery = Recovery(loss_ratio=100, least_loss=0.0, patience_epochs=0, learning_rate_factor=0.5, at_most=EPOCHS)
    (strict,), (_, strict_trainer) = spoilt(recovery, [1], index=0)
    assert math.isnan(strict[1])
    assert strict_trainer.report(0)["recoveries"] >= 2
    (lenient,), (_, lenient_trainer) = spoilt(replace(recovery, least_loss=1e6), [1], index=0)
    assert lenient_trainer.report(0)["recoveries"] == 0
    assert all(math.isfinite(loss) for loss in lenient)
    (patient,), (_, patient_trainer) = spoilt(replace(recovery, loss_ratio=1e30), [1], index=0)
    assert patient == lenient
    assert patient_trainer.report(0)["recoveries"] == 0


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_a_high_loss_is_divergence_once_it_has_stayed_for_longer_than_the_patience(patience: int) -> None:
    recovery = Recovery(100, 0.0, learning_rate_factor=0.5, at_most=EPOCHS, patience_epochs=patience)
    (history,), _ = spoilt(recovery, [1], index=0)
    assert math.isnan(history[1 + patience])
    high = history[1 : 1 + patience]
    assert all(loss > 100 * history[0] for loss in high)


def test_a_high_loss_that_mends_itself_within_the_patience_is_none() -> None:
    # Every loss that is no new best is high; one in a row is allowed.
    recovery = Recovery(1.0, 0.0, learning_rate_factor=0.5, at_most=100, patience_epochs=1)
    trainer = trained(replace(PLAIN, learning_rate=0.1, recovery=recovery), [7], epochs=60)
    best, high_before, mended = math.inf, False, 0
    for losses in trainer.history:
        assert math.isnan(losses[0]) or not (high_before and losses[0] > best)
        mended += high_before and losses[0] < best
        high_before = losses[0] > best
        best = min(best, losses[0]) if math.isfinite(losses[0]) else best
    assert mended > 0


def test_the_learning_rate_falls_by_its_factor_with_each_recovery() -> None:
    recovery = Recovery(loss_ratio=100, least_loss=0.0, patience_epochs=0, learning_rate_factor=0.5, at_most=EPOCHS)
    _, (_, trainer) = spoilt(recovery, [1], index=0)
    falls, expected = 0, []
    for losses in trainer.history:
        falls += math.isnan(losses[0])
        expected.append(0.0 if math.isnan(losses[0]) else 0.1 * 0.5**falls)
    assert trainer.extra_columns(0)["learning_rate"] == pytest.approx(expected)
    assert falls == trainer.report(0)["recoveries"]


@pytest.mark.parametrize("index", [0, 1])
def test_a_recovery_leaves_the_other_models_of_a_pack_alone(index: int) -> None:
    recovery = Recovery(loss_ratio=1000, least_loss=0.0, patience_epochs=0, learning_rate_factor=0.5, at_most=EPOCHS)
    pack, (tensors, trainer) = spoilt(recovery, [1, 2], index, learning_rate=0.02)
    assert [trainer.report(model)["recoveries"] > 0 for model in (0, 1)] == [index == 0, index == 1]
    for model, seed in enumerate([1, 2]):
        (alone,), (own, _) = spoilt(recovery, [seed], 0 if model == index else 1, learning_rate=0.02)
        assert repr(alone) == repr(pack[model])  # NaN is not equal to itself
        assert all(torch.equal(ours[0], theirs[model]) for ours, theirs in zip(own, tensors, strict=True))


def test_the_final_weights_are_the_best_ones_behind_recoveries_too() -> None:
    recovery = Recovery(loss_ratio=100, least_loss=0.0, patience_epochs=0, learning_rate_factor=0.5, at_most=EPOCHS)
    (history,), (_, trainer) = spoilt(recovery, [1], index=0)
    signal, parameters = own_signal(singles(drawn([11]))), trainer.parameters
    generated, _ = recurrence.free_run(parameters, signal[:1, None], SAMPLES - 1, stored_state(parameters, 1))
    error = float((generated[0, 0] - signal[1:]).square().mean())
    assert error == pytest.approx(min(loss for loss in history if math.isfinite(loss)), rel=1e-4)


def test_without_recovery_divergence_is_an_error_that_says_what_to_do() -> None:
    trainer = make_trainer(replace(ABSURD, recovery=None), [7])
    trainer.train_epoch()
    with pytest.raises(DivergenceError, match=r"seed 7\b.*epoch 2\b.*learning rate.*free_running\.recovery"):
        trainer.train_epoch()
    assert trainer.epoch == 1


def test_recoveries_that_do_not_help_end_in_an_error() -> None:
    trainer = make_trainer(replace(ABSURD, recovery=replace(RECOVERY, learning_rate_factor=1.0, at_most=2)), [7])
    with pytest.raises(DivergenceError, match=r"seed 7\b.*epoch 6\b.*2 recoveries.*at_most.*learning rate"):
        trained_on = [trainer.train_epoch() for _ in range(EPOCHS)]
        pytest.fail(f"it went on: {trained_on}")
    # Each time the best weights, a step, and its end.
    assert [math.isnan(losses[0]) for losses in trainer.history] == [False, True, False, True, False]


def at_an_unstable_rest() -> Parameters:
    """A network at rest: its output is nought, but what little is added grows a thousandfold with each sample."""
    tensors = {name: torch.zeros_like(tensor) for name, tensor in singles(drawn([1])).items()}
    hidden = tensors["linear.weight"].shape[-1]
    tensors["lstm.weight_hh"][:, 2 * hidden : 3 * hidden] = 4000 * torch.eye(hidden)  # the cell's candidate
    tensors["linear.weight"] += 1
    return tensors


@pytest.mark.parametrize("optimiser", ["adam", "soap"])
@pytest.mark.parametrize("recovery", [None, replace(RECOVERY, at_most=2)], ids=["no recovery", "recovery"])
def test_a_gradient_that_overflows_at_a_finite_loss_is_divergence(optimiser: str, recovery: Recovery | None) -> None:
    signal = decaying_sine() - torch.eye(SAMPLES)[0]  # its first sample is 0
    method = replace(PLAIN, optimiser=optimiser, recovery=recovery, gradient_clip_norm=1.0)
    trainer = make_trainer(method, [7], signal=signal, start=at_an_unstable_rest())
    epoch = 1 if recovery is None else 3
    with pytest.raises(DivergenceError, match=rf"seed 7\b.*gradient is not finite.*epoch {epoch}\b"):
        for _ in range(EPOCHS):
            trainer.train_epoch()
