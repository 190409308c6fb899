"""The table of a sweep: one row per value; for each quantity the chosen seed, mean and spread, and predicting zero.

A metric is measured only on the chosen model and has one column. Units are in the names of the
quantities; times are in seconds.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.parts import SPREAD_NOTE, Built, best_header, pack_notes, rule_note, summarise_seeds
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import Row, training_time_s
from rnn_audio.reporting.tables.sweep_points import SweepPoint, sweep_point

_ZERO_NOTE = "Predicting zero: the loss of an output that is always zero; a model near it has learned nothing."
_METRIC_NOTE = "Quantities with one column are measured on the chosen model alone: no mean, no spread."


def sweep(rows: Sequence[Row], quantities: Sequence[str]) -> Built:
    """The records, columns and notes of the rows, for these quantities.

    Raises:
        InputError: a quantity does not exist.
    """
    points = {quantity: [sweep_point(row, quantity) for row in rows] for quantity in quantities}
    records = [{**_quantity_cells(points, index), **_run_cells(row)} for index, row in enumerate(rows)]
    columns = [column for quantity, shown in points.items() for column in _columns(quantity, shown, rows)]
    times = [
        Column("wall_time_s", "Best seed\ntime", Format.DURATION),
        Column("mean_wall_time_s", "Mean\ntime", Format.DURATION),
    ]
    notes = _notes(rows, [point for shown in points.values() for point in shown])
    return Built(records, (*columns, *times), tuple(notes))


def _quantity_cells(points: Mapping[str, Sequence[SweepPoint]], index: int) -> dict[str, Cell]:
    """The cells of one row, for all quantities."""
    cells: dict[str, Cell] = {}
    for quantity, shown in points.items():
        point = shown[index]
        cells[f"best_{quantity}"] = point.chosen()
        if not point.is_loss:
            continue
        summary = summarise_seeds(point.chosen(), point.measured())
        cells[f"mean_{quantity}"] = summary.mean
        cells[f"std_{quantity}"] = summary.std
        cells[f"zero_baseline_{quantity}"] = point.baseline
    return cells


def _run_cells(row: Row) -> dict[str, Cell]:
    chosen = row.chosen()
    return {
        "seeds": len(row.selection["seeds"]),
        "wall_time_s": training_time_s(chosen),
        "mean_wall_time_s": statistics.fmean(training_time_s(results) for results in row.selection["seeds"].values()),
        "trained_on": chosen["accelerator"],
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def _columns(quantity: str, points: Sequence[SweepPoint], rows: Sequence[Row]) -> list[Column]:
    if not points[0].is_loss:
        return [Column(f"best_{quantity}", f"{quantity}\nchosen model")]
    # Losses of devices are fractions of the target's energy; all tables show them in per cent.
    header, style = (quantity, Format.SCIENTIFIC) if quantity.endswith("_mse") else (f"{quantity} (%)", Format.PERCENT)
    best, mean, zero = (f"{part}_{quantity}" for part in ("best", "mean", "zero_baseline"))
    columns = [
        Column(best, f"{header}\n{best_header(rows)}", style),
        Column(mean, f"{header}\nMean ± std", style, spread_key=f"std_{quantity}"),
    ]
    if all(math.isnan(point.baseline) for point in points):
        return columns
    return [*columns, Column(zero, f"{header}\nPredicting zero", style)]


def _notes(rows: Sequence[Row], points: Sequence[SweepPoint]) -> list[str]:
    devices = ", ".join(sorted({str(row.chosen()["accelerator"]) for row in rows}))
    return [
        rule_note(rows),
        *([SPREAD_NOTE] if any(point.is_loss for point in points) else []),
        *([_ZERO_NOTE] if any(not math.isnan(point.baseline) for point in points) else []),
        *([_METRIC_NOTE] if any(not point.is_loss for point in points) else []),
        f"Times: the training loop of one model, on {devices}.",
        *pack_notes(rows),
    ]
