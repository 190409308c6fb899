"""An update of a pack as a CUDA graph, one graph for each shape of its data.

An update consists of the recurrence's two kernels and hundreds of small ones. With short sub-sequences, the GPU would
wait for Python to launch them. A graph launches them all at once. It always uses the same memory: inputs are copied
into static tensors, and what one update carries to the next is written back into them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

Tensors = tuple[torch.Tensor, ...]
Update = Callable[[str, Tensors, Tensors], tuple[torch.Tensor, Tensors]]

WARM_UPS = 3
"""Updates of each shape that run without a graph before the next one is captured. They compile kernels, set up
libraries and allocate the optimiser's memory, and train like all others."""


def untimed_epochs(accelerator: str) -> int:
    """Epochs that a measurement of speed leaves out, until memory is allocated and all is compiled and captured."""
    return WARM_UPS + 2 if accelerator == "cuda" else 1


@dataclass
class _Shape:
    """One shape of the data: its static tensors, and its graph once captured."""

    stretch: Tensors
    carried: Tensors
    losses: torch.Tensor
    runs: int = 0
    graph: torch.cuda.CUDAGraph | None = None


class CapturedUpdate:
    """Repeats an update: by plain calls on a CPU, as a CUDA graph on a GPU.

    Each call is given the update, and no reference to it is kept: a reference cycle with the trainer would hold the
    graphs' memory until Python's garbage collection.

    Args:
        on_gpu: whether the tensors are on a GPU.

    If memory that an update uses is replaced between two calls, `forget` must be called.
    """

    def __init__(self, *, on_gpu: bool) -> None:
        self._on_gpu = on_gpu
        self._side_stream: torch.cuda.Stream | None = None
        self._shapes: dict[tuple, _Shape] = {}
        self._carried: dict[tuple, Tensors] = {}
        self._pool: tuple[int, int] | None = None

    def __call__(self, update: Update, mode: str, stretch: Tensors, carried: Tensors) -> tuple[torch.Tensor, Tensors]:
        """Run one update.

        Args:
            update: takes the mode, the sub-sequence's tensors and those carried from the one before; changes the
                parameters; returns the losses, [M], and the tensors to carry on, with unchanged shapes. On a GPU it
                must not synchronise, and may only use its arguments and memory whose address is fixed, such as the
                parameters. It must do the same for the same mode.
            mode: what else distinguishes updates of one shape.
            stretch: the sub-sequence's data.
            carried: what the last call returned; any tensors of these shapes at the beginning.

        Returns:
            The losses, [M], on the data's device (reading them synchronises), and the tensors to carry on, which the
            next update overwrites.
        """
        shape = self._shape(mode, stretch, carried)
        for static, given in zip(shape.stretch + shape.carried, stretch + carried, strict=True):
            if static is not given:
                static.copy_(given)
        if not self._on_gpu:
            self._run(update, mode, shape)
        elif shape.runs < WARM_UPS:
            self._run_on_side_stream(update, mode, shape)
        else:
            if shape.graph is None:
                self._capture(update, mode, shape)
            shape.graph.replay()
        shape.runs += 1
        return shape.losses.clone(), shape.carried

    def forget(self) -> None:
        """Drop all graphs and their memory, and start over."""
        self._shapes, self._carried, self._pool = {}, {}, None

    def _shape(self, mode: str, stretch: Tensors, carried: Tensors) -> _Shape:
        carried_key = tuple(tensor.shape for tensor in carried)
        key = (mode, *(tensor.shape for tensor in stretch), carried_key)
        if key not in self._shapes:
            # Sub-sequences of all lengths share the carried state.
            kept = self._carried.setdefault(carried_key, _like(carried))
            losses = stretch[0].new_empty(stretch[0].shape[0])
            self._shapes[key] = _Shape(_like(stretch), kept, losses)
        return self._shapes[key]

    def _run(self, update: Update, mode: str, shape: _Shape) -> None:
        losses, carried = update(mode, shape.stretch, shape.carried)
        shape.losses.copy_(losses)
        for static, new in zip(shape.carried, carried, strict=True):
            static.copy_(new)

    def _run_on_side_stream(self, update: Update, mode: str, shape: _Shape) -> None:
        """PyTorch requires this before a capture: work on the default stream cannot be captured."""
        # One stream for all shapes: each stream has memory of its own.
        self._side_stream = self._side_stream or torch.cuda.Stream()
        stream = self._side_stream
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._run(update, mode, shape)
        torch.cuda.current_stream().wait_stream(stream)

    def _capture(self, update: Update, mode: str, shape: _Shape) -> None:
        # One pool for all graphs: they never run at the same time, and what outlives a replay is outside the pool.
        self._pool = self._pool or torch.cuda.graph_pool_handle()
        shape.graph = torch.cuda.CUDAGraph()
        # On this trainer's own stream: cuBLAS's workspace of a stream is freed with any graph captured on that stream.
        with torch.cuda.graph(shape.graph, pool=self._pool, stream=self._side_stream):
            self._run(update, mode, shape)


def _like(tensors: Tensors) -> Tensors:
    return tuple(torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device) for tensor in tensors)
