"""Convolutions of the configuration: a dry sound in the rooms that some configurations learned.

Loading the configuration adds a table for each convolution, under the convolution's name. The rules make the sounds and
their metrics. The dry sound is an ordinary signal: it may be synthesised, read or downloaded, and is resampled once for
each rate.
"""

from collections.abc import Mapping
from typing import Any

from rnn_audio.configuration.checks import require_known
from rnn_audio.errors import InputError
from rnn_audio.types import Settings


def check_convolutions(config: Mapping[str, Any], merged: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that what convolutions refer to exists, their names are free, and their configurations learn rooms.

    Args:
        config: the whole configuration with the tables of its sweeps, which has passed `check_schema`.
        merged: its configurations, including those of sweeps, each merged with its preset.

    Raises:
        InputError: naming the key and what exists.
    """
    for name, convolution in config.get("convolutions", {}).items():
        place = f"convolutions.{name}"
        require_known(f"{place}.paper", convolution["paper"], config["papers"])
        require_known(f"{place}.dry", convolution["dry"], config["signals"])
        if name in config["tables"]:
            raise InputError(f"{place}: a table, or a sweep, has this name already; rename one of them")
        for index, configuration in enumerate(convolution["configurations"]):
            where = f"{place}.configurations[{index}]"
            require_known(where, configuration, merged)
            _require_room(where, configuration, merged[configuration], config["signals"])


def expand_convolutions(config: Mapping[str, Any]) -> Settings:
    """The configuration, which has passed `check_convolutions`, with one more table for each convolution."""
    convolutions = config.get("convolutions", {})
    tables = {name: _table(convolution) for name, convolution in convolutions.items()}
    return {**config, "convolutions": convolutions, "tables": {**config["tables"], **tables}}


def _require_room(where: str, name: str, settings: Mapping[str, Any], signals: Mapping[str, Any]) -> None:
    if "device" in settings:
        raise InputError(f"{where}: '{name}' models a device; only responses of rooms can be convolved with")
    signal = settings["signal"]
    kind = signals[signal]["kind"]
    if kind != "room":
        raise InputError(
            f"{where}: '{name}' learns '{signal}', whose kind is {kind}; only responses of rooms (kind: room) can be "
            "convolved with"
        )


def _table(convolution: Settings) -> Settings:
    return {
        "paper": convolution["paper"],
        "kind": "convolutions",
        "caption": convolution["caption"],
        "dry": convolution["dry"],
        "labels": {"configuration": "Configuration"},
        "notes": convolution.get("notes", []),
        "rows": [{"configuration": name, "labels": {"configuration": name}} for name in convolution["configurations"]],
    }
