"""Losses: equations 2 to 4 in numpy, auraloss where it computes the same, gradients, chunks, silence and NaN."""

import numpy as np
import pytest
import torch
from auraloss.time import DCLoss, ESRLoss
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_audio.losses import formulas as losses

Signals = tuple[torch.Tensor, torch.Tensor]


def _signals(models: int, batch: int, steps: int, seed: int = 0) -> Signals:
    generator = torch.Generator().manual_seed(seed)
    target = 0.3 * torch.randn(models, batch, steps, dtype=torch.float64, generator=generator)
    output = target + 0.1 * torch.randn(models, batch, steps, dtype=torch.float64, generator=generator) + 0.02
    return target, output


def test_equations_2_and_3_on_one_sequence() -> None:
    target, output = _signals(models=3, batch=1, steps=200)
    y, y_hat = target[:, 0].numpy(), output[:, 0].numpy()
    esr = np.sum(np.abs(y - y_hat) ** 2, axis=1) / np.sum(np.abs(y) ** 2, axis=1)
    dc = np.abs(np.sum(y - y_hat, axis=1) / 200) ** 2 / (np.sum(np.abs(y) ** 2, axis=1) / 200)
    np.testing.assert_allclose(losses.esr(target, output).numpy(), esr, rtol=1e-12)
    np.testing.assert_allclose(losses.dc(target, output).numpy(), dc, rtol=1e-12)


def test_equation_4_adds_the_emphasised_esr_and_the_plain_dc() -> None:
    target, output = _signals(2, 3, 50)
    emphasised_target, emphasised_output = target.diff(dim=2), output.diff(dim=2)
    made = losses.joint(target, output, emphasised_target, emphasised_output)
    torch.testing.assert_close(made, losses.esr(emphasised_target, emphasised_output) + losses.dc(target, output))


def test_known_values() -> None:
    target = torch.tensor([[[1.0, -1.0, 1.0, -1.0]]])
    assert losses.esr(target, torch.zeros_like(target)).item() == 1.0
    assert losses.esr(target, 0.5 * target).item() == 0.25
    assert losses.dc(target, target + 0.5).item() == 0.25
    assert losses.mse(target, target + 0.5).item() == 0.25


def test_auraloss_agrees_on_one_item() -> None:
    target, output = _signals(1, 1, 1000)
    # It adds 1e-8 to the energy or the power; both are above 1e-2 here.
    assert losses.esr(target, output).item() == pytest.approx(ESRLoss()(output, target).item(), rel=1e-6)
    assert losses.dc(target, output).item() == pytest.approx(DCLoss()(output, target).item(), rel=1e-6)


def test_auraloss_averages_ratios_where_this_pools_energies() -> None:
    target, output = _signals(1, 2, 1000)
    scale = torch.tensor([1.0, 0.05], dtype=torch.float64)[None, :, None]
    target = target * scale
    pooled = (output - target).square().sum() / target.square().sum()
    assert losses.esr(target, output).item() == pytest.approx(pooled.item(), rel=1e-12)
    assert ESRLoss()(output[0][:, None], target[0][:, None]).item() > 10.0 * pooled.item()


def test_offsets_of_opposite_sign_do_not_cancel_in_the_batch() -> None:
    target = torch.ones(1, 2, 10)
    output = target + torch.tensor([0.5, -0.5])[None, :, None]
    assert losses.dc(target, output).item() == 0.25


def test_models_do_not_see_each_other() -> None:
    target, output = _signals(3, 2, 40)
    alone = torch.cat([losses.joint(*(one[m : m + 1] for one in (target, output, target, output))) for m in range(3)])
    torch.testing.assert_close(losses.joint(target, output, target, output), alone)


def test_gradients_are_those_of_finite_differences() -> None:
    target, output = _signals(2, 2, 7)
    output.requires_grad_()
    assert torch.autograd.gradcheck(lambda made: losses.joint(target, made, target.square(), made.square()), output)
    assert torch.autograd.gradcheck(lambda made: losses.mse(target, made), output)


def test_silence_gives_a_finite_loss_and_gradient() -> None:
    target = torch.zeros(1, 2, 100)
    output = torch.full((1, 2, 100), 0.1, requires_grad=True)
    loss = losses.joint(target, output, target, output)
    loss.sum().backward()
    assert loss.item() == pytest.approx(2.0 * 0.1**2 / losses.POWER_FLOOR, rel=1e-5)
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()
    assert losses.esr(target, target).item() == 0.0


def test_the_floor_leaves_ordinary_signals_alone() -> None:
    target, output = _signals(1, 1, 1000)
    quiet = np.sqrt(2.0 * losses.POWER_FLOOR / target.square().mean().item())
    torch.testing.assert_close(losses.esr(quiet * target, quiet * output), losses.esr(target, output))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nan_stays_visible_in_its_own_model_only(bad: float) -> None:
    target, output = _signals(2, 2, 30)
    output[1, 0, 3] = bad
    loss = losses.joint(target, output, target, output)
    assert torch.isfinite(loss).tolist() == [True, False]
    target[0, 0, 0] = float("nan")
    assert losses.esr(target, output)[0].isnan()


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be the same \[M, B, T\]"):
        losses.esr(torch.zeros(1, 2, 5), torch.zeros(3, 2, 5))
    with pytest.raises(ValueError, match=r"must be the same \[M, B, T\]"):
        losses.mse(torch.zeros(2, 5), torch.zeros(2, 5))


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(min_value=1, max_value=299), max_size=6, unique=True).map(sorted))
def test_chunked_evaluation_equals_whole(cuts: list[int]) -> None:
    target, output = _signals(2, 1, 300)
    signals = (target, output, 2.0 * target.square(), 2.0 * output.square())
    accumulator = losses.EsrAccumulator(models=2)
    for chunk in zip(*(torch.tensor_split(one, cuts, dim=2) for one in signals), strict=True):
        accumulator.update(*chunk)
    torch.testing.assert_close(accumulator.esr(), losses.esr(*signals[2:]), rtol=1e-12, atol=0.0)
    torch.testing.assert_close(accumulator.dc(), losses.dc(target, output), rtol=1e-10, atol=0.0)
    torch.testing.assert_close(accumulator.joint(), losses.joint(*signals), rtol=1e-12, atol=0.0)


def test_the_whole_sets_ratio_is_not_the_average_of_chunks() -> None:
    target, output = _signals(1, 1, 1000)
    target[:, :, 500:] *= 0.01
    chunks = [losses.esr(target[..., part], output[..., part]).item() for part in (slice(500), slice(500, None))]
    accumulator = losses.EsrAccumulator(models=1)
    accumulator.update(target, output, target, output)
    assert accumulator.esr().item() < 0.5 * np.mean(chunks)


def test_accumulated_losses_are_equations_2_to_4_in_numpy() -> None:
    target, output = (one.float() for one in _signals(3, 1, 5000))
    emphasised = target.diff(dim=2, prepend=target[..., :1]), output.diff(dim=2, prepend=output[..., :1])
    accumulator = losses.EsrAccumulator(models=3)
    for chunk in zip(*(one.split(1300, dim=2) for one in (target, output, *emphasised)), strict=True):
        accumulator.update(*chunk)
    y, y_hat, e, e_hat = (one[:, 0].double().numpy() for one in (target, output, *emphasised))
    esr = np.sum((e - e_hat) ** 2, axis=1) / np.sum(e**2, axis=1)
    dc = np.mean(y - y_hat, axis=1) ** 2 / np.mean(y**2, axis=1)
    np.testing.assert_allclose(accumulator.esr().numpy(), esr, rtol=1e-12)
    np.testing.assert_allclose(accumulator.dc().numpy(), dc, rtol=1e-12)
    np.testing.assert_allclose(accumulator.joint().numpy(), esr + dc, rtol=1e-12)


def test_accumulated_losses_do_not_depend_on_the_pack() -> None:
    signals = [*_signals(5, 1, 3000), *_signals(5, 1, 3000, seed=1)]
    pack = losses.EsrAccumulator(models=5)
    pack.update(*signals)
    for model in range(5):
        alone = losses.EsrAccumulator(models=1)
        alone.update(*(one[model : model + 1] for one in signals))
        assert torch.equal(alone.joint(), pack.joint()[model : model + 1])


def test_accumulators_keep_nan_and_bound_silence() -> None:
    silence = torch.zeros(1, 1, 100)
    accumulator = losses.EsrAccumulator(models=1)
    assert accumulator.joint().isnan().all()
    accumulator.update(silence, silence + 0.1, silence, silence + 0.1)
    assert torch.isfinite(accumulator.joint()).all()
    accumulator.update(silence, silence + float("nan"), silence, silence)
    assert accumulator.joint().isnan().all()


def test_accumulators_refuse_another_number_of_models() -> None:
    signal = torch.zeros(3, 1, 10)
    with pytest.raises(ValueError, match="chunk has 3 models, the accumulator 2"):
        losses.EsrAccumulator(models=2).update(signal, signal, signal, signal)
