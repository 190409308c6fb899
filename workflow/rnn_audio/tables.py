"""Result tables: the paper's numbers beside ours, as declared in the configuration.

Of signals: `losses` (one loss, best, mean and spread over the seeds, the trivial baseline, times), `observations`
(any quantity a row, losses and metrics mixed) and `generations` (what the chosen models make on their own). Of
devices: `device_losses` and `band_errors`, see `device_tables`. Of both: `sweep`, see `sweep_table`.
Units are in the column names: *_s seconds, *_hz hertz, *_db decibels, *_percent, *_permille, *_samples; a mean squared
error is in the signal's own unit squared.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from types import NoneType

import pandas as pd

from rnn_audio.acoustics import CLARITY_JND_DB, COMPARED, TIME_JND_PERCENT
from rnn_audio.cells import Cell, Format
from rnn_audio.device_tables import band_errors, device_losses
from rnn_audio.errors import InputError
from rnn_audio.rendering import Column, Table
from rnn_audio.sweep_table import sweep
from rnn_audio.table_parts import (
    PAPER_NOTE,
    SPREAD_NOTE,
    Built,
    SeedSummary,
    best_header,
    label_column,
    pack_notes,
    rule_note,
    rules,
    summarise_seeds,
)
from rnn_audio.table_rows import MISSING, Record, Row, number, read_rows, training_time_s

_SWEEP = "sweep"
_ROOM_PARAMETERS = ("t30_s", "edt_s", "c50_db", "t30_nonlinearity_permille")
_ROOM_DIFFERENCES = ("t30_difference_percent", "edt_difference_percent", "c50_difference_db")

_ZERO_NOTE = "Predicting zero: the loss of an output that is always zero, which is the power of the target."


def build_table(
    name: str,
    declaration: Record,
    selections: Mapping[str, Record],
    metrics: Mapping[str, Record],
    notes: Sequence[str] = (),
) -> Table:
    """Build a declared table.

    Args:
        name: the table's key in the configuration, `table_1`.
        declaration: its entry: caption, kind, labels (column name to header), rows; quantities of a sweep; select_by
            where it shows other seeds than the run chose.
        selections: the selection of each configuration, by its name.
        metrics: the metrics of each configuration's chosen model, by its name.
        notes: what a reader has to know to judge the values; notes on the columns themselves are added before.

    Raises:
        InputError: the kind is unknown, a configuration has no results, or a quantity does not exist.
    """
    kind = declaration["kind"]
    known = (*_BUILDERS, _SWEEP)
    if kind not in known:
        raise InputError(f"table {name}: unknown kind {kind!r}; there are: {', '.join(known)}")
    rows = read_rows(name, declaration, selections, metrics)
    if not rows:
        raise InputError(f"table {name}: it has no rows")
    built = sweep(rows, declaration["quantities"]) if kind == _SWEEP else _BUILDERS[kind](rows)
    declared = [{**row.labels, **record} for row, record in zip(rows, built.records, strict=True)]
    frame = _frame([*declared, *built.closing_records])
    labels = tuple(label_column(key, header, rows) for key, header in declaration["labels"].items())
    return Table(name, declaration["caption"], frame, labels + built.columns, (*built.notes, *notes))


def _losses(rows: Sequence[Row]) -> Built:
    quantities = sorted({str(row.quantity) for row in rows})
    if len(quantities) > 1:
        raise InputError(
            f"table {rows[0].table}: a table of losses shows one quantity, not {', '.join(quantities)}; "
            "split it, or declare it with kind: observations"
        )
    columns = (
        Column("paper_mse", "Paper", Format.SCIENTIFIC),
        Column("best_mse", best_header(rows), Format.SCIENTIFIC),
        Column("mean_mse", "Mean ± std", Format.SCIENTIFIC, spread_key="std_mse"),
        Column("seeds", "Seeds", Format.INTEGER),
        Column("zero_baseline_mse", "Predicting\nzero", Format.SCIENTIFIC),
        Column("best_over_paper", "Best /\nPaper"),
        Column("paper_time_s", "Paper\ntime", Format.DURATION),
        Column("wall_time_s", "Best seed\ntime", Format.DURATION),
        Column("mean_wall_time_s", "Mean\ntime", Format.DURATION),
        Column("device", "Device", Format.TEXT),
    )
    notes = (f"Loss: {quantities[0]}. {rule_note(rows)}", PAPER_NOTE, SPREAD_NOTE, _ZERO_NOTE, *pack_notes(rows))
    return Built([_loss_record(row) for row in rows], columns, notes)


def _loss_record(row: Row) -> dict[str, Cell]:
    losses = row.seed_losses()
    summary = summarise_seeds(row.chosen_loss(), losses)
    paper = row.published.value
    if isinstance(paper, str):
        raise row.error(f"the published value {paper!r} is text; YAML reads 1e-3 as text, write 1.0e-3")
    chosen = row.chosen()
    times = [training_time_s(results) for results in row.selection["seeds"].values()]
    return {
        "paper_mse": number(paper),
        "best_mse": summary.best,
        "mean_mse": summary.mean,
        "std_mse": summary.std,
        "seeds": summary.seeds,
        "zero_baseline_mse": _zero_baseline(row),
        "best_over_paper": _ratio(summary.best, paper),
        "paper_time_s": row.published.time_s,
        "wall_time_s": training_time_s(chosen),
        "mean_wall_time_s": statistics.fmean(times),
        "device": chosen["device"],
        "quantity": row.quantity,
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def _observations(rows: Sequence[Row]) -> Built:
    columns = (
        Column("quantity", "Quantity", Format.TEXT),
        Column("paper", "Paper"),
        Column("best", best_header(rows)),
        Column("mean", "Mean ± std", spread_key="std"),
        Column("seeds", "Seeds", Format.INTEGER),
        Column("zero_baseline_mse", "Predicting\nzero"),
        Column("best_over_paper", "Best /\nPaper"),
    )
    metric_note = "Quantities other than losses are measured on the chosen model alone: no mean, no spread."
    notes = (rule_note(rows), PAPER_NOTE, SPREAD_NOTE, _ZERO_NOTE, metric_note)
    return Built([_observation_record(row) for row in rows], columns, notes)


def _observation_record(row: Row) -> dict[str, Cell]:
    if row.quantity is None:
        raise row.error(f"the row names no quantity; there are: {', '.join(row.quantities())}")
    if row.is_loss():
        summary = summarise_seeds(row.chosen_loss(), row.seed_losses())
        baseline = _zero_baseline(row)
    else:
        summary = SeedSummary(row.metric(row.quantity), MISSING, MISSING, 1)
        baseline = MISSING
    return {
        "quantity": row.quantity,
        "paper": row.published.value,
        "best": summary.best,
        "mean": summary.mean,
        "std": summary.std,
        "seeds": summary.seeds,
        "zero_baseline_mse": baseline,
        "best_over_paper": _ratio(summary.best, row.published.value),
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def _generations(rows: Sequence[Row]) -> Built:
    columns = (
        Column("parameters", "Parameters /\nsamples", Format.INTEGER, beside_key="samples"),
        Column("generation_mse", "MSE", Format.SCIENTIFIC),
        Column("generation_power_percent", "MSE / signal\npower (%)"),
        Column(
            "effective_length_samples",
            "Effective length\n(samples / %)",
            Format.INTEGER,
            beside_key="effective_length_percent",
        ),
        Column("log_spectral_distance_db", "LSD\n(dB)"),
        Column("target_t30_s", "T30 (s)\ntarget / ours", beside_key="generation_t30_s"),
        Column("target_edt_s", "EDT (s)\ntarget / ours", beside_key="generation_edt_s"),
        Column("target_c50_db", "C50 (dB)\ntarget / ours", beside_key="generation_c50_db"),
        Column("within_jnd", "Within\nJND", Format.TEXT),
        Column(
            "target_t30_nonlinearity_permille",
            "T30 non-linearity (‰)\ntarget / ours",
            beside_key="generation_t30_nonlinearity_permille",
        ),
    )
    notes = (
        f"Generation: free running from one seed sample, by the seed with the lowest {rules(rows)}.",
        "Parameters / samples: trained values of a model, and samples of the signal that it learned.",
        "Effective length: samples before it dies, bursts or gets stuck, and their share of the target's.",
        "LSD: log-spectral distance. T30, EDT, C50: room acoustic parameters, given for room responses only.",
        f"Within JND: which of them a listener could not tell from the target's, being at most {TIME_JND_PERCENT:g} % "
        f"(T30, EDT) or {CLARITY_JND_DB:g} dB (C50) off: the just noticeable differences of ISO 3382-1, table A.1, "
        "which states them for EDT and for the clarity C80.",
        "–: could not be measured, or does not apply.",
    )
    return Built([_generation_record(row) for row in rows], columns, notes)


def _generation_record(row: Row) -> dict[str, Cell]:
    length = row.metric("generation.effective_length_samples")
    is_room = row.metrics["kind"] == "room"
    room = {
        f"{sound}_{parameter}": row.metric(f"{sound}.{parameter}") if is_room else MISSING
        for parameter in _ROOM_PARAMETERS
        for sound in ("target", "generation")
    }
    differences = {key: row.metric(f"generation.{key}") if is_room else MISSING for key in _ROOM_DIFFERENCES}
    return {
        "parameters": row.selection["parameters"],
        "samples": row.selection["samples"],
        "generation_mse": row.metric("generation.mse"),
        "generation_power_percent": 100 * row.metric("generation.relative_error"),
        "effective_length_samples": length,
        "effective_length_percent": 100 * length / row.metric("target.samples"),
        "log_spectral_distance_db": row.metric("generation.log_spectral_distance_db"),
        **room,
        **differences,
        "within_jnd": _unnoticed(row.metrics["generation"]) if is_room else None,
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def _zero_baseline(row: Row) -> float:
    """The loss of predicting zero: the power of the whole target, or of the segments that were reconstructed."""
    return row.metric("reconstruction.evaluated_power" if row.quantity == "auxiliary_mse" else "target.power")


def _unnoticed(generation: Record) -> str | None:
    """The room parameters of a generation that are within the just noticeable difference, by name; None if unknown."""
    judged = {name: generation[f"{name}_within_jnd"] for name in COMPARED}
    if all(is_within is None for is_within in judged.values()):
        return None
    return ", ".join(name.upper() for name, is_within in judged.items() if is_within) or "none"


def _ratio(ours: float, paper: float | str | None) -> float:
    """Ours over the paper's; NaN where the paper states no number, or zero."""
    if paper is None or isinstance(paper, str) or paper == 0:
        return MISSING
    return ours / paper


def _frame(records: Sequence[Mapping[str, Cell]]) -> pd.DataFrame:
    return pd.DataFrame({key: _series([record[key] for record in records]) for key in records[0]})


def _series(values: list[Cell]) -> pd.Series:
    """A column; whole numbers stay whole beside an empty cell, where pandas would make them floats."""
    return pd.Series(values, dtype=object if {type(value) for value in values} == {int, NoneType} else None)


_BUILDERS: dict[str, Callable[[Sequence[Row]], Built]] = {
    "losses": _losses,
    "observations": _observations,
    "generations": _generations,
    "device_losses": device_losses,
    "band_errors": band_errors,
}
