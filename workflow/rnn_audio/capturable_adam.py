"""Adam whose steps a CUDA graph can repeat: the number of steps is a tensor beside the parameters.

A graph repeats kernels and no Python: a number in Python would stand still in it.
"""

from dataclasses import dataclass

import torch

from rnn_audio.models import Parameters
from rnn_audio.optimiser import Adam


@dataclass
class CapturableAdam(Adam):
    """The steps of `Adam`, for parameters of which each always has a gradient or never.

    Attributes:
        steps: steps made, a float64 on the parameters' device; None before the first.
    """

    steps: torch.Tensor | None = None

    @torch.no_grad()
    def step(self, parameters: Parameters) -> None:
        """Move the parameters along their gradients, and clear these.

        Raises:
            ValueError: a tensor has its first gradient later than others; its bias could not be corrected.
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
                raise ValueError(f"{name} has its first gradient behind the first step")
            first, second = self._moments(name, parameter)
            parameter.addcdiv_(first * -step_size, second.sqrt().div_(root_correction).add_(self.epsilon))
            parameter.grad = None

    def steps_made(self) -> int:
        """How many steps there were; on a GPU, this waits for it."""
        return 0 if self.steps is None else int(self.steps)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Moments and number of steps, as `Adam` writes them."""
        self.step_count = self.steps_made()
        return super().state_dict()

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `state_dict` returned."""
        super().load_state_dict(tensors)
        self.steps = tensors["step_count"].to(torch.float64)
