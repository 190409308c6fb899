"""The metrics that tables can show, by their dotted names; known before anything is measured, and without PyTorch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_audio.configuration.checks import require_known
from rnn_audio.configuration.claims import OWN_QUANTITIES, configurations_of
from rnn_audio.configuration.experiment import Experiment
from rnn_audio.losses.preemphasis import NAMES as FILTERS
from rnn_audio.signals.acoustics import compare_rooms, room_parameters
from rnn_audio.types import Settings

TONES = ("tone", "note")
"""Kinds of signals that are judged as tones."""

BANDS_HZ = {"error_1_2_khz_db": (1000.0, 2000.0)}
"""Edges of the bands by the name of the error's level; the one that paper B compares (section 5.1)."""

_ERRORS = ("mse", "relative_error")
_TARGET = ("samples", "power")
_GENERATION = (*_ERRORS, "effective_length_samples", "effective_length_s", "log_spectral_distance_db")
_RECONSTRUCTION = ("first_sample", "segment_samples", "mse", "power", "evaluated_power")
_PITCH = ("dominant_frequency_hz", "peak_share_percent")
_TONE = (*_PITCH, "last_half_level_db", "sounding_states_percent")
_BURSTS = "boundary_error_ratio"
_DEVICE = (*(f"loss_{name}" for name in FILTERS), *BANDS_HZ)


def check_quantities(experiment: Experiment) -> None:
    """Check that each metric that a table or a claim names is measured for its configurations.

    Raises:
        InputError: naming the row or rule, and the nearest metric.
    """
    for name, table in experiment.config["tables"].items():
        for index, row in enumerate(table["rows"]):
            known = metrics_of(experiment.config, experiment.configurations[row["configuration"]])
            for quantity in [*table.get("quantities", []), row.get("quantity", "")]:
                if "." in quantity:
                    require_known(f"tables.{name}.rows[{index}].quantity", quantity, known)
    for name, claim in experiment.config["claims"].items():
        for index, rule in enumerate(claim["rules"]):
            for configuration in configurations_of(rule):
                if "." in rule["quantity"] and configuration in experiment.configurations:
                    known = [*metrics_of(experiment.config, experiment.configurations[configuration]), *OWN_QUANTITIES]
                    require_known(f"claims.{name}.rules[{index}].quantity", rule["quantity"], known)


def metrics_of(config: Mapping[str, Any], settings: Settings) -> list[str]:
    """The numbers among the metrics of a configuration: those of `evaluate_sounds`, or of `evaluate_device`.

    Args:
        config: the whole configuration, which declares the signals.
        settings: the configuration, resolved.
    """
    groups: dict[str, tuple[str, ...]] = {"target": _TARGET}
    if "device" in settings:
        return _dotted(groups | {"prediction": _DEVICE})
    groups |= {"prediction": _ERRORS, "generation": _GENERATION}
    kind = config["signals"][settings["signal"]]["kind"]
    if settings["update_length_samples"] is not None:
        groups["prediction"] += (_BURSTS,)
    if kind in TONES:
        groups["target"] += _PITCH
        groups["generation"] += _TONE
    if kind == "room":
        room = room_parameters(np.empty(0), 1).as_dict()
        measured = tuple(key for key in room if not key.endswith("_missing_because"))
        groups["target"] += measured
        groups["generation"] += (*measured, *compare_rooms(room, room))
    if "auxiliary" in settings:
        groups["reconstruction"] = _RECONSTRUCTION
    return _dotted(groups)


def _dotted(groups: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{group}.{key}" for group, keys in groups.items() for key in keys]
