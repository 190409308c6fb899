"""What a trainer of any method offers: one epoch after the other, and a state from which it goes on."""

from abc import ABC, abstractmethod

import torch

from rnn_audio.errors import InputError
from rnn_audio.networks.model import Parameters


class DivergenceError(InputError):
    """A loss that is no longer finite; the message names the seed, the epoch and the update.

    Attributes:
        model: the place in its pack of the model that it happened to.
    """

    def __init__(self, message: str, model: int = 0) -> None:
        super().__init__(message)
        self.model = model


class Trainer(ABC):
    """Trains a pack of models, one for each seed, epoch by epoch.

    Attributes:
        history: each epoch's loss of each model, [epochs][models].
        parameters: the weights that the training would end with now, leading model axis.
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
        """What one model's history holds alongside the training loss, by name, one value an epoch."""
        return {}

    def report(self, model: int) -> dict[str, int]:
        """What else there is to say of one model's training, by name."""
        return {}

    @abstractmethod
    def state_dict(self) -> dict[str, torch.Tensor]:
        """All that training goes on from, as `only` of `jobs.packs.checkpoints` can take it apart by model.

        The leading axis of a tensor is the model. A tensor without an axis is the same for all models, and one whose
        name begins with a model's place in the pack and a dot is of that model alone.
        """

    @abstractmethod
    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `state_dict` returned, to the same bytes as without the break."""


def by_model(history: list[list[float]], models: int) -> torch.Tensor:
    """Values of each epoch and model, [epochs][models], as a tensor of a state: [models, epochs], float64."""
    return torch.tensor(history, dtype=torch.float64).reshape(len(history), models).T


def by_epoch(tensor: torch.Tensor) -> list[list[float]]:
    """What `by_model` was given."""
    return tensor.T.tolist()
