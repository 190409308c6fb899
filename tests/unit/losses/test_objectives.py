"""What training minimises: paper B's equations 2 to 4 by scipy, stretch by stretch, alone and in a mixed pack."""

from functools import partial
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from rnn_audio.losses import objectives
from rnn_audio.losses.objectives import EmphasisedErrorToSignal, MeanSquaredError, fused_loss_error
from rnn_audio.losses.preemphasis import NAMES, taps
from rnn_audio.types import Floats

Signals = tuple[torch.Tensor, torch.Tensor]

Make = partial[EmphasisedErrorToSignal]

RATE_HZ = 44100
HAS_GPU = torch.cuda.is_available()
BATCH, SAMPLES = 3, 400
WARM_UP = slice(0, 60)
STRETCHES = [slice(60, 190), slice(190, 197), slice(197, 198), slice(198, 400)]


@pytest.fixture(params=[pytest.param(False, id="pytorch"), pytest.param(True, id="triton", marks=pytest.mark.emulated)])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes an objective from the names of its filters; Triton's kernels run in its interpreter."""
    if request.param and HAS_GPU:
        pytest.skip("with a GPU, triton does not interpret")
    return partial(EmphasisedErrorToSignal, rate_hz=RATE_HZ, device="cpu", fused=request.param)


def signals(models: int, seed: int = 0) -> Signals:
    """Targets and outputs with an offset between them, [models, BATCH, SAMPLES]."""
    generator = torch.Generator().manual_seed(seed)
    targets = 0.3 * torch.randn(models, BATCH, SAMPLES, generator=generator)
    return targets, 0.8 * targets + 0.1 * torch.randn(models, BATCH, SAMPLES, generator=generator) + 0.05


class Reference:
    """Equations 2 to 4 of one model in float64, its filters by scipy with their state carried on."""

    def __init__(self, name: str) -> None:
        self.taps = taps(name, RATE_HZ)
        self.states = [np.zeros((BATCH, len(self.taps) - 1)) for _ in range(2)]

    def emphasise(self, signal: Floats, side: int) -> Floats:
        filtered, self.states[side] = lfilter(self.taps, [1.0], signal, axis=-1, zi=self.states[side])
        return filtered

    def loss(self, target: Floats, output: Floats) -> float:
        y, y_hat = self.emphasise(target, 0), self.emphasise(output, 1)
        esr = np.sum((y - y_hat) ** 2) / np.sum(y**2)
        # The mean of equation 3 is one segment's; numerator and denominator are pooled over the segments.
        offsets = np.mean(target - output, axis=-1) ** 2
        return esr + np.mean(offsets) / np.mean(target**2)


def as_float64(signal: torch.Tensor) -> Floats:
    return signal.double().numpy()


def losses_of(objective: EmphasisedErrorToSignal, targets: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    """The losses of a warmed-up objective over all stretches, [stretches, M]."""
    objective.restart()
    objective.observe(targets[..., WARM_UP], outputs[..., WARM_UP])
    return torch.stack([objective(targets[..., stretch], outputs[..., stretch]) for stretch in STRETCHES])


@pytest.mark.parametrize("name", NAMES)
def test_the_loss_is_that_of_equations_2_to_4_with_the_filters_state_carried_on(name: str, make: Make) -> None:
    targets, outputs = signals(models=2)
    losses = losses_of(make([name, name]), targets, outputs)
    for model in range(2):
        target, output = as_float64(targets[model]), as_float64(outputs[model])
        reference = Reference(name)
        reference.emphasise(target[:, WARM_UP], 0)
        reference.emphasise(output[:, WARM_UP], 1)
        expected = [reference.loss(target[:, stretch], output[:, stretch]) for stretch in STRETCHES]
        np.testing.assert_allclose(losses[:, model].numpy(), expected, rtol=2e-5)


def test_behind_no_filter_an_offset_is_counted_by_both_terms(make: Make) -> None:
    # y = +-0.5 alternating: its power is 0.25 and its mean 0, so an offset of 0.1 costs 0.04 in each term.
    target = 0.5 * (-1.0) ** torch.arange(10.0).expand(1, 2, 10)
    loss = make(["none"])(target, target + 0.1)
    assert loss.item() == pytest.approx(0.08, rel=1e-5)


@pytest.mark.parametrize(("name", "echo"), [("highpass", 1), ("folded_differentiator", 2)])
def test_a_click_of_the_warm_up_echoes_in_the_first_stretch(name: str, echo: int, make: Make) -> None:
    # The output lacks a click that is the last sample before the stretch; behind it both are a constant 1.
    targets, outputs = torch.ones(1, 1, 9), torch.ones(1, 1, 9)
    targets[..., 4] = 2.0
    objective = make([name])
    objective.observe(targets[..., :5], outputs[..., :5])
    emphasised = torch.full((4,), 0.15)
    emphasised[echo - 1] -= 0.85
    expected = 0.85**2 / emphasised.square().sum()
    assert objective(targets[..., 5:], outputs[..., 5:]).item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_restart_forgets_what_came_before(name: str, make: Make) -> None:
    targets, outputs = signals(models=1)
    used = make([name])
    before = losses_of(used, *signals(models=1, seed=1))
    again = losses_of(used, targets, outputs)
    assert torch.equal(again, losses_of(make([name]), targets, outputs))
    assert not torch.equal(again, before)


def test_restart_takes_a_batch_of_another_size(make: Make) -> None:
    targets, outputs = signals(models=1)
    objective = make(["a_weighting"])
    objective(targets, outputs)
    objective.restart()
    fresh = make(["a_weighting"])
    assert torch.equal(objective(targets[:, :1], outputs[:, :1]), fresh(targets[:, :1], outputs[:, :1]))


def gradients_of(
    make: Make, names: list[str], targets: torch.Tensor, outputs: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Losses, [stretches, M], and the gradient of their sum with respect to the outputs, [M, B, T]."""
    leaf = outputs.clone().requires_grad_()
    losses = losses_of(make(names), targets, leaf)
    losses.sum().backward()
    return losses.detach(), leaf.grad


def test_a_pack_behind_all_four_filters_is_four_objectives_bit_by_bit(make: Make) -> None:
    targets, outputs = signals(models=4)
    losses, gradients = gradients_of(make, list(NAMES), targets, outputs)
    for model, name in enumerate(NAMES):
        alone, gradient = gradients_of(make, [name], targets[model : model + 1], outputs[model : model + 1])
        assert torch.equal(losses[:, model], alone[:, 0])
        assert torch.equal(gradients[model], gradient[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_behind_one_filter_is_separate_objectives_bit_by_bit(name: str, make: Make) -> None:
    models = 2 if make.keywords["fused"] else 5  # the interpreter is slow
    targets, outputs = signals(models)
    losses, gradients = gradients_of(make, [name] * models, targets, outputs)
    for model in range(models):
        alone, gradient = gradients_of(make, [name], targets[model : model + 1], outputs[model : model + 1])
        assert torch.equal(losses[:, model], alone[:, 0])
        assert torch.equal(gradients[model], gradient[0])


def test_gradients_flow_to_the_stretchs_outputs_only(make: Make) -> None:
    targets, outputs = (signal.requires_grad_() for signal in signals(models=4))
    objective = make(NAMES)
    with torch.no_grad():
        objective.observe(targets[..., WARM_UP], outputs[..., WARM_UP])
    objective(targets[..., 60:190], outputs[..., 60:190])
    loss = objective(targets[..., 190:300].detach(), outputs[..., 190:300]).sum()
    loss.backward()
    assert targets.grad is None
    # The filters remember samples before 190, but no gradient goes back to them.
    assert not outputs.grad[..., :190].any()
    assert outputs.grad[..., 190:300].all()
    assert not outputs.grad[..., 300:].any()


def test_the_gradient_of_a_warmed_up_stretch_is_that_of_finite_differences(make: Make) -> None:
    targets, outputs = (signal[:, :1, :12].clone() for signal in signals(models=4))

    def loss(made: torch.Tensor) -> torch.Tensor:
        objective = make(NAMES)
        objective.observe(targets[..., :5], outputs[..., :5])
        return objective(targets[..., 5:], made).sum().double()

    made = outputs[..., 5:].clone().requires_grad_()
    loss(made).backward()
    step = 1e-2  # the loss is quadratic in the outputs: a central difference has no error but the rounding
    for sample in range(7):
        moved = torch.zeros_like(outputs[..., 5:])
        moved[..., sample] = step
        slope = (loss(outputs[..., 5:] + moved) - loss(outputs[..., 5:] - moved)) / (2 * step)
        assert made.grad[..., sample].sum().item() == pytest.approx(slope.item(), rel=1e-3, abs=1e-3)


def test_the_mean_squared_error_has_no_memory() -> None:
    targets, outputs = signals(models=2)
    objective = MeanSquaredError()
    objective.restart()
    objective.observe(outputs, targets)
    losses = objective(targets, outputs)
    expected = [np.mean((as_float64(targets[model]) - as_float64(outputs[model])) ** 2) for model in range(2)]
    np.testing.assert_allclose(losses.numpy(), expected, rtol=1e-5)
    objective.observe(outputs, targets)
    assert torch.equal(objective(targets, outputs), losses)


@pytest.mark.emulated
@pytest.mark.skipif(HAS_GPU, reason="with a GPU, triton does not interpret")
def test_the_error_of_the_fused_loss_is_rounding() -> None:
    assert fused_loss_error("cpu") < 1e-6


def test_a_gradient_that_is_not_a_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoGradient(EmphasisedErrorToSignal):
        def __init__(self, *arguments: object, fused: bool) -> None:
            super().__init__(*arguments, fused=False)
            self._spoilt = fused

        def __call__(self, targets: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
            if self._spoilt:
                outputs.register_hook(lambda gradient: gradient * float("nan"))
            return super().__call__(targets, outputs)

    monkeypatch.setattr(objectives, "EmphasisedErrorToSignal", NoGradient)
    assert not fused_loss_error("cpu") < 1.0


def test_a_fused_loss_that_is_wrong_has_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneTapTooFew(EmphasisedErrorToSignal):
        def __init__(self, *arguments: object, fused: bool) -> None:
            super().__init__(*arguments, fused=False)
            if fused:
                self._taps[:, -1] = 0.0

    monkeypatch.setattr(objectives, "EmphasisedErrorToSignal", OneTapTooFew)
    assert fused_loss_error("cpu") > 1e-4


@pytest.mark.skipif(HAS_GPU, reason="with a GPU, triton does not interpret")
def test_around_the_kernels_all_stays_on_the_gpu(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    from rnn_audio.losses import triton_loss

    targets, outputs = signals(models=2)

    def on(device: str) -> Signals:
        objective = EmphasisedErrorToSignal(["highpass", "none"], RATE_HZ, device, fused=True)
        own, leaf = targets.to(device), outputs.to(device).requires_grad_()
        objective.observe(own[..., WARM_UP], leaf[..., WARM_UP].detach())
        losses = objective(own[..., STRETCHES[0]], leaf[..., STRETCHES[0]])
        return losses.detach().cpu(), torch.autograd.grad(losses.sum(), leaf)[0].cpu()

    on_cpu = on("cpu")
    for name in ("block_kernel", "model_kernel", "gradient_kernel"):
        monkeypatch.setattr(triton_loss, name, gpu.Launched(getattr(triton_loss, name)))
    for ours, theirs in zip(on(gpu.DEVICE), on_cpu, strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")
def test_the_loss_on_a_gpu_is_that_of_pytorchs_operations() -> None:
    assert fused_loss_error("cuda") < 2e-6
