"""Whether a configuration is sound: against the schema, and against itself."""

import difflib
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnn_audio.errors import InputError

if TYPE_CHECKING:
    from jsonschema import ValidationError

_LOSSES = ("prediction_mse", "generation_mse", "training_mse", "test_loss", "validation_loss", "training_loss")
_MEASURED = ("target", "prediction", "generation")
_OF_SIGNALS = ("losses", "generations", "waveforms")
_OF_DEVICES = ("device_losses", "band_errors", "running_speed", "training_time", "error_spectra")
_SCHEMA = Path(__file__).parents[1] / "schemas" / "config.schema.yaml"


def check_schema(config: Mapping[str, Any]) -> None:
    """Check types, keys and ranges.

    Raises:
        InputError: naming the key, what is wrong with it, and what is allowed.
    """
    _check(config, _schema(), prefix="config")


def check_references(config: Mapping[str, Any], merged: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that everything that is referred to exists, and that each configuration is complete.

    Args:
        config: the whole configuration, which has passed `check_schema`.
        merged: its configurations, each merged with its preset.

    Raises:
        InputError: naming the key and what exists.
    """
    for name, own in config["configurations"].items():
        if "preset" in own:
            _require_known(f"configurations.{name}.preset", own["preset"], config["presets"])
    for name, settings in merged.items():
        kind = "device" if "device" in settings else "signal"
        complete = {"$defs": _schema()["$defs"], "$ref": f"#/$defs/{kind}_configuration"}
        _check(settings, complete, prefix=f"configurations.{name} (with its preset)")
        _require_known(f"configurations.{name}.{kind}", settings[kind], config[f"{kind}s"])
        if kind == "device":
            _check_warm_up(name, settings)
    for section, entries in (("tables", "rows"), ("figures", "panels")):
        for name, artefact in config[section].items():
            _require_known(f"{section}.{name}.paper", artefact["paper"], config["papers"])
            for index, entry in enumerate(artefact.get(entries, [])):
                where = f"{section}.{name}.{entries}[{index}]"
                _require_known(f"{where}.configuration", entry["configuration"], merged)
                _require_suitable(where, artefact["kind"], entry["configuration"], merged)
                _check_entry(where, artefact, entry)


def _check_warm_up(name: str, settings: Mapping[str, Any]) -> None:
    if settings["warm_up_samples"] >= settings["segment_samples"]:
        raise InputError(
            f"configurations.{name}.warm_up_samples: {settings['warm_up_samples']} leave nothing of a segment of "
            f"{settings['segment_samples']} samples (segment_samples) to train on; choose fewer"
        )


def _require_suitable(where: str, kind: str, name: str, merged: Mapping[str, Mapping[str, Any]]) -> None:
    wanted = {"signal"} if kind in _OF_SIGNALS else {"device"} if kind in _OF_DEVICES else {"signal", "device"}
    if not wanted & set(merged[name]):
        raise InputError(
            f"{where}.configuration: '{name}' learns no {wanted.pop()}, but '{kind}' shows such configurations only"
        )


def _check_entry(where: str, artefact: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    if "labels" in artefact and set(entry["labels"]) != set(artefact["labels"]):
        raise InputError(
            f"{where}.labels: has {sorted(entry['labels'])}, the table's labels are {sorted(artefact['labels'])}; "
            "give each row all of them"
        )
    if artefact["kind"] in ("losses", "observations", "band_errors") and "quantity" not in entry:
        raise InputError(f"{where}: a row of this kind of table needs a quantity, such as prediction_mse")
    if "quantity" in entry:
        name = entry["quantity"].partition(".")[0]
        _require_known(f"{where}.quantity", name, _LOSSES if name == entry["quantity"] else _MEASURED)
    if artefact["kind"] == "waveforms" and "shows" not in entry:
        raise InputError(f"{where}: a panel of waveforms needs 'shows: prediction' or 'shows: generation'")
    if artefact["kind"] == "error_spectra" and "group" not in entry:
        raise InputError(f"{where}: a curve of error spectra needs a 'group', the title of its panel")
    if artefact["kind"] == "device_losses" and "select_by" not in artefact:
        raise InputError(f"{where}: a table of this kind needs 'select_by: test_loss' or 'select_by: validation_loss'")
    start, stop = entry.get("zoom_samples", (0, 1))
    if stop <= start:
        raise InputError(f"{where}.zoom_samples: [{start}, {stop}] is empty; give a start below its stop")


def _require_known(where: str, name: str, known: Iterable[str]) -> None:
    if name in known:
        return
    raise InputError(f"{where}: there is no '{name}'; {_hint(name, known)}")


def _hint(name: str, known: Iterable[str]) -> str:
    guesses = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean '{guesses[0]}'?" if guesses else f"choose from {', '.join(known) or 'none'}"


def _check(instance: Any, schema: Mapping[str, Any], prefix: str) -> None:  # noqa: ANN401 (any YAML value)
    from jsonschema.exceptions import best_match

    error = best_match(_validator()(schema).iter_errors(instance))
    if error is None:
        return
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    raise InputError(f"{prefix}{path}: {_explain(error)}")


def _explain(error: "ValidationError") -> str:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        unknown = [key for key in error.instance if key not in known]
        return f"unknown key '{unknown[0]}'; {_hint(str(unknown[0]), known)}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"the key '{missing[0]}' is missing; add it"
    description = schema.get("description")
    if error.validator == "not":
        return f"it must be {description}"
    return f"{error.message}; it must be {description}" if description else error.message


@cache
def _validator() -> type:
    """JSON Schema, but for numbers as they are used here: 8.0 is no integer, and NaN and infinities are no numbers."""
    from jsonschema import Draft202012Validator, validators

    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda _, value: (
                isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            ),
        }
    )
    return validators.extend(Draft202012Validator, type_checker=types)


@cache
def _schema() -> dict[str, Any]:
    import yaml

    return yaml.safe_load(_SCHEMA.read_text(encoding="utf-8"))
