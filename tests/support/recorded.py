"""A CUDA graph without CUDA: kernels are recorded with the memory that they read and write, and replayed.

As in a graph, the Python of the recorded function does not run again. What it did in Python alone is missing from the
replay, and a tensor that it replaced is read from its old memory.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Recorded(TorchDispatchMode):
    """Runs a function once and records its kernels."""

    def __init__(self, function: Callable[[], None]) -> None:
        super().__init__()
        self._kernels: list[tuple[Callable, tuple, dict[str, Any], Any, bool]] = []
        with self:
            function()

    def __torch_dispatch__(
        self,
        kernel: Callable,
        types: Any,  # noqa: ANN401
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        result = kernel(*args, **(kwargs or {}))
        self._kernels.append((kernel, args, kwargs or {}, result, torch.is_grad_enabled()))
        return result

    def replay(self) -> None:
        """Run the same kernels on the same memory."""
        with torch._C._AutoDispatchBelowAutograd():
            for kernel, args, kwargs, before, with_gradient in self._kernels:
                with torch.set_grad_enabled(with_gradient):  # some save tensors for backward only with gradients
                    result = kernel(*args, **kwargs)
                for old, new in zip(tree_leaves(before), tree_leaves(result), strict=True):
                    if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                        old.copy_(new)
