"""The interface of all trainers: train one epoch, and save and restore the state."""

from abc import ABC, abstractmethod

import torch

from rnn_audio.errors import InputError
from rnn_audio.networks.model import Parameters


class DivergenceError(InputError):
    """A training diverged; the message names the seed, the epoch and, for BPTT, the update.

    Attributes:
        model: the diverged model's index in the pack.
    """

    def __init__(self, message: str, model: int = 0) -> None:
        super().__init__(message)
        self.model = model


class Trainer(ABC):
    """Trains a pack of models, one for each seed, epoch by epoch.

    Attributes:
        history: the loss of each epoch and model, [epochs][models].
        parameters: the weights that training would return now, with a leading model axis.
    """

    history: list[list[float]]
    parameters: Parameters

    @property
    def epoch(self) -> int:
        """Number of epochs done."""
        return len(self.history)

    @abstractmethod
    def train_epoch(self) -> list[float]:
        """Train for one epoch.

        Returns:
            Each model's loss; also appended to `history`.

        Raises:
            DivergenceError: a loss is not finite. The epoch is then not part of the history.
        """

    def extra_columns(self, model: int) -> dict[str, list[float]]:
        """Further columns of one model's history, by name, one value per epoch."""
        return {}

    def report(self, model: int) -> dict[str, int]:
        """Further facts about one model's training, by name."""
        return {}

    @abstractmethod
    def state_dict(self) -> dict[str, torch.Tensor]:
        """Everything needed to resume training, in a layout that `jobs.packs.checkpoints.only` can split by model.

        The leading axis of a tensor is the model. A scalar is shared by all models. A tensor whose name begins with a
        model's index in the pack and a dot belongs to that model alone.
        """

    @abstractmethod
    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned; training then gives the same bytes as without the interruption."""


def by_model(history: list[list[float]], models: int) -> torch.Tensor:
    """Convert values [epochs][models] to a tensor for a checkpoint: [models, epochs], float64."""
    return torch.tensor(history, dtype=torch.float64).reshape(len(history), models).T


def by_epoch(tensor: torch.Tensor) -> list[list[float]]:
    """The inverse of `by_model`."""
    return tensor.T.tolist()
