"""Adam for a pack: element-wise, so that the sum of all models' losses moves each model as if it trained alone."""

import math
from dataclasses import dataclass, field

import torch

from rnn_audio.models import Parameters


@dataclass
class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1) over tensors with a leading model axis.

    Attributes:
        learning_rate: step size alpha.
        clip_norm: largest gradient norm, each model's own over all its tensors; None leaves gradients alone.
    """

    learning_rate: float
    clip_norm: float | None = None
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    step_count: int = 0
    first: Parameters = field(default_factory=dict)
    second: Parameters = field(default_factory=dict)

    @torch.no_grad()
    def step(self, parameters: Parameters) -> None:
        """Move the parameters along their gradients, and clear these."""
        if self.clip_norm is not None:
            self._clip(parameters)
        self.step_count += 1
        step_size = self.learning_rate / (1 - self.beta_1**self.step_count)
        root_correction = math.sqrt(1 - self.beta_2**self.step_count)
        for name, parameter in parameters.items():
            gradient = parameter.grad
            first = self.first.setdefault(name, torch.zeros_like(parameter))
            second = self.second.setdefault(name, torch.zeros_like(parameter))
            first.lerp_(gradient, 1 - self.beta_1)
            second.mul_(self.beta_2).addcmul_(gradient, gradient, value=1 - self.beta_2)
            parameter.addcdiv_(first, second.sqrt().div_(root_correction).add_(self.epsilon), value=-step_size)
            parameter.grad = None

    def _clip(self, parameters: Parameters) -> None:
        squares = sum(parameter.grad.square().flatten(1).sum(1) for parameter in parameters.values())
        scale = (self.clip_norm / (squares.sqrt() + 1e-6)).clamp(max=1.0)
        for parameter in parameters.values():
            parameter.grad.mul_(scale.view(-1, *[1] * (parameter.dim() - 1)))
