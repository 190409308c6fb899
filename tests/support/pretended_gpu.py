"""A simulated GPU: its tensors have a PyTorch device of their own, and the CPU computes their operations.

It records the operations that a real GPU would refuse: those with tensors of two devices; those without a deterministic
implementation on CUDA, as listed in PyTorch's documentation of `use_deterministic_algorithms`; and, in an update that
is captured as a graph, those that wait for the device. Importing this module registers the device for the whole
process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._mode_utils import no_dispatch
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

KIND = "pretended"
DEVICE = f"{KIND}:0"

_ACROSS_DEVICES = {"aten::_to_copy", "aten::copy_"}
_WAITS = {"aten::_local_scalar_dense", "aten::equal", "aten::masked_select", "aten::nonzero"}
_NOT_DETERMINISTIC = {
    "aten::cumsum",
    "aten::cumsum_",
    "aten::histc",
    "aten::put_",
    "aten::reflection_pad1d_backward",
    "aten::upsample_linear1d_backward",
}

_setup_privateuseone_for_python_backend(KIND)
_library = torch.library.Library("aten", "IMPL")
_refused: list[str] = []
_repeatable = False


class GpuTensor(torch.Tensor):
    """A tensor on the simulated GPU; its values are in `raw`, on the CPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls: type["GpuTensor"], raw: torch.Tensor) -> "GpuTensor":
        layout = {"strides": raw.stride(), "storage_offset": raw.storage_offset(), "dtype": raw.dtype}
        return torch.Tensor._make_wrapper_subclass(cls, raw.size(), **layout, device=DEVICE)

    def __init__(self, raw: torch.Tensor) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        return f"GpuTensor({self.raw})"

    def __format__(self, specification: str) -> str:
        return format(self.cpu(), specification)

    def tolist(self) -> Any:  # noqa: ANN401
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(
        cls,
        operation: Callable,
        types: Any,  # noqa: ANN401
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        kwargs = kwargs or {}
        name = operation._schema.name
        tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
        foreign = any(each.dim() > 0 and not isinstance(each, GpuTensor) for each in tensors)
        leaves = torch.device(kwargs.get("device") or DEVICE).type != KIND
        if foreign and name not in _ACROSS_DEVICES:
            _refused.append(f"{name}: tensors of two devices")
        if name in _NOT_DETERMINISTIC and tensors[0].is_floating_point():
            _refused.append(f"{name}: not deterministic")
        by_mask = name == "aten::index" and any(each.dtype == torch.bool for each in tensors[1:])
        if _repeatable and (foreign or leaves or by_mask or name in _WAITS):
            _refused.append(f"{name}: waits for the device")
        result = operation(*tree_map(on_cpu, args), **tree_map(on_cpu, kwargs))
        if torch.Tag.inplace_view in operation.tags:
            _change_shape(operation, args, kwargs)
        if leaves or (name == "aten::copy_" and not isinstance(args[0], GpuTensor)):
            return result
        # An operation in place returns its argument.
        known = {id(each.raw): each for each in tensors if isinstance(each, GpuTensor)}
        return tree_map(lambda each: known.get(id(each), _on_gpu(each)), result)


@contextmanager
def noting() -> Iterator[list[str]]:
    """The operations in this context that a GPU would refuse.

    They are not raised as errors, because PyTorch's thread for backpropagation would not survive an error.
    """
    _refused.clear()
    yield _refused


def repeatable(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with operations that wait for the device recorded too, since a graph cannot contain them."""

    def replacement(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (passed on)
        global _repeatable
        _repeatable = True
        try:
            return function(*args, **kwargs)
        finally:
            _repeatable = False

    return replacement


@dataclass(frozen=True)
class Launched:
    """A kernel of Triton's interpreter, for tensors of this device."""

    kernel: Any

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        launch = self.kernel[grid]
        return lambda *args, **kwargs: launch(*map(on_cpu, args), **kwargs)


def plain_lstm(
    inputs: torch.Tensor,
    state: tuple[torch.Tensor, torch.Tensor],
    weights: list[torch.Tensor],
    **_: Any,  # noqa: ANN401 (always the same)
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """PyTorch's LSTM, which does not support this device, by operations that every device has."""
    weight_ih, weight_hh, bias_ih, bias_hh = weights
    h, c = state[0][0], state[1][0]
    sequence = []
    for x in inputs.unbind(0):
        i, f, g, o = torch.addmm(bias_ih + bias_hh + x @ weight_ih.t(), h, weight_hh.t()).chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        sequence.append(h)
    return torch.stack(sequence), h.unsqueeze(0), c.unsqueeze(0)


def _change_shape(operation: Callable, args: tuple, kwargs: dict[str, Any]) -> None:
    """Repeat an in-place change of shape on the tensor itself, which has no values."""
    with no_dispatch():
        before = torch._C._meta_in_tls_dispatch_include()
        torch._C._set_meta_in_tls_dispatch_include(True)
        try:
            operation(*args, **kwargs)
        finally:
            torch._C._set_meta_in_tls_dispatch_include(before)


def on_cpu(value: Any) -> Any:  # noqa: ANN401
    """Replace a tensor by its values, and the simulated device by the CPU."""
    if isinstance(value, GpuTensor):
        return value.raw
    if isinstance(value, torch.device) and value.type == KIND:
        return torch.device("cpu")
    return value


def _on_gpu(value: Any) -> Any:  # noqa: ANN401
    return GpuTensor(value) if isinstance(value, torch.Tensor) else value


def _empty(size: list[int], *, dtype: torch.dtype | None = None, **_: Any) -> torch.Tensor:  # noqa: ANN401
    return GpuTensor(torch.empty(size, dtype=dtype))


def _empty_strided(
    size: list[int],
    stride: list[int],
    *,
    dtype: torch.dtype | None = None,
    **_: Any,  # noqa: ANN401
) -> torch.Tensor:
    return GpuTensor(torch.empty_strided(size, stride, dtype=dtype))


def _copy_from(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
    """`torch.tensor` uses this to fill a new tensor."""
    if _repeatable:
        _refused.append("torch.tensor: waits for the device")
    on_cpu(target).copy_(on_cpu(source))
    return target


_library.impl("empty.memory_format", _empty, "PrivateUse1")
_library.impl("empty_strided", _empty_strided, "PrivateUse1")
_library.impl("_copy_from", _copy_from, "PrivateUse1")
