"""Adam for a pack. It works element by element: minimising the sum of the losses trains each model as if alone."""

import math
from dataclasses import dataclass, field

import torch

from rnn_audio.losses.formulas import model_by_model
from rnn_audio.networks.model import Parameters, with_prefix


@dataclass
class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1) over tensors with a leading model axis.

    Attributes:
        learning_rate: step size alpha.
        clip_norm: largest gradient norm of one model, over all its tensors; None disables clipping.
        step_count: steps made.
        skipped: for each tensor, in how many of these steps it had no gradient.

    A step leaves a tensor without a gradient and its moments unchanged, and does not count for that tensor. As in
    PyTorch's Adam, its training begins with its first gradient. A gradient of zero would count as a step, and the bias
    correction of its later moments would be too small.
    """

    learning_rate: float
    clip_norm: float | None = None
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    step_count: int = 0
    first: Parameters = field(default_factory=dict)
    second: Parameters = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)

    @torch.no_grad()
    def step(self, parameters: Parameters) -> None:
        """Update the parameters by their gradients, and clear the gradients."""
        if self.clip_norm is not None:
            self._clip(parameters)
        self.step_count += 1
        for name, parameter in parameters.items():
            if parameter.grad is None:
                self.skipped[name] = self.skipped.get(name, 0) + 1
                continue
            steps = self.step_count - self.skipped.get(name, 0)
            step_size = self.learning_rate / (1 - self.beta_1**steps)
            root_correction = math.sqrt(1 - self.beta_2**steps)
            first, second = self._moments(name, parameter)
            parameter.addcdiv_(first, second.sqrt().div_(root_correction).add_(self.epsilon), value=-step_size)
            parameter.grad = None

    def steps_made(self) -> int:
        """Number of steps made."""
        return self.step_count

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Moments and counts of steps, for a checkpoint."""
        tensors = {"step_count": torch.tensor(self.step_count)}
        tensors |= {f"first.{name}": tensor for name, tensor in self.first.items()}
        tensors |= {f"second.{name}": tensor for name, tensor in self.second.items()}
        return tensors | {f"skipped.{name}": torch.tensor(count) for name, count in self.skipped.items()}

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned."""
        self.step_count = int(tensors["step_count"])
        self.first, self.second, skipped = (with_prefix(tensors, kind) for kind in ("first.", "second.", "skipped."))
        self.skipped = {name: int(count) for name, count in skipped.items()}

    def _moments(self, name: str, parameter: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both moments of a tensor's gradients, updated with its current gradient."""
        if name not in self.first:
            self.first[name], self.second[name] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        first, second = self.first[name], self.second[name]
        first.lerp_(parameter.grad, 1 - self.beta_1)
        second.mul_(self.beta_2).addcmul_(parameter.grad, parameter.grad, value=1 - self.beta_2)
        return first, second

    def _clip(self, parameters: Parameters) -> None:
        gradients = [parameter.grad for parameter in parameters.values() if parameter.grad is not None]
        squares = sum(model_by_model(lambda own: own.square().flatten(1).sum(1), gradient) for gradient in gradients)
        scale = (self.clip_norm / (squares.sqrt() + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))


@dataclass
class CapturableAdam(Adam):
    """`Adam` that a CUDA graph can capture: each tensor must have a gradient either in every step or in none.

    Attributes:
        steps: number of steps made, a float64 scalar on the parameters' device; None before the first.
    """

    steps: torch.Tensor | None = None

    @torch.no_grad()
    def step(self, parameters: Parameters) -> None:
        """Update the parameters by their gradients, and clear the gradients.

        Raises:
            ValueError: a tensor gets its first gradient after the first step; its bias could not be corrected.
        """
        if self.clip_norm is not None:
            self._clip(parameters)
        if self.steps is None:
            self.steps = torch.zeros((), dtype=torch.float64, device=next(iter(parameters.values())).device)
        is_first = not self.first
        self.steps += 1
        step_size = self.learning_rate / (1 - self.beta_1**self.steps)
        root_correction = (1 - self.beta_2**self.steps).sqrt()
        for name, parameter in parameters.items():
            if parameter.grad is None:
                continue
            if not is_first and name not in self.first:
                raise ValueError(f"{name} has its first gradient after the first step")
            first, second = self._moments(name, parameter)
            parameter.addcdiv_(first * -step_size, second.sqrt().div_(root_correction).add_(self.epsilon))
            parameter.grad = None

    def steps_made(self) -> int:
        """Number of steps made; on a GPU, this call synchronises."""
        return 0 if self.steps is None else int(self.steps)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Moments and number of steps, as `Adam` writes them."""
        self.step_count = self.steps_made()
        return super().state_dict()

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned."""
        super().load_state_dict(tensors)
        self.steps = tensors["step_count"].to(torch.float64)
