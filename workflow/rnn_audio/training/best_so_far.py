"""The best weights of a training by its validation loss, model by model."""

import math

import torch

from rnn_audio.networks.model import Parameters, with_prefix


class BestSoFar:
    """Keeps each model's weights from the epoch in which its validation loss was lowest.

    Attributes:
        history: one row a validation: the epoch (from 1), then each model's loss.
        parameters: the best weights, leading model axis; empty before the first validation.
    """

    def __init__(self) -> None:
        self.history: list[list[float]] = []
        self.parameters: Parameters = {}
        self._losses: list[float] = []

    @torch.no_grad()
    def offer(self, epoch: int, parameters: Parameters, losses: list[float]) -> None:
        """Take over the weights of the models whose loss is the lowest so far."""
        self.history.append([epoch, *losses])
        if not self.parameters:
            self.parameters = {name: tensor.detach().clone() for name, tensor in parameters.items()}
            self._losses = list(losses)
            return
        for model, loss in enumerate(losses):
            if loss < self._losses[model] or math.isnan(self._losses[model]):
                self._losses[model] = loss
                for name, tensor in parameters.items():
                    self.parameters[name][model] = tensor[model]

    def state_dict(self) -> dict[str, torch.Tensor]:
        """For a checkpoint; empty before the first validation."""
        if not self.parameters:
            return {}
        tensors = {f"best.parameters.{name}": tensor for name, tensor in self.parameters.items()}
        tensors["best.losses"] = torch.tensor(self._losses, dtype=torch.float64)
        tensors["best.history"] = torch.tensor(self.history, dtype=torch.float64)
        return tensors

    def load_state_dict(self, tensors: dict[str, torch.Tensor], device: torch.device) -> None:
        """Go on from what `state_dict` returned."""
        if "best.losses" not in tensors:
            return
        own = with_prefix(tensors, "best.parameters.")
        self.parameters = {name: tensor.to(device) for name, tensor in own.items()}
        self._losses = tensors["best.losses"].tolist()
        self.history = tensors["best.history"].tolist()
