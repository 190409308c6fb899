"""The table of a sweep: one row per value; for each quantity the chosen seed, mean and spread, and zero output.

A metric is measured on the chosen model and has one column. A loss is also compared with that of the first value, seed
by seed, because the same seed gives all values the same random numbers.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from rnn_audio.configuration.words import capitalised, is_relative_error, quantity_words
from rnn_audio.errors import InputError
from rnn_audio.evaluation.statistics import paired_ratio, trend_test
from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.parts import (
    ZERO_NOTE,
    Built,
    best_header,
    have_seeds,
    of_zero_percent,
    pack_notes,
    rule_note,
    spread_notes,
    summarise_seeds,
)
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import MISSING, Row, training_time_s
from rnn_audio.reporting.tables.sweep_points import SweepPoint, sweep_point

_METRIC_NOTE = "Quantities with one column are measured on a sound of the chosen model."
_RATIO_NOTE = (
    "Over the first row: the loss over that of the first row, seed by seed, because the same seed has the same random "
    "numbers in all rows; median [lowest, highest]."
)
_FEWEST_FOR_A_TREND = 3


def sweep(rows: Sequence[Row], quantities: Sequence[str]) -> Built:
    """The records, columns and notes of the rows, for these quantities.

    Raises:
        InputError: a quantity does not exist.
    """
    points = {quantity: [sweep_point(row, quantity) for row in rows] for quantity in quantities}
    records = [{**_quantity_cells(points, index), **_run_cells(row)} for index, row in enumerate(rows)]
    columns = [column for quantity, shown in points.items() for column in _columns(quantity, shown, rows)]
    times = [Column("wall_time_s", f"{best_header(rows)}\ntime", Format.DURATION)]
    if have_seeds(rows):
        times.append(Column("mean_wall_time_s", "Mean\ntime", Format.DURATION))
    return Built(records, (*columns, *times), tuple(_notes(rows, points)))


def _quantity_cells(points: Mapping[str, Sequence[SweepPoint]], index: int) -> dict[str, Cell]:
    """The cells of one row, for all quantities."""
    cells: dict[str, Cell] = {}
    for quantity, shown in points.items():
        point = shown[index]
        cells[f"best_{quantity}"] = point.chosen()
        if not point.is_loss:
            continue
        summary = summarise_seeds(point.chosen(), point.measured())
        cells[f"best_percent_{quantity}"] = of_zero_percent(point.chosen(), point.baseline)
        cells[f"mean_{quantity}"] = summary.mean
        cells[f"std_{quantity}"] = summary.std
        cells |= _ratio_cells(quantity, point, shown[0])
        cells[f"zero_baseline_{quantity}"] = point.baseline
    return cells


def _ratio_cells(quantity: str, point: SweepPoint, first: SweepPoint) -> dict[str, Cell]:
    keys = _ratio_keys(quantity)
    if point is first or len(point.seeds) == 1:
        return dict.fromkeys(keys, MISSING)
    try:
        ratio = paired_ratio(point.measured_by_seed(), first.measured_by_seed())
    except InputError:  # a loss of zero, or no seed that was measured in both
        return dict.fromkeys(keys, MISSING)
    return dict(zip(keys, (ratio.median, ratio.lowest, ratio.highest), strict=True))


def _ratio_keys(quantity: str) -> tuple[str, str, str]:
    return (f"ratio_{quantity}", f"lowest_ratio_{quantity}", f"highest_ratio_{quantity}")


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
    words = capitalised(quantity_words(quantity))
    if not points[0].is_loss:
        return [Column(f"best_{quantity}", words, Format.PERCENT if is_relative_error(quantity) else Format.NUMBER)]
    # Losses of devices are fractions of the target's energy; all tables show them in per cent.
    is_mse = "_mse" in quantity
    style = Format.SCIENTIFIC if is_mse else Format.PERCENT
    header = words if is_mse else f"{words} (%)"
    best = Column(
        f"best_{quantity}",
        f"{header}\n{best_header(rows)}{' (of the power)' if is_mse else ''}",
        style,
        percent_key=f"best_percent_{quantity}" if is_mse else None,
    )
    ratio, lowest, highest = _ratio_keys(quantity)
    over_seeds = [
        Column(f"mean_{quantity}", f"{header}\nMean ± std", style, spread_key=f"std_{quantity}"),
        Column(ratio, f"{words}\nover the first row", interval_keys=(lowest, highest)),
    ]
    zero = Column(f"zero_baseline_{quantity}", f"{header}\nZero output", style)
    return [best, *(over_seeds if have_seeds(rows) else []), zero]


def _notes(rows: Sequence[Row], points: Mapping[str, Sequence[SweepPoint]]) -> list[str]:
    devices = ", ".join(sorted({str(row.chosen()["accelerator"]) for row in rows}))
    shown = [point for each in points.values() for point in each]
    several_losses = have_seeds(rows) and any(point.is_loss for point in shown)
    return [
        rule_note(rows),
        *(spread_notes(rows) if several_losses else ()),
        *([_RATIO_NOTE] if several_losses and len(rows) > 1 else []),
        *(_trend_note(quantity, each) for quantity, each in points.items() if _has_trend(each)),
        *([ZERO_NOTE] if any(point.is_loss and not math.isnan(point.baseline) for point in shown) else []),
        *([_METRIC_NOTE] if any(not point.is_loss for point in shown) else []),
        f"Times: the training loop of one model, on {devices}.",
        *pack_notes(rows),
    ]


def _has_trend(points: Sequence[SweepPoint]) -> bool:
    """Whether there are enough numbers on both sides: of the varied setting, and of seeds that have all losses."""
    if not points[0].is_loss or len(points) < _FEWEST_FOR_A_TREND:
        return False
    common = set.intersection(*(set(point.measured_by_seed()) for point in points))
    return all(isinstance(point.label, int | float) for point in points) and len(common) > 1


def _trend_note(quantity: str, points: Sequence[SweepPoint]) -> str:
    ordered = [point.measured_by_seed() for point in sorted(points, key=lambda point: point.label)]
    rising, falling = trend_test(ordered), trend_test(ordered[::-1])
    return (
        f"{capitalised(quantity_words(quantity))} as the varied setting grows, by Page's trend test over "
        f"{rising.seeds} seeds: rises with p = {rising.p_value:.2g}, falls with p = {falling.p_value:.2g}."
    )
