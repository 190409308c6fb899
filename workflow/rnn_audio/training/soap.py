"""SOAP (Vyas et al. 2024, algorithm 3): Adam in the eigenbasis of Shampoo's preconditioner, for one model.

Free-running training is an ill-conditioned fit of one signal. Adam scales the step of each single weight. SOAP scales
the steps along the directions in which a weight matrix's gradients vary together. In our runs, its error is a
hundredth of Adam's after the same number of steps (docs/performance.md).
"""

import math
from dataclasses import dataclass, field

import torch

from rnn_audio.networks.model import Parameters, with_prefix

Sides = tuple[torch.Tensor, torch.Tensor]


@dataclass
class Soap:
    """SOAP over one model's tensors, which have a leading model axis of length 1.

    Matrices are preconditioned on both sides. Vectors, and matrices with a single row or column, use Adam's step with
    the same constants.

    Attributes:
        learning_rate: step size.
        clip_norm: largest gradient norm over all tensors; None disables clipping.
        beta_1: decay rate of the first moment.
        beta_2: decay rate of the second moment, and of the two covariances of a matrix's gradients.
        refresh_every: steps between two refreshes of the eigenbases.
        step_count: steps made.
    """

    learning_rate: float
    clip_norm: float | None = None
    beta_1: float = 0.95
    beta_2: float = 0.95
    epsilon: float = 1e-8
    refresh_every: int = 10
    step_count: int = 0
    first: Parameters = field(default_factory=dict)
    second: Parameters = field(default_factory=dict)
    covariances: dict[str, Sides] = field(default_factory=dict)
    bases: dict[str, Sides] = field(default_factory=dict)

    @torch.no_grad()
    def step(self, parameters: Parameters) -> None:
        """Update the parameters by their gradients, and clear the gradients.

        The first step does not change matrices: it only initialises their eigenbases.
        """
        scale = self._clip_scale(parameters)
        self.step_count += 1
        for name, parameter in parameters.items():
            gradient = parameter.grad[0] * scale
            if _is_matrix(gradient) and name not in self.bases:
                self._open(name, gradient)
            else:
                parameter[0].sub_(self._update(name, gradient))
            parameter.grad = None

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Moments, covariances, bases and the step count, for a checkpoint."""
        tensors = {"step_count": torch.tensor(self.step_count)}
        for kind in ("first", "second"):
            tensors |= {f"{kind}.{name}": tensor for name, tensor in getattr(self, kind).items()}
        for kind in ("covariances", "bases"):
            for name, sides in getattr(self, kind).items():
                tensors |= {f"{kind}.{side}.{name}": sides[side] for side in (0, 1)}
        return tensors

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned."""
        self.step_count = int(tensors["step_count"])
        for kind in ("first", "second"):
            setattr(self, kind, with_prefix(tensors, f"{kind}."))
        for kind in ("covariances", "bases"):
            left, right = (with_prefix(tensors, f"{kind}.{side}.") for side in (0, 1))
            setattr(self, kind, {name: (left[name], right[name]) for name in left})

    def _clip_scale(self, parameters: Parameters) -> torch.Tensor | float:
        if self.clip_norm is None:
            return 1.0
        squares = sum(parameter.grad.square().sum() for parameter in parameters.values())
        return (self.clip_norm / (squares.sqrt() + 1e-6)).clamp(max=1.0)

    def _open(self, name: str, gradient: torch.Tensor) -> None:
        self.covariances[name] = (gradient @ gradient.t(), gradient.t() @ gradient)
        # eigh sorts eigenvalues in ascending order; the refresh sorts them in descending order. It runs on the CPU,
        # because CUDA's eigh does not always converge for a covariance of few gradients.
        self.bases[name] = tuple(
            torch.linalg.eigh(side.cpu()).eigenvectors.flip(1).contiguous().to(side.device)
            for side in self.covariances[name]
        )

    def _update(self, name: str, gradient: torch.Tensor) -> torch.Tensor:
        first = self.first.setdefault(name, torch.zeros_like(gradient))
        second = self.second.setdefault(name, torch.zeros_like(gradient))
        first.lerp_(gradient, 1 - self.beta_1)
        rotated = self._rotate(name, gradient)
        second.mul_(self.beta_2).addcmul_(rotated, rotated, value=1 - self.beta_2)
        # A matrix's first gradient only initialised its basis, so its moments have one step less.
        steps = self.step_count - (name in self.bases)
        step_size = self.learning_rate / (1 - self.beta_1**steps)
        spread = second.sqrt().div_(math.sqrt(1 - self.beta_2**steps)).add_(self.epsilon)
        update = self._rotate_back(name, step_size * self._rotate(name, first) / spread)
        if name in self.bases:
            self._observe(name, gradient)
        return update

    def _rotate(self, name: str, matrix: torch.Tensor) -> torch.Tensor:
        if name not in self.bases:
            return matrix
        left, right = self.bases[name]
        return left.t() @ matrix @ right

    def _rotate_back(self, name: str, matrix: torch.Tensor) -> torch.Tensor:
        if name not in self.bases:
            return matrix
        left, right = self.bases[name]
        return left @ matrix @ right.t()

    def _observe(self, name: str, gradient: torch.Tensor) -> None:
        left, right = self.covariances[name]
        left.lerp_(gradient @ gradient.t(), 1 - self.beta_2)
        right.lerp_(gradient.t() @ gradient, 1 - self.beta_2)
        if self.step_count % self.refresh_every == 0:
            self.bases[name] = tuple(self._refresh(name, side) for side in (0, 1))

    def _refresh(self, name: str, side: int) -> torch.Tensor:
        """One power iteration step and a QR decomposition; reorders the second moment like the basis."""
        covariance, basis = self.covariances[name][side], self.bases[name][side]
        estimates = (basis * (covariance @ basis)).sum(0)
        order = torch.argsort(estimates, descending=True, stable=True)
        self.second[name] = self.second[name].index_select(side, order)
        # Checkpoints store tensors row by row. With another memory layout, products would round differently after
        # resuming.
        return torch.linalg.qr(covariance @ basis[:, order]).Q.contiguous()


def _is_matrix(tensor: torch.Tensor) -> bool:
    return tensor.dim() == 2 and min(tensor.shape) > 1
