"""An update of a pack as a CUDA graph, one for each shape of its data.

An update is hundreds of small kernels beside the recurrence's two, and short stretches would wait for Python to launch
them. A graph launches them all at once. It reads and writes the same memory every time: what goes in is copied to
tensors that stay, and what an update hands to the next is written back to them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

Tensors = tuple[torch.Tensor, ...]
Update = Callable[[str, Tensors, Tensors], tuple[torch.Tensor, Tensors]]

WARM_UPS = 3
"""Updates of a shape that run as they are, before the next is captured: kernels get compiled, libraries set up, and
the optimiser's memory made. They are updates like all others."""


def untimed_epochs(accelerator: str) -> int:
    """How many epochs a measurement of speed leaves out: until memory is taken, and all compiled and captured."""
    return WARM_UPS + 2 if accelerator == "cuda" else 1


@dataclass
class _Shape:
    """One shape of the data: its tensors, and its graph once there is one."""

    stretch: Tensors
    carried: Tensors
    losses: torch.Tensor
    runs: int = 0
    graph: torch.cuda.CUDAGraph | None = None


class CapturedUpdate:
    """Repeats an update: by itself on a CPU, as a graph on a GPU.

    The update is given with each call, and not kept: a trainer that kept what keeps it would hold its graphs' memory
    until Python looks for cycles.

    Args:
        on_gpu: whether the tensors are on a GPU.

    Where memory that an update uses is replaced between two calls, `forget` must be called.
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
            update: gets the mode, the stretch's tensors and those carried from the last stretch; changes the
                parameters; returns the losses, [M], and the tensors to carry on, of the same shapes. On a GPU it must
                not wait for the device, and must use no memory but its arguments and what stays where it is, such as
                the parameters. It must do the same for the same mode.
            mode: what else distinguishes updates of one shape.
            stretch: its data.
            carried: from the last stretch, as returned; or others, at the beginning.

        Returns:
            The losses, [M], on the data's device: reading them is what waits for it. And the tensors to carry on,
            which the next update overwrites.
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
        """Drop all graphs, with their memory, and begin again."""
        self._shapes, self._carried, self._pool = {}, {}, None

    def _shape(self, mode: str, stretch: Tensors, carried: Tensors) -> _Shape:
        carried_key = tuple(tensor.shape for tensor in carried)
        key = (mode, *(tensor.shape for tensor in stretch), carried_key)
        if key not in self._shapes:
            # Stretches of another length go on from the same state.
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
        """As PyTorch asks for in front of a capture: the default stream cannot be captured, nor what depends on it."""
        # One for all: each stream has memory of its own.
        self._side_stream = self._side_stream or torch.cuda.Stream()
        stream = self._side_stream
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._run(update, mode, shape)
        torch.cuda.current_stream().wait_stream(stream)

    def _capture(self, update: Update, mode: str, shape: _Shape) -> None:
        # One pool for all graphs: they run one after the other, and what outlives a replay stands outside of it.
        self._pool = self._pool or torch.cuda.graph_pool_handle()
        shape.graph = torch.cuda.CUDAGraph()
        # On this trainer's stream: what cuBLAS keeps for a stream goes when any graph that was captured on it goes.
        with torch.cuda.graph(shape.graph, pool=self._pool, stream=self._side_stream):
            self._run(update, mode, shape)


def _like(tensors: Tensors) -> Tensors:
    return tuple(torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device) for tensor in tensors)
