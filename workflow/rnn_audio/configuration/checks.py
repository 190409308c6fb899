"""Check a configuration against the schema, and its parts against each other."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rnn_audio.configuration.files import load_yaml
from rnn_audio.configuration.kinds import FIGURES, RULE_KINDS, TABLES, declared_kinds
from rnn_audio.configuration.method_checks import check_method
from rnn_audio.configuration.schema import hint, require_text_keys, require_valid, without_references
from rnn_audio.configuration.settings import signal_samples
from rnn_audio.errors import InputError
from rnn_audio.losses.preemphasis import NAMES as FILTERS

_OVER_STATES = tuple(
    f"{loss}{part}"
    for loss in ("prediction_mse", "generation_mse")
    for part in ("", "_lower_quartile", "_median", "_upper_quartile")
)
_SIGNAL_LOSSES = (*_OVER_STATES, "training_mse")
_DEVICE_LOSSES = ("test_loss", "validation_loss", "training_loss")
_AUXILIARY_LOSSES = ("auxiliary_mse",)
ALL_LOSSES = (*_SIGNAL_LOSSES, *_AUXILIARY_LOSSES, *_DEVICE_LOSSES)
"""The losses that a configuration may have."""
_MEASURED = ("target", "prediction", "generation", "reconstruction")
_SHORTEST_SIGNAL = 2  # a sample to feed, and one to predict
_RENAMED = {"device": "accelerator"}
_MARKUP = re.compile(r"<[^\s\d=<]")
_SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"


def check_schema(config: Mapping[str, Any]) -> None:
    """Check types, keys and ranges.

    Raises:
        InputError: naming the key, what is wrong with it, and what is allowed.
    """
    require_text_keys(config, "config")
    for old, new in _RENAMED.items():
        if isinstance(config, Mapping) and old in config:
            raise InputError(f"config.{old}: this key is called {new} now; rename it (docs/configuration.md)")
    require_valid(config, _schema(), prefix="config")
    _require_no_markup(config.get("listening", {}), "listening")


def check_claims_schema(claims: Mapping[str, Any], file: str) -> None:
    """Check types and keys of the claims in a file, as `check_schema` checks those of the configuration.

    Raises:
        InputError: naming the file, the key, what is wrong with it, and what is allowed.
    """
    require_text_keys(claims, file)
    require_valid(claims, _schema()["properties"]["claims"], prefix=f"{file}: claims")


def check_configurations(config: Mapping[str, Any], merged: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that each declared configuration is complete, and that everything it refers to exists.

    Args:
        config: the whole configuration, which has passed `check_schema`.
        merged: its configurations, each merged with its preset.

    Raises:
        InputError: naming the key and what exists.
    """
    for name, own in config["configurations"].items():
        if "preset" in own:
            require_known(f"configurations.{name}.preset", own["preset"], config["presets"])
    for name, settings in merged.items():
        check_configuration(f"configurations.{name}", settings, config)


def check_configuration(where: str, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Check one configuration that has been merged with its preset.

    Args:
        where: its name in messages, such as `configurations.sine_full`.
        settings: its settings.
        config: the whole configuration, which declares the signals and devices.

    Raises:
        InputError: naming the key and what is allowed.
    """
    kind = "device" if "device" in settings else "signal"
    parts = [_schema()["$defs"][part] for part in ("partial_configuration", f"{kind}_configuration")]
    require_valid(settings, {"allOf": parts}, prefix=f"{where} (with its preset)")
    require_known(f"{where}.{kind}", settings[kind], config[f"{kind}s"])
    if kind == "device":
        _check_warm_up(where, settings)
    else:
        _check_length(where, settings, config["signals"][settings["signal"]])
    check_method(where, settings, config)


def check_quantity(where: str, quantity: str, losses: Iterable[str]) -> None:
    """Check the name of a quantity; if it is dotted, the part before the dot.

    Args:
        where: its place in the configuration, for the message.
        quantity: a loss, `prediction_mse`, or a metric, `generation.effective_length_samples`.
        losses: the losses to choose from.

    Raises:
        InputError: naming what exists.
    """
    name = quantity.partition(".")[0]
    require_known(where, name, losses if name == quantity else _MEASURED)


def losses_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The losses that every seed of a configuration has."""
    if "device" in settings:
        return _DEVICE_LOSSES
    return (*_SIGNAL_LOSSES, *_AUXILIARY_LOSSES) if "auxiliary" in settings else _SIGNAL_LOSSES


def require_known(where: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is not among the known ones with an InputError that suggests the nearest one."""
    if name in known:
        return
    raise InputError(f"{where}: there is no '{name}'; {hint(name, known)}")


def configuration_keys() -> list[str]:
    """Every key of a configuration, dotted if it is inside a mapping: `epochs`, `teacher_forcing.base`."""
    return list(dict.fromkeys(_keys(_schema()["$defs"]["partial_configuration"])))


def _require_no_markup(value: Any, place: str) -> None:  # noqa: ANN401 (any YAML value)
    """Refuse text that a browser would take for HTML, for pages of other programs (webMUSHRA) that do."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _require_no_markup(key, place)
            _require_no_markup(item, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _require_no_markup(item, f"{place}[{index}]")
    elif isinstance(value, str) and _MARKUP.search(value):
        raise InputError(f"{place}: {value[:80]!r} has HTML in it; write text without a letter or sign right after '<'")


def _keys(schema: Mapping[str, Any]) -> Iterator[str]:
    for key, value in schema.get("properties", {}).items():
        yield key
        yield from (f"{key}.{inner}" for inner in _keys(value))
    for part in (*schema.get("allOf", []), *schema.get("oneOf", [])):
        yield from _keys(part)


def _check_length(where: str, settings: Mapping[str, Any], signal: Mapping[str, Any]) -> None:
    samples = signal_samples(signal, settings["rate_hz"])
    if samples < _SHORTEST_SIGNAL:
        raise InputError(
            f"{where}.rate_hz: signal '{settings['signal']}' has {samples} sample(s) at {settings['rate_hz']} Hz, and "
            f"training needs {_SHORTEST_SIGNAL}; choose a higher rate or a longer signal"
        )


def _check_warm_up(where: str, settings: Mapping[str, Any]) -> None:
    if settings["warm_up_samples"] >= settings["segment_samples"]:
        raise InputError(
            f"{where}.warm_up_samples: {settings['warm_up_samples']} leave nothing of a segment of "
            f"{settings['segment_samples']} samples (segment_samples) to train on; choose fewer"
        )


@cache
def _schema() -> dict[str, Any]:
    """The schema, completed with names from other modules (kinds of tables and figures, filters) and written out."""
    schema = load_yaml(_SCHEMA)
    definitions = schema["$defs"]
    definitions["table_kind"] = {"enum": declared_kinds(TABLES)}
    definitions["figure_kind"] = {"enum": declared_kinds(FIGURES)}
    definitions["claim_rule_kind"] = {"enum": list(RULE_KINDS)}
    definitions["pre_emphasis"] = {"enum": list(FILTERS)}
    definitions["published"]["properties"] |= {name: {"$ref": "#/$defs/published_loss"} for name in FILTERS}
    return without_references(schema)


def check_benchmark(config: Mapping[str, Any]) -> None:
    """Check that the benchmark's methods exist and leave something to learn.

    Args:
        config: the whole configuration, which has passed the schema; it may have no `benchmark`.

    Raises:
        InputError: naming the key.
    """
    settings = config.get("benchmark")
    if settings is None:
        return
    growth = settings["growth"]
    require_known("benchmark.growth.method", growth["method"], settings["methods"])
    lengths = {f"methods.{name}.samples": (method["samples"], method) for name, method in settings["methods"].items()}
    lengths["growth.samples"] = (min(growth["samples"]), settings["methods"][growth["method"]])
    for key, (samples, method) in lengths.items():
        warm_up = method.get("warm_up_samples", 0)
        if samples < warm_up + 2:
            raise InputError(f"benchmark.{key}: {samples} leave(s) nothing to learn; set it to {warm_up + 2} or more")
