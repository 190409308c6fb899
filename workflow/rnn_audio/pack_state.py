"""The state of a pack, taken apart by model: what a trainer's `state_dict` holds, for some of its models only."""

from collections.abc import Sequence

import torch

_MODELS_IN_COLUMNS = ("history", "auxiliary.history", "rates", "lengths")
_BEHIND_THE_EPOCH = "best.history"


def only(tensors: dict[str, torch.Tensor], models: Sequence[int]) -> dict[str, torch.Tensor]:
    """The state that a pack of these models alone would have.

    Args:
        tensors: a trainer's state. The leading axis of a tensor is the model, with three exceptions: histories are
            [epochs, models], that of the validations with a first column for the epoch; numbers without an axis, such
            as counts of steps, are the same for all; and what begins with a model's index is that model's alone.
        models: their indices, in the order that they will have.
    """
    sliced: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        owner, _, own_name = name.partition(".")
        if not owner.isdigit():
            sliced[name] = _only(name, tensor, models)
        elif int(owner) in models:
            sliced[f"{models.index(int(owner))}.{own_name}"] = tensor
    return sliced


def _only(name: str, tensor: torch.Tensor, models: Sequence[int]) -> torch.Tensor:
    if tensor.dim() == 0:
        return tensor
    if name == _BEHIND_THE_EPOCH:
        return tensor[:, [0, *(model + 1 for model in models)]]
    if name in _MODELS_IN_COLUMNS:
        return tensor[:, list(models)]
    return tensor[list(models)]
