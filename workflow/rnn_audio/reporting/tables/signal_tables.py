"""Tables of models that learn a signal (paper A): losses, observations, generations."""

import statistics
from collections.abc import Sequence

from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.parts import (
    PAPER_NOTE,
    SPREAD_NOTE,
    Built,
    SeedSummary,
    best_header,
    pack_notes,
    rule_note,
    rules,
    summarise_seeds,
)
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import MISSING, Record, Row, number, training_time_s
from rnn_audio.signals.acoustics import CLARITY_JND_DB, COMPARED, TIME_JND_PERCENT

_ROOM_PARAMETERS = ("t30_s", "edt_s", "c50_db", "t30_nonlinearity_permille")
_ROOM_DIFFERENCES = ("t30_difference_percent", "edt_difference_percent", "c50_difference_db")

_ZERO_NOTE = "Predicting zero: the loss of an output that is always zero, which is the power of the target."


def losses(rows: Sequence[Row]) -> Built:
    """One loss: published, best seed, mean and spread over the seeds, loss of predicting zero, and times."""
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
        Column("accelerator", "Accelerator", Format.TEXT),
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
        "zero_baseline_mse": row.zero_loss(),
        "best_over_paper": _ratio(summary.best, paper),
        "paper_time_s": row.published.time_s,
        "wall_time_s": training_time_s(chosen),
        "mean_wall_time_s": statistics.fmean(times),
        "accelerator": chosen["accelerator"],
        "quantity": row.quantity,
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def observations(rows: Sequence[Row]) -> Built:
    """One quantity per row, losses and metrics mixed."""
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
        baseline = row.zero_loss()
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


def generations(rows: Sequence[Row]) -> Built:
    """The chosen models' free-running outputs and their room parameters."""
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


def _unnoticed(generation: Record) -> str | None:
    """Names of a generation's room parameters within the just noticeable difference; None if unknown."""
    judged = {name: generation[f"{name}_within_jnd"] for name in COMPARED}
    if all(is_within is None for is_within in judged.values()):
        return None
    return ", ".join(name.upper() for name, is_within in judged.items() if is_within) or "none"


def _ratio(ours: float, paper: float | str | None) -> float:
    """Ours over the paper's; NaN if the paper states no number, or zero."""
    if paper is None or isinstance(paper, str) or paper == 0:
        return MISSING
    return ours / paper
