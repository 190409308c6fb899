"""The trial of an engine: wrong numbers, failures and captured updates that differ are rejected with the reason."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from support.right_engine import Result, right, right_mixed

from rnn_audio.jobs import engine_trial
from rnn_audio.jobs.engine_trial import try_engine
from rnn_audio.networks.engines import choice as engines
from rnn_audio.training.captured_update import CapturedUpdate

pytestmark = pytest.mark.emulated

triton_recurrence = pytest.importorskip("rnn_audio.networks.engines.triton_recurrence")

HIDDEN = 5


def scaled(*arguments: Any, factor: float, engine: Callable[..., Result] = right, **_: Any) -> Result:  # noqa: ANN401
    outputs, state = engine(*arguments)
    return factor * outputs, state


def half_gradient(weight_ih: torch.Tensor, weight_hh: torch.Tensor, *others: Any, **_: Any) -> Result:  # noqa: ANN401
    """Right forward; one gradient is half of what it should be."""
    return right(weight_ih, (weight_hh + weight_hh.detach()) / 2, *others)


def raising(message: str) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> None:  # noqa: ANN401
        raise RuntimeError(message)

    return fail


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set what the Triton engine does; here it runs on the CPU."""
    monkeypatch.setenv(engines.OVERRIDE, engines.TRITON)
    # The loss's kernels have a test of their own.
    monkeypatch.setattr(engines, "uses_triton", lambda device: False)
    monkeypatch.setattr(engine_trial, "fused_loss_error", lambda device: 1e-7)

    def set_kernels(known: Callable[..., Any] = right, mixed: Callable[..., Any] = right_mixed) -> None:
        monkeypatch.setattr(triton_recurrence, "lstm", known)
        monkeypatch.setattr(triton_recurrence, "mixed", mixed)

    set_kernels()
    return set_kernels


@pytest.mark.parametrize("mixes", [False, True])
def test_right_kernels_are_accepted(mixes: bool, kernels: Callable[..., None]) -> None:
    assert try_engine("cpu", HIDDEN, mixes=mixes) == {}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (partial(scaled, factor=1.001), "the relative error of its gradient of linear.weight is 2.0e-03, above 2e-05"),
        (partial(scaled, factor=float("nan")), "the relative error of its outputs is nan"),
        (half_gradient, "the relative error of its gradient of lstm.weight_hh is 5.0e-01"),
        (raising("PassManager::run failed\nerror: no tensor cores"), "RuntimeError: PassManager::run failed error: no"),
        (raising("CUDA error: an illegal memory access"), "RuntimeError: CUDA error: an illegal memory access"),
    ],
    ids=["wrong outputs", "not a number", "wrong gradient", "compilation", "launch"],
)
def test_kernels_that_are_wrong_or_fail_are_rejected_with_the_reason(
    known: Callable[..., Any], said: str, kernels: Callable[..., None]
) -> None:
    kernels(known)
    rejected = try_engine("cpu", HIDDEN, mixes=False)
    assert rejected.keys() == {engines.TRITON}
    assert said in rejected[engines.TRITON]
    assert "\n" not in rejected[engines.TRITON]


@pytest.mark.parametrize("error", [1e-4, float("nan")])
def test_a_loss_that_is_wrong_rejects_the_engine(
    error: float, kernels: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_trial, "fused_loss_error", lambda device: error)
    assert "paper B's loss" in try_engine("cpu", HIDDEN, mixes=False)[engines.TRITON]


def test_mixed_inputs_count_for_a_job_that_mixes(kernels: Callable[..., None]) -> None:
    kernels(mixed=partial(scaled, factor=1.001, engine=right_mixed))
    assert try_engine("cpu", HIDDEN, mixes=False) == {}
    assert "mixed inputs" in try_engine("cpu", HIDDEN, mixes=True)[engines.TRITON]


def test_captured_updates_that_fail_are_rejected_alone(
    kernels: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CapturedUpdate, "__call__", raising("stream is capturing"))
    assert try_engine("cpu", HIDDEN, mixes=False) == {engines.CAPTURED: "RuntimeError: stream is capturing"}


def test_captured_updates_that_train_to_other_bits_are_rejected_alone(
    kernels: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    update = CapturedUpdate.__call__

    def stale(self: CapturedUpdate, function: Any, mode: str, stretch: Any, carried: Any) -> Any:  # noqa: ANN401
        return update(self, function, mode, (stretch[0] * (1 + 1e-6), *stretch[1:]), carried)

    monkeypatch.setattr(CapturedUpdate, "__call__", stale)
    rejected = try_engine("cpu", HIDDEN, mixes=False)
    assert rejected.keys() == {engines.CAPTURED}
    assert "differs by" in rejected[engines.CAPTURED]
