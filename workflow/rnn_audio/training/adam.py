"""Adam for a pack: element-wise, so that the sum of all models' losses moves each model as if it trained alone."""

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
        clip_norm: largest gradient norm, each model's own over all its tensors; None leaves gradients alone.
        step_count: steps made.
        skipped: for each tensor, how many of them found it without a gradient.

    A tensor without a gradient stays where it is, moments and all, and the step does not count for it: once it gets
    gradients, it moves as if its training began then (so does PyTorch's Adam). A gradient of zero would count, and
    the bias of its young moments would no longer be corrected.
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
        """Move the parameters along their gradients, and clear these."""
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
        """How many steps there were."""
        return self.step_count

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Moments and counts of steps, for a checkpoint."""
        tensors = {"step_count": torch.tensor(self.step_count)}
        tensors |= {f"first.{name}": tensor for name, tensor in self.first.items()}
        tensors |= {f"second.{name}": tensor for name, tensor in self.second.items()}
        return tensors | {f"skipped.{name}": torch.tensor(count) for name, count in self.skipped.items()}

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `state_dict` returned."""
        self.step_count = int(tensors["step_count"])
        self.first, self.second, skipped = (with_prefix(tensors, kind) for kind in ("first.", "second.", "skipped."))
        self.skipped = {name: int(count) for name, count in skipped.items()}

    def _moments(self, name: str, parameter: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both moments of a tensor's gradients, its present one included."""
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
