"""The weights with the lowest validation loss in a training, for each model."""

import math

import torch

from rnn_audio.networks.model import Parameters, with_prefix
from rnn_audio.training.trainer import by_epoch, by_model


class BestSoFar:
    """Keeps each model's weights from the epoch in which its validation loss was lowest.

    Attributes:
        history: the epoch (from 1) of each validation, and the loss of each model in it.
        parameters: the best weights, leading model axis; empty before the first validation.
    """

    def __init__(self) -> None:
        self.history: list[tuple[int, list[float]]] = []
        self.parameters: Parameters = {}
        self._losses: list[float] = []

    @torch.no_grad()
    def offer(self, epoch: int, parameters: Parameters, losses: list[float]) -> None:
        """Copy the weights of each model whose loss is its lowest so far."""
        self.history.append((epoch, losses))
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
        """Tensors for a checkpoint, each with a leading model axis; empty before the first validation."""
        if not self.parameters:
            return {}
        tensors = {f"best.parameters.{name}": tensor for name, tensor in self.parameters.items()}
        tensors["best.losses"] = torch.tensor(self._losses, dtype=torch.float64)
        epochs = [[epoch] * len(losses) for epoch, losses in self.history]
        tensors["best.epochs"] = by_model(epochs, len(self._losses))
        tensors["best.history"] = by_model([losses for _, losses in self.history], len(self._losses))
        return tensors

    def load_state_dict(self, tensors: dict[str, torch.Tensor], device: torch.device) -> None:
        """Restore what `state_dict` returned."""
        if "best.losses" not in tensors:
            return
        own = with_prefix(tensors, "best.parameters.")
        self.parameters = {name: tensor.to(device) for name, tensor in own.items()}
        self._losses = tensors["best.losses"].tolist()
        epochs = tensors["best.epochs"][0].int().tolist()
        self.history = list(zip(epochs, by_epoch(tensors["best.history"]), strict=True))
