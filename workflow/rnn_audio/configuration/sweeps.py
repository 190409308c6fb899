"""Sweeps: one setting of a configuration, varied.

Loading the configuration expands each sweep: every value becomes an ordinary configuration, and all of them share one
table and one figure. The rest of the library treats them like configurations that were declared one by one. A value
whose settings equal those of an existing configuration reuses it, and nothing is trained for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rnn_audio.configuration.checks import (
    check_configuration,
    check_quantity,
    configuration_keys,
    losses_of,
    require_known,
)
from rnn_audio.configuration.grids import LONGEST_NAME, name_part
from rnn_audio.configuration.method_checks import require_auxiliary
from rnn_audio.configuration.words import capitalised, setting_words
from rnn_audio.errors import InputError
from rnn_audio.losses.preemphasis import FILTERS
from rnn_audio.types import Settings

Label = str | int | float


@dataclass(frozen=True)
class Point:
    """One value of a sweep.

    Attributes:
        place: its place in the configuration: `sweeps.anchors.values[0]`.
        label: its label in tables and figures: the given one, or else the signal's or the value itself.
        settings: the resulting configuration, merged with its preset.
    """

    place: str
    label: Label
    settings: Settings


def check_sweeps(config: Mapping[str, Any]) -> None:
    """Check that what sweeps refer to exists, and that their names are free.

    Args:
        config: the whole configuration, which has passed `check_schema`.

    Raises:
        InputError: naming the key and what exists.
    """
    for name, sweep in config.get("sweeps", {}).items():
        require_known(f"sweeps.{name}.paper", sweep["paper"], config["papers"])
        if "preset" in sweep["configuration"]:
            require_known(f"sweeps.{name}.configuration.preset", sweep["configuration"]["preset"], config["presets"])
        keys = [key for key in configuration_keys() if key not in ("preset", "grid")]
        require_known(f"sweeps.{name}.vary", sweep["vary"], keys)
        for section in ("tables", "figures"):
            if name in config[section]:
                raise InputError(
                    f"sweeps.{name}: its {section[:-1]} would have the same name as {section}.{name}; rename one"
                )


def expand_sweeps(
    config: Mapping[str, Any], merged: Mapping[str, Settings], bases: Mapping[str, Settings]
) -> tuple[Settings, dict[str, Settings]]:
    """Add the configurations, tables and figures of the sweeps.

    Args:
        config: the whole configuration, which has passed `check_sweeps`.
        merged: its configurations, each merged with its preset.
        bases: the configuration of each sweep, by the sweep's name, merged with its preset.

    Raises:
        InputError: the schema refuses a value, two values are the same, or two configurations would have the same
            name; the message gives the place of the value.

    Returns:
        The configuration with one more table and figure for each sweep, with the configurations that they show, and
        with the names of these under `points` of the sweep;
        and all configurations, merged.
    """
    known = dict(merged)
    places = {name: f"configurations.{name}" for name in merged}
    tables, figures, sweeps = {}, {}, {}
    for name, sweep in config.get("sweeps", {}).items():
        points: dict[str, Point] = {}
        for point in _points(name, sweep, bases[name], config["signals"]):
            _check_point(point, sweep, config)
            configuration = _twin(point, known) or _new_name(point, name, places)
            if configuration in points:
                raise InputError(f"{point.place}: the same settings as {points[configuration].place}; leave one out")
            points[configuration] = point
            known[configuration] = point.settings
            places.setdefault(configuration, point.place)
        sweeps[name] = sweep | {"points": list(points)}
        if len(points) > 1:  # one value is no comparison
            tables[name] = figures[name] = _declaration(sweep, points)
    added = {name: settings for name, settings in known.items() if name not in merged}
    sections = {"configurations": added, "tables": tables, "figures": figures, "sweeps": sweeps}
    return {**config, **{section: {**config.get(section, {}), **more} for section, more in sections.items()}}, known


def _points(name: str, sweep: Settings, base: Settings, signals: Mapping[str, Settings]) -> Iterator[Point]:
    values = sweep["values"]
    if isinstance(values, dict):
        labelled = [(f".{label}", label, value) for label, value in values.items()]
    else:
        labelled = [(f"[{index}]", _label(sweep["vary"], value, signals), value) for index, value in enumerate(values)]
    for suffix, label, value in labelled:
        place = f"sweeps.{name}.values{suffix}"
        yield Point(place, label, _varied(place, base, sweep["vary"], value))


def _label(vary: str, value: Label | bool | None, signals: Mapping[str, Settings]) -> Label:
    """A signal's label, a filter's name in words, or else the value as YAML writes it."""
    if vary == "signal" and value in signals:
        return signals[value].get("label", value.replace("_", " "))
    if vary == "pre_emphasis" and value in FILTERS:
        return FILTERS[value].words
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return value


def _varied(place: str, base: Settings, key: str, value: Any) -> Settings:  # noqa: ANN401 (any YAML value)
    """The base with one value set; a dotted key sets it in a nested mapping."""
    outer, _, inner = key.partition(".")
    if not inner:
        return base | {outer: value}
    mapping = base.get(outer)
    if not isinstance(mapping, dict):
        stands = f"is {mapping!r}" if outer in base else "is missing"
        raise InputError(f"{place}: '{outer}' {stands} in the sweep's configuration; give it a mapping with its keys")
    return base | {outer: _varied(place, mapping, inner, value)}


def _check_point(point: Point, sweep: Settings, config: Mapping[str, Any]) -> None:
    check_configuration(point.place, point.settings, config)
    if "model" in point.settings:
        raise InputError(f"{point.place}: a published model has no settings that could be varied; remove 'model'")
    for index, quantity in enumerate(sweep["quantities"]):
        place = f"{point.place.partition('.values')[0]}.quantities[{index}]"
        require_auxiliary(place, {"configuration": point.place, "quantity": quantity}, point.settings)
        check_quantity(place, quantity, losses_of(point.settings))


def _twin(point: Point, known: Mapping[str, Settings]) -> str | None:
    """The configuration that has the point's settings, if there is one."""
    return next((name for name, settings in known.items() if settings == point.settings), None)


def _new_name(point: Point, sweep: str, places: Mapping[str, str]) -> str:
    part = name_part(point.label)
    name = f"{sweep}_{part}"
    if not part:
        raise InputError(f"{point.place}: gives no file name; give it a label with a letter from a to z or a digit")
    if len(name) > LONGEST_NAME:
        raise InputError(f"{point.place}: the name {name} has more than {LONGEST_NAME} characters; shorten the label")
    if name in places:
        raise InputError(
            f"{point.place}: its configuration would be named '{name}', like {places[name]}, whose settings differ; "
            "rename one of them"
        )
    return name


def _declaration(sweep: Settings, points: Mapping[str, Point]) -> Settings:
    """The declaration that the sweep's table and figure share: both show the same quantities of the same rows."""
    key = sweep["vary"].rpartition(".")[2]
    return {
        "paper": sweep["paper"],
        "kind": "sweep",
        "caption": sweep["caption"],
        "labels": {key: capitalised(setting_words(sweep["vary"]))},
        "quantities": sweep["quantities"],
        "notes": sweep.get("notes", []),
        "rows": [{"configuration": name, "labels": {key: point.label}} for name, point in points.items()],
    }
