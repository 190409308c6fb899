"""Fill in what tables, figures, sweeps, ... may leave out: papers, rows, panels, labels and titles.

A row or a panel may be just a configuration's name. If it names a grid, it becomes one row or panel per member. A
table's `quantity` and a figure's `shows` are the defaults of its rows or panels.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rnn_audio.configuration.kinds import FIGURES
from rnn_audio.configuration.listening import compared_models
from rnn_audio.configuration.settings import signal_samples
from rnn_audio.errors import InputError
from rnn_audio.losses.preemphasis import FILTERS
from rnn_audio.types import Settings

MOST_PANELS = 26
"""Most panels in a figure: each has a letter."""

_ENTRIES = {"tables": ("rows", "quantity"), "figures": ("panels", "shows")}


def write_out_entries(config: Mapping[str, Any], grids: Mapping[str, list[str]]) -> Settings:
    """Fill in the rows of tables, the panels of figures, and the paper of every artefact.

    Args:
        config: the whole configuration, with its grids expanded.
        grids: the members of each grid.

    Raises:
        InputError: a figure has too many panels, a published value names no member, or a paper cannot be inferred.
    """
    written = dict(config)
    for section, (entries, default) in _ENTRIES.items():
        artefacts = {}
        for name, artefact in config[section].items():
            own = {key: value for key, value in artefact.items() if key != default}
            if entries in artefact:
                given = {default: artefact[default]} if default in artefact else {}
                own[entries] = [
                    given | entry
                    for index, short in enumerate(artefact[entries])
                    for entry in _entries(f"{section}.{name}.{entries}[{index}]", short, grids)
                ]
                if section == "figures" and len(own[entries]) > MOST_PANELS:
                    raise InputError(f"{section}.{name}.panels: has {len(own[entries])}, at most {MOST_PANELS} fit")
            first = own.get(entries, [{}])[0].get("configuration")
            artefacts[name] = own | {"paper": _paper(f"{section}.{name}", artefact, first, config)}
        written[section] = artefacts
    written["sweeps"] = {
        name: sweep | {"paper": _paper(f"sweeps.{name}", sweep, sweep["configuration"], config)}
        for name, sweep in config.get("sweeps", {}).items()
    }
    written["convolutions"] = {
        name: convolution
        | {"paper": _paper(f"convolutions.{name}", convolution, convolution["configurations"][0], config)}
        for name, convolution in config.get("convolutions", {}).items()
    }
    written["listening"] = {
        name: test | {"paper": _paper(f"listening.{name}", test, compared_models(test)[0], config)}
        for name, test in config.get("listening", {}).items()
    }
    return written


def write_out_labels(config: Mapping[str, Any], resolved: Mapping[str, Settings]) -> Settings:
    """Fill in missing labels of rows and titles of panels from the settings of their configurations.

    Args:
        config: the whole configuration, with its sweeps and convolutions expanded.
        resolved: its configurations, merged with their presets, with scaled epochs.
    """
    describer = _Describer(config, resolved)
    tables = {
        name: table | {"rows": [describer.row(row, table["labels"]) for row in table["rows"]]}
        for name, table in config["tables"].items()
    }
    figures = {
        name: figure
        | {"panels": [describer.panel(panel, FIGURES[figure["kind"]].most_curves) for panel in figure["panels"]]}
        if "panels" in figure
        else figure
        for name, figure in config["figures"].items()
    }
    return {**config, "tables": tables, "figures": figures}


def describe(config: Mapping[str, Any], resolved: Mapping[str, Settings]) -> dict[str, tuple[str, str]]:
    """What each configuration learns and how, in words: `("room 1024 Hz", "full BPTT")`; arguments as above."""
    describer = _Describer(config, resolved)
    return {name: (describer.subject(settings), describer.manner(name)) for name, settings in resolved.items()}


def _entries(where: str, short: Any, grids: Mapping[str, list[str]]) -> Iterator[Settings]:  # noqa: ANN401 (a name, or a mapping)
    """The rows or panels that one entry declares."""
    entry = {"configuration": short} if isinstance(short, str) else short
    members = grids.get(entry["configuration"])
    published = entry.get("published", {})
    by_member = bool(published) and all(isinstance(value, Mapping) for value in published.values())
    if members is None:
        if by_member:
            raise InputError(f"{where}.published: '{entry['configuration']}' is not a grid, so it has no members")
        yield entry
        return
    if published and not by_member:
        raise InputError(f"{where}.published: '{entry['configuration']}' is a grid; name the member of each value")
    for unknown in (name for name in published if name not in members):
        raise InputError(f"{where}.published: '{unknown}' is not one of {', '.join(members)}")
    for member in members:
        own = {"published": published[member]} if member in published else {}
        yield {key: value for key, value in entry.items() if key != "published"} | {"configuration": member} | own


def _paper(where: str, artefact: Settings, configuration: str | Settings | None, config: Mapping[str, Any]) -> str:
    """The paper that an artefact names; if it names none, the paper of its first configuration's preset."""
    if "paper" in artefact:
        return artefact["paper"]
    if isinstance(configuration, str) and configuration not in config["configurations"]:
        return next(iter(config["papers"]))  # a later check reports the unknown configuration, with a hint
    own = config["configurations"][configuration] if isinstance(configuration, str) else configuration or {}
    for name, paper in config["papers"].items():
        if own.get("preset") in paper.get("presets", []):
            return name
    raise InputError(f"{where}: belongs to no paper; name one of {', '.join(config['papers'])} with 'paper: ...'")


class _Describer:
    """Puts the settings of configurations into words."""

    def __init__(self, config: Mapping[str, Any], resolved: Mapping[str, Settings]) -> None:
        self._config = config
        self._resolved = resolved

    def row(self, row: Settings, headers: Mapping[str, str]) -> Settings:
        """The row with its missing labels, if they are settings."""
        settings = self._resolved.get(row["configuration"])
        own = row.get("labels", {})
        if settings is None:
            return row | {"labels": own}
        missing = {key: self._label(row["configuration"], settings, key) for key in headers if key not in own}
        return row | {"labels": own | {key: label for key, label in missing.items() if label is not None}}

    def panel(self, panel: Settings, most_curves: int | None) -> Settings:
        """The panel with its title; if several curves share a panel, also with the title of the shared panel."""
        name = panel["configuration"]
        if name not in self._resolved:
            return panel
        subject, manner = self.subject(self._resolved[name]), self.manner(name)
        subject = subject[0].upper() + subject[1:]
        own = {"group": subject, "title": manner} if most_curves is not None else {"title": f"{subject}, {manner}"}
        return own | panel

    def _label(self, name: str, settings: Settings, key: str) -> str | int | float | None:
        if key == "method":
            return self.manner(name)
        if key == "signal" and "signal" in settings:
            return self.subject(settings)
        if key == "update_length_samples" and key in settings and settings[key] is None:
            return signal_samples(self._config["signals"][settings["signal"]], settings["rate_hz"])
        value = settings.get(key)
        if isinstance(value, str):
            return FILTERS[value].words if key == "pre_emphasis" else _words(value)
        return value if isinstance(value, int | float) else None

    def subject(self, settings: Settings) -> str:
        """What is learned: a signal, with its rate if it is learned at several; for a device, the size of its model."""
        if "device" in settings:
            devices = {each["device"] for each in self._resolved.values() if "device" in each}
            return (f"{_words(settings['device'])}, " if len(devices) > 1 else "") + f"LSTM {settings['hidden_size']}"
        name, rate_hz = settings["signal"], settings["rate_hz"]
        label = self._config["signals"][name].get("label", _words(name))
        if len({each["rate_hz"] for each in self._resolved.values() if each.get("signal") == name}) == 1:
            return label
        return f"{label} {rate_hz} Hz" if rate_hz < 10_000 else f"{label} {rate_hz / 1000:g} kHz"

    def manner(self, name: str) -> str:
        """How it is learned."""
        settings = self._resolved[name]
        if "device" in settings:
            return FILTERS[settings["pre_emphasis"]].words
        return ", ".join([*_method(settings), *self._changes(name)])

    def _changes(self, name: str) -> list[str]:
        """Epochs and hidden size where a configuration changes those of its preset."""
        own = self._config["configurations"].get(name, {})
        settings = self._resolved[name]
        preset = self._config["presets"].get(own.get("preset"), {})
        changes = []
        if "epochs" in own and own["epochs"] != preset.get("epochs") and "free_running" not in settings:
            changes.append(f"{settings['epochs']} epochs")
        if own.get("hidden_size", preset.get("hidden_size")) != preset.get("hidden_size"):
            changes.append(f"hidden size {settings['hidden_size']}")
        return changes


def _method(settings: Settings) -> list[str]:
    if "free_running" in settings:
        return ["free running"]
    if "auxiliary" in settings:
        return ["auxiliary loss"]
    length, forcing = settings["update_length_samples"], settings["teacher_forcing"]
    parts = [] if length is None else [f"sub-sequence {length}"]
    if not settings["carry_state"]:
        parts.append("state reset")
    if forcing == "never":
        parts.append("no teacher forcing")
    if isinstance(forcing, Mapping):
        parts.append(f"{_words(forcing['schedule'])} annealing")
    return parts or ["full BPTT"]


def _words(name: str) -> str:
    return name.replace("_", " ")
