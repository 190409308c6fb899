"""Tables of models that learn a signal (paper A): losses, observations, generations."""

import statistics
from collections.abc import Mapping, Sequence

from rnn_audio.configuration.words import capitalised, is_relative_error, quantity_words
from rnn_audio.errors import InputError
from rnn_audio.evaluation.quantities import TONES
from rnn_audio.evaluation.tones import QUIETEST_DB, SOUNDING_DB
from rnn_audio.reporting.tables.cells import Cell, Format, is_missing
from rnn_audio.reporting.tables.parts import (
    ZERO_NOTE,
    Built,
    SeedSummary,
    best_header,
    have_seeds,
    of_zero_percent,
    pack_notes,
    rule_note,
    rules,
    spread_notes,
    summarise_seeds,
)
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import MISSING, Record, Row, number, training_time_s
from rnn_audio.signals.acoustics import CLARITY_JND_DB, COMPARED, TIME_JND_PERCENT

_ROOM_PARAMETERS = ("t30_s", "edt_s", "c50_db", "t30_nonlinearity_permille")
_ROOM_DIFFERENCES = ("t30_difference_percent", "edt_difference_percent", "c50_difference_db")
_SOUNDS = ("target", "generation")
_STATES = ("median", "lower_quartile", "upper_quartile")

_PAPER_NOTE = (
    "Paper: value published in the paper, not measured here. It is of another recording, whose level is not published, "
    "and an MSE grows with the level squared: compare the order of the rows, not digits."
)
_STATES_NOTE = (
    "Losses are means over the random initial states of the evaluation. Median [quartiles]: over these states, for the "
    "same seed; a few states can have errors several times as large as the others."
)
_TRAINING_NOTE = (
    "Training (last epoch): the mean loss while the last epoch trained, which may be what the paper states. With "
    "sub-sequences it mixes the weights before and after many updates."
)
_LINEAR_NOTE = (
    "Linear prediction: the best one from the 8 or 32 samples before, fitted to the signal itself. A network that "
    "predicts worse has not learned even that."
)
_MEMORY_NOTE = (
    "Peak memory: of the process that trained the model, its libraries included; on a GPU, memory of the GPU."
)


def losses(rows: Sequence[Row]) -> Built:
    """One loss: published, best seed, mean and spread over the seeds, baselines, times and memory."""
    quantities = sorted({str(row.quantity) for row in rows})
    if len(quantities) > 1:
        raise InputError(
            f"table {rows[0].table}: a table of losses shows one quantity, not {', '.join(quantities)}; "
            "split it, or declare it with kind: observations"
        )
    best = best_header(rows)
    several = have_seeds(rows)
    columns = (
        Column("paper_mse", "Paper", Format.SCIENTIFIC),
        Column("best_mse", f"{best}\n(of the power)", Format.SCIENTIFIC, percent_key="best_percent"),
        Column(
            "median_mse",
            f"{best}, median\n[quartiles] of states",
            Format.SCIENTIFIC,
            interval_keys=("lower_quartile_mse", "upper_quartile_mse"),
        ),
        *(_MEAN_COLUMNS if several else ()),
        Column("training_mse", f"{best}, training\n(last epoch)", Format.SCIENTIFIC),
        Column("linear_8_percent", "Linear prediction,\n8 / 32 taps (%)", beside_key="linear_32_percent"),
        Column("zero_baseline_mse", "Zero output", Format.SCIENTIFIC),
        Column("paper_time_s", "Paper\ntime", Format.DURATION),
        Column("wall_time_s", f"{best}\ntime", Format.DURATION),
        *((Column("mean_wall_time_s", "Mean\ntime", Format.DURATION),) if several else ()),
        Column("peak_memory_mib", "Peak memory\n(MiB)", Format.INTEGER),
        Column("accelerator", "Accelerator", Format.TEXT),
    )
    records = [_loss_record(row) for row in rows]
    notes = (
        f"Loss: {quantity_words(quantities[0])}. {rule_note(rows)}",
        *((_STATES_NOTE,) if _is_said(records, "median_mse") else ()),
        *((_TRAINING_NOTE,) if _is_said(records, "training_mse") else ()),
        *((_PAPER_NOTE,) if _is_said(records, "paper_mse") else ()),
        *spread_notes(rows),
        *((_LINEAR_NOTE,) if _is_said(records, "linear_8_percent") else ()),
        ZERO_NOTE,
        *pack_notes(rows),
        _MEMORY_NOTE,
    )
    return Built(records, columns, notes)


_MEAN_COLUMNS = (
    Column("mean_mse", "Mean ± std", Format.SCIENTIFIC, spread_key="std_mse"),
    Column("seeds", "Seeds", Format.INTEGER),
)


def _is_said(records: Sequence[Mapping[str, Cell]], key: str) -> bool:
    """Whether a record has a value in a column, so that a note has to explain it."""
    return any(not is_missing(record[key]) for record in records)


def _loss_record(row: Row) -> dict[str, Cell]:
    seed_losses = row.seed_losses()
    summary = summarise_seeds(row.chosen_loss(), seed_losses)
    paper = row.published.value
    if isinstance(paper, str):
        raise row.error(f"the published value {paper!r} is text; YAML reads 1e-3 as text, write 1.0e-3")
    chosen = row.chosen()
    zero_loss = row.zero_loss()
    times = [training_time_s(results) for results in row.selection["seeds"].values()]
    shows_prediction = row.quantity == "prediction_mse"
    linear = row.selection.get("linear_prediction_mse", {}) if shows_prediction else {}
    return {
        "paper_mse": number(paper),
        "best_mse": summary.best,
        "best_percent": of_zero_percent(summary.best, zero_loss),
        **{f"{part}_mse": number(chosen["losses"].get(f"{row.quantity}_{part}")) for part in _STATES},
        "training_mse": number(chosen["losses"].get("training_mse")) if shows_prediction else MISSING,
        "mean_mse": summary.mean,
        "std_mse": summary.std,
        "seeds": summary.seeds,
        **{f"linear_{taps}_percent": of_zero_percent(number(linear.get(taps)), zero_loss) for taps in ("8", "32")},
        "zero_baseline_mse": zero_loss,
        "paper_time_s": row.published.time_s,
        "wall_time_s": training_time_s(chosen),
        "mean_wall_time_s": statistics.fmean(times),
        "peak_memory_mib": number(chosen["peak_memory_mib"]),
        "accelerator": chosen["accelerator"],
        "quantity": row.quantity,
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def observations(rows: Sequence[Row]) -> Built:
    """One quantity per row, losses and metrics mixed."""
    columns = (
        Column("quantity_words", "Quantity", Format.TEXT),
        Column("paper", "Paper"),
        Column("best", f"{best_header(rows)}\n(of the power)", percent_key="best_percent"),
        *(
            (Column("mean", "Mean ± std", spread_key="std"), Column("seeds", "Seeds", Format.INTEGER))
            if have_seeds(rows)
            else ()
        ),
        Column("zero_baseline_mse", "Zero output"),
    )
    records = [_observation_record(row) for row in rows]
    metric_note = (
        "Quantities without a zero output are measured on sounds: on the first of the initial states of the chosen "
        "seed; states that still sound, and errors after the starts of sub-sequences, on all states of every seed."
    )
    notes = (
        rule_note(rows),
        *((_PAPER_NOTE,) if _is_said(records, "paper") else ()),
        *spread_notes(rows),
        ZERO_NOTE,
        *((metric_note,) if not all(row.is_loss() for row in rows) else ()),
    )
    return Built(records, columns, notes)


def _observation_record(row: Row) -> dict[str, Cell]:
    if row.quantity is None:
        raise row.error(f"the row names no quantity; there are: {', '.join(row.quantities())}")
    baseline = MISSING
    if row.is_loss():
        summary = summarise_seeds(row.chosen_loss(), row.seed_losses())
        baseline = row.zero_loss()
    else:
        value, by_seed = row.metric(row.quantity), row.metric_by_seed(row.quantity)
        if is_relative_error(row.quantity):
            value = 100 * value
        summary = summarise_seeds(value, by_seed) if by_seed else SeedSummary(value, MISSING, MISSING, 1)
    return {
        "quantity": row.quantity,
        "quantity_words": capitalised(quantity_words(row.quantity)),
        "paper": row.published.value,
        "best": summary.best,
        "best_percent": of_zero_percent(summary.best, baseline),
        "mean": summary.mean,
        "std": summary.std,
        "seeds": summary.seeds,
        "zero_baseline_mse": baseline,
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def generations(rows: Sequence[Row]) -> Built:
    """The chosen models' free-running outputs: errors, tones by pitch and level, rooms by their parameters."""
    columns = (
        Column("parameters", "Parameters /\nsamples", Format.INTEGER, beside_key="samples"),
        Column("generation_mse", "MSE", Format.SCIENTIFIC),
        Column("generation_power_percent", "MSE / power (%)\nsound / median", beside_key="median_power_percent"),
        Column(
            "effective_length_samples",
            "Effective length\n(samples / %)",
            Format.INTEGER,
            beside_key="effective_length_percent",
        ),
        Column("log_spectral_distance_db", "LSD\n(dB)"),
        Column("target_frequency_hz", "Frequency (Hz)\ntarget / ours", beside_key="generation_frequency_hz"),
        Column("last_half_level_db", "Last half\n(dB)", Format.LEVEL),
        Column("sounding_states_percent", "States that\nsound (%)"),
        Column("target_t30_s", "T30 (s)\ntarget / ours", beside_key="generation_t30_s"),
        Column("target_edt_s", "EDT (s)\ntarget / ours", beside_key="generation_edt_s"),
        Column("target_c50_db", "C50 (dB)\ntarget / ours", Format.LEVEL, beside_key="generation_c50_db"),
        Column("within_jnd", "Within\nJND", Format.TEXT),
        Column(
            "target_t30_nonlinearity_permille",
            "T30 non-linearity (‰)\ntarget / ours",
            beside_key="generation_t30_nonlinearity_permille",
        ),
        Column("target_noise_floor_db", "Noise floor (dB)\ntarget / ours", beside_key="generation_noise_floor_db"),
    )
    records = [_generation_record(row) for row in rows]
    kinds = {row.metrics["kind"] for row in rows}
    chosen = f"the seed with the lowest {rules(rows)}" if have_seeds(rows) else "the only seed"
    notes = (
        f"Generation: free running from one seed sample, by {chosen}; the sound is that of the first random initial "
        "state. Median: of the MSE over all initial states, in per cent of the power. 100 % is the error of silence.",
        "Parameters / samples: trained values of a model, and samples of the signal that it learned.",
        "Effective length: samples before it dies, bursts or gets stuck, and their share of the target's.",
        "LSD: log-spectral distance.",
        *(_TONE_NOTES if kinds & set(TONES) else ()),
        *((_ROOM_NOTE,) if "room" in kinds else ()),
        *((_JND_NOTE,) if _is_said(records, "within_jnd") else ()),
        "–: could not be measured, or does not apply.",
    )
    return Built(records, columns, notes)


_TONE_NOTES = (
    "Tones are judged as tones: the MSE of a sustained tone exceeds that of silence once its phase has drifted. "
    "Frequency: of the strongest peak in the last half. Last half: its level relative to the target's. States that "
    f"sound: share of the initial states whose last half is at most {-SOUNDING_DB:g} dB quieter than the target's. "
    f"{QUIETEST_DB:g} dB: silence.",
)
_ROOM_NOTE = (
    "T30, EDT, C50: room acoustic parameters of rooms; a noise floor of the target is found and treated, or the "
    "parameter left out (ISO 3382-1)."
)
_JND_NOTE = (
    f"Within JND: which of the three a listener could not tell from the target's, being at most {TIME_JND_PERCENT:g} % "
    f"(T30, EDT) or {CLARITY_JND_DB:g} dB (C50) off: the just noticeable differences of ISO 3382-1, table A.1, which "
    "states them for EDT and for the clarity C80. Only where all three could be measured, of target and generation."
)


def _generation_record(row: Row) -> dict[str, Cell]:
    length = row.metric("generation.effective_length_samples")
    is_room = row.metrics["kind"] == "room"
    room = {
        f"{sound}_{parameter}": row.metric(f"{sound}.{parameter}") if is_room else MISSING
        for parameter in _ROOM_PARAMETERS
        for sound in _SOUNDS
    }
    differences = {key: row.metric(f"generation.{key}") if is_room else MISSING for key in _ROOM_DIFFERENCES}
    median = number(row.chosen()["losses"].get("generation_mse_median"))
    zero_loss = number(row.selection["zero_loss"].get("generation_mse"))
    return {
        "parameters": row.selection["parameters"],
        "samples": row.selection["samples"],
        "generation_mse": row.metric("generation.mse"),
        "generation_power_percent": 100 * row.metric("generation.relative_error"),
        "median_power_percent": of_zero_percent(median, zero_loss),
        "effective_length_samples": length,
        "effective_length_percent": 100 * length / row.metric("target.samples"),
        "log_spectral_distance_db": row.metric("generation.log_spectral_distance_db"),
        **_tone(row.metrics),
        **room,
        **differences,
        "within_jnd": _unnoticed(row.metrics["generation"]) if is_room else None,
        **{f"{sound}_noise_floor_db": number(row.metrics[sound].get("noise_floor_db")) for sound in _SOUNDS},
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }


def _tone(metrics: Mapping[str, Record]) -> dict[str, Cell]:
    """What is known of a generation as a tone; NaN for anything else."""
    generation = metrics["generation"]
    return {
        **{f"{sound}_frequency_hz": number(metrics[sound].get("dominant_frequency_hz")) for sound in _SOUNDS},
        **{key: number(generation.get(key)) for key in ("last_half_level_db", "sounding_states_percent")},
    }


def _unnoticed(generation: Record) -> str | None:
    """Names of a generation's room parameters within the just noticeable difference; None if one was not measured."""
    if any(generation[key] is None for key in _ROOM_DIFFERENCES):
        return None
    return ", ".join(name.upper() for name in COMPARED if generation[f"{name}_within_jnd"]) or "none"
