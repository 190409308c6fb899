"""Checkpoints of packs, whole or split by model."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from rnn_audio.atomic import remove_leftovers
from rnn_audio.jobs.checkpoints import (
    UNREADABLE,
    read_checkpoint,
    read_header,
    set_aside,
    training_key,
    write_checkpoint,
)
from rnn_audio.jobs.packs.members import PackMember

logger = logging.getLogger(__name__)


def only(tensors: dict[str, torch.Tensor], models: Sequence[int]) -> dict[str, torch.Tensor]:
    """The state that a pack of only these models would have.

    Args:
        tensors: a trainer's state, in the layout of `Trainer.state_dict`.
        models: their indices in the pack, in their new order.
    """
    part: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        owner, _, own_name = name.partition(".")
        if not owner.isdigit():
            part[name] = tensor if tensor.dim() == 0 else tensor[list(models)]
        elif int(owner) in models:
            part[f"{models.index(int(owner))}.{own_name}"] = tensor
    return part


class PackStore:
    """The checkpoint of one pack.

    Args:
        folder: the folder of all checkpoints, outside the workflow's outputs.
        members: the models, in the order of the model axis.
    """

    def __init__(self, folder: Path, members: Sequence[PackMember]) -> None:
        self.members = list(members)
        self._folder = folder
        key = training_key(members=[(*member.place, member.key) for member in members])
        self.path = folder / f"pack.{key[:16]}.safetensors"

    def save(self, tensors: Mapping[str, torch.Tensor], progress: Mapping[str, Any]) -> None:
        """Replace the checkpoint, atomically."""
        header = {"members": [asdict(member) for member in self.members], "progress": dict(progress)}
        write_checkpoint(self.path, tensors, header | {"epoch": tensors["history"].shape[1]})

    def load(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """The last checkpoint's tensors and progress; None if there is no readable one."""
        try:
            header, tensors = read_checkpoint(self.path)
            return tensors, header["progress"]
        except FileNotFoundError:
            return None
        except UNREADABLE as error:
            return set_aside(self.path, f"cannot be read ({error})")

    def part(self, members: Sequence[PackMember]) -> "PackStore":
        """Store of a pack of some of the members, with their part of this checkpoint."""
        smaller = PackStore(self._folder, members)
        checkpoint = self.load()
        if checkpoint is not None:
            tensors, progress = checkpoint
            smaller.save(only(tensors, [self.members.index(member) for member in members]), progress)
        return smaller

    def hand_over(self, member: PackMember) -> None:
        """Write one member's part of this checkpoint as its own, for its own job to resume from."""
        checkpoint = self.load()
        if checkpoint is not None:
            tensors, progress = checkpoint
            member.store().save(only(tensors, [self.members.index(member)]), progress)

    def remove(self) -> None:
        """Remove the checkpoint."""
        self.path.unlink(missing_ok=True)
        remove_leftovers(self._folder, self.path.name)


def find_packs(folder: Path) -> Iterator[tuple[PackStore, int]]:
    """All checkpoints of packs in a folder, and the number of finished epochs of each.

    A file that cannot be read is renamed, and a warning is logged.
    """
    for path in sorted(folder.glob("pack.*.safetensors")):
        try:
            header = read_header(path)
            members = [PackMember(**member) for member in header["members"]]
            epoch = header["epoch"]
        except FileNotFoundError:
            continue
        except UNREADABLE as error:
            set_aside(path, f"cannot be read ({error})")
            continue
        yield PackStore(folder, members), epoch


def furthest_pack(folder: Path, member: PackMember) -> PackStore | None:
    """The pack with the most finished epochs among those that contain a model; None without any."""
    epochs = [(epoch, pack) for pack, epoch in find_packs(folder) if member in pack.members]
    return max(epochs, key=lambda each: each[0])[1] if epochs else None


def remove_rejected(folder: Path) -> None:
    """Remove the checkpoints of packs that could not be read."""
    for path in folder.glob("pack.*.rejected"):
        path.unlink(missing_ok=True)
