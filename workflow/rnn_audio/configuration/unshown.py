"""Figures of configurations that nothing else shows, so that `all` makes what they are for."""

from collections.abc import Mapping
from typing import Any

from rnn_audio.configuration.grids import LONGEST_NAME
from rnn_audio.configuration.listening import compared_models
from rnn_audio.types import Settings


def unshown(config: Mapping[str, Any]) -> list[str]:
    """The configurations that nothing shows.

    Args:
        config: the whole configuration, with its grids expanded and its rows and panels written out.
    """
    shown = {name for each in config.get("convolutions", {}).values() for name in each["configurations"]}
    shown |= {name for test in config.get("listening", {}).values() for name in compared_models(test)}
    for section, entries in (("tables", "rows"), ("figures", "panels")):
        shown |= {entry["configuration"] for each in config[section].values() for entry in each.get(entries, [])}
    return [name for name in config["configurations"] if name not in shown]


def with_own_figures(config: Mapping[str, Any], merged: Mapping[str, Settings]) -> Settings:
    """The configuration with one more figure for each configuration that nothing shows, named as the configuration is.

    Args:
        config: as for `unshown`.
        merged: its configurations, each merged with its preset.
    """
    figures = dict(config["figures"])
    taken = {*figures, *config.get("sweeps", {})}
    for name in unshown(config):
        figure = name if name not in taken else f"own_{name}"[:LONGEST_NAME]
        if figure not in taken:
            taken.add(figure)
            figures[figure] = _figure(name, merged[name]) | {"paper": _paper(config, name)}
    return {**config, "figures": figures}


def _figure(name: str, settings: Settings) -> Settings:
    if "device" in settings:
        panels = [{"configuration": name}]
        return {"kind": "error_spectra", "caption": f"Test error of {_words(name)} over frequency", "panels": panels}
    sounds = ["prediction", "generation", *(["reconstruction"] if "auxiliary" in settings else [])]
    panels = [{"configuration": name, "shows": sound, "title": sound.capitalize()} for sound in sounds]
    return {"kind": "waveforms", "caption": f"Sounds of {_words(name)}", "panels": panels}


def _paper(config: Mapping[str, Any], name: str) -> str:
    preset = config["configurations"][name].get("preset")
    owners = [paper for paper, own in config["papers"].items() if preset in own.get("presets", [])]
    return next(iter([*owners, *config["papers"]]))


def _words(name: str) -> str:
    return name.replace("_", " ")
