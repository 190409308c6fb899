"""Tensors at other addresses: what is computed must not depend on where in memory its numbers lie.

Fresh tensors begin at multiples of 64 bytes. A model's part of a pack and what is read from a file begin anywhere.
"""

from dataclasses import replace
from typing import TypeVar

import torch

from rnn_audio.training.trainer import Trainer

AnyTrainer = TypeVar("AnyTrainer", bound=Trainer)


def moved(tensor: torch.Tensor, elements: int) -> torch.Tensor:
    """A copy, row by row, that begins so many elements after a multiple of 64 bytes."""
    room = torch.empty(elements + tensor.numel(), dtype=tensor.dtype)
    return room[elements:].view(tensor.shape).copy_(tensor.detach())


def all_moved(tensors: dict[str, torch.Tensor], elements: int) -> dict[str, torch.Tensor]:
    """`moved`, of each."""
    return {name: moved(tensor, elements) for name, tensor in tensors.items()}


def at_other_addresses(trainer: AnyTrainer, elements: int) -> AnyTrainer:
    """The same training, of which the state and the data have been `moved`."""
    trainer.load_state_dict(all_moved(trainer.state_dict(), elements))
    data = {name: value for name, value in vars(trainer.data).items() if isinstance(value, torch.Tensor)}
    trainer.data = replace(trainer.data, **all_moved(data, elements))
    return trainer
