"""Grids: one declaration for every combination of some settings.

A configuration with `grid: {hidden_size: [32, 64], pre_emphasis: [none, highpass]}` declares four, each named after
the grid and its values: `amplifier_32_none`, `amplifier_32_highpass`, ... The rest of the library treats them like
configurations that were declared one by one.
"""

import itertools
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rnn_audio.errors import InputError
from rnn_audio.types import Settings

LONGEST_NAME = 63
"""Most characters in a configuration's name, which becomes part of file names."""


def expand_grids(config: Mapping[str, Any]) -> tuple[Settings, dict[str, list[str]]]:
    """Replace each grid of a configuration by its members.

    Args:
        config: the whole configuration, which has passed `check_schema`.

    Returns:
        The configuration with the members of each grid in the grid's place, and the names of the members by grid.

    Raises:
        InputError: a member's name is too long or already taken by another configuration.
    """
    written: dict[str, Settings] = {}
    members: dict[str, list[str]] = {}
    for name, own in config["configurations"].items():
        if "grid" not in own:
            _add(written, name, own, f"configurations.{name}")
            continue
        members[name] = []
        rest = {key: value for key, value in own.items() if key != "grid"}
        for values in itertools.product(*own["grid"].values()):
            member = "_".join([name, *(name_part(value) for value in values)])
            _add(written, member, rest | dict(zip(own["grid"], values, strict=True)), f"configurations.{name}.grid")
            members[name].append(member)
    return {**config, "configurations": written}, members


def name_part(value: str | int | float) -> str:
    """What a value contributes to a file name: lower-case letters, digits and underscores.

    >>> name_part(0.95), name_part(1e-3), name_part(-40), name_part("Inverse sigmoid")
    ('0_95', '0_001', 'minus_40', 'inverse_sigmoid')
    """
    text = value if isinstance(value, str) else f"{Decimal(str(value)):f}".replace("-", "minus_")
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _add(written: dict[str, Settings], name: str, settings: Settings, place: str) -> None:
    if len(name) > LONGEST_NAME:
        raise InputError(f"{place}: the name {name} has more than {LONGEST_NAME} characters; shorten the grid's name")
    if name in written:
        raise InputError(f"{place}: there are two configurations named '{name}'; rename one of them")
    written[name] = settings
