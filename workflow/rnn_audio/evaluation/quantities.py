"""The metrics that tables can show, by their dotted names; known before anything is measured, and without PyTorch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_audio.configuration.checks import require_known
from rnn_audio.configuration.experiment import Experiment
from rnn_audio.losses.preemphasis import NAMES as FILTERS
from rnn_audio.signals.acoustics import compare_rooms, room_parameters
from rnn_audio.types import Settings

_ERRORS = ("mse", "relative_error")
_TARGET = ("samples", "power")
_GENERATION = (*_ERRORS, "effective_length_samples", "effective_length_s", "log_spectral_distance_db")
_RECONSTRUCTION = ("first_sample", "segment_samples", "mse", "power", "evaluated_power")
_DEVICE = (*(f"loss_{name}" for name in FILTERS), "error_1_2_khz_db")


def check_quantities(experiment: Experiment) -> None:
    """Check that each metric that a table names is measured for the configurations that it shows.

    Raises:
        InputError: naming the row, and the nearest metric.
    """
    for name, table in experiment.config["tables"].items():
        for index, row in enumerate(table["rows"]):
            known = metrics_of(experiment.config, experiment.configurations[row["configuration"]])
            for quantity in [*table.get("quantities", []), row.get("quantity", "")]:
                if "." in quantity:
                    require_known(f"tables.{name}.rows[{index}].quantity", quantity, known)


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
    if config["signals"][settings["signal"]]["kind"] == "room":
        room = room_parameters(np.empty(0), 1).as_dict()
        measured = tuple(key for key in room if not key.endswith("_missing_because"))
        groups["target"] += measured
        groups["generation"] += (*measured, *compare_rooms(room, room))
    if "auxiliary" in settings:
        groups["reconstruction"] = _RECONSTRUCTION
    return _dotted(groups)


def _dotted(groups: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{group}.{key}" for group, keys in groups.items() for key in keys]
