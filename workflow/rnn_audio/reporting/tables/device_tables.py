"""Tables of modelled devices: test losses after each pre-emphasis filter, and error levels in a frequency band.

In both kinds the last label column is what is compared (the training filter); the other label columns form the groups
within which it is compared (the hidden size).

`device_losses` (paper B, table 1) shows the full loss of eq. 4 on the test set after each of the filters. Its rows give
the published losses by filter, as fractions. `select_by` names the loss that chooses the seed, and may differ from the
configuration's own. The device's trivial baselines are listed below the models.

    kind: device_losses
    select_by: test_loss
    labels: {hidden_size: Hidden size, pre_emphasis: Training pre-emphasis}
    rows:
      - configuration: amplifier_32_none
        labels: {hidden_size: 32, pre_emphasis: none}
        published: {none: 0.0156, highpass: 0.109, folded_differentiator: 0.0768, a_weighting: 0.0316}

`band_errors` (paper B, section 5.1) compares one metric of the chosen models, in decibels, the same in all rows. A
published value is the difference from the other rows with the same labels except the last.

    kind: band_errors
    labels: {hidden_size: Hidden size, pre_emphasis: Training pre-emphasis}
    rows:
      - configuration: amplifier_32_a_weighting
        quantity: prediction.error_1_2_khz_db
        labels: {hidden_size: 32, pre_emphasis: a_weighting}
        published: {value: -5}
"""

import statistics
from collections.abc import Sequence
from dataclasses import replace

from rnn_audio.losses.preemphasis import FILTERS, NAMES
from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.parts import (
    PAPER_NOTE,
    SPREAD_NOTE,
    Built,
    best_header,
    rule_note,
    rules,
    summarise_seeds,
)
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import MISSING, Row, number, training_time_s

# In the expected order, strongest baseline first: an output of zeros has a loss of 100 %.
_BASELINES = {"waveshaper": "memoryless waveshaper", "gain": "least-squares gain", "zero": "silence"}

_LOSS_NOTE = (
    "Per cent: the whole loss of equation 4 (ESR of the pre-emphasised signals plus DC loss), on the whole test set "
    f"as one signal. Columns by the test's pre-emphasis: {', '.join(own.words for own in FILTERS.values())}."
)
_BASELINE_NOTE = (
    "The last rows are trivial baselines: a memoryless curve and a gain, both fitted to the training set by least "
    "squares, and an output of zeros."
)


def device_losses(rows: Sequence[Row]) -> Built:
    """Paper, chosen seed, mean and spread for each filter's test loss; baselines below (paper B, table 1).

    Losses are fractions in the records and percentages in the columns.

    Raises:
        InputError: a published loss is for an unknown filter, or the results lack a loss or a baseline.
    """
    best = best_header(rows).replace(" of ", "\nof ")
    columns = tuple(column for name in NAMES for column in _filter_columns(name, best))
    notes = (_LOSS_NOTE, rule_note(rows), _leak_note(rows), PAPER_NOTE, SPREAD_NOTE, _BASELINE_NOTE)
    records = [_loss_record(row) for row in rows]
    return Built(records, columns, notes, tuple(_baseline_records(rows, records[0])))


def band_errors(rows: Sequence[Row]) -> Built:
    """A level in decibels, next to the mean of the rows that differ only in the last label (paper B, section 5.1).

    Raises:
        InputError: the rows show several quantities, the quantity does not exist, or a row's metrics belong to another
            seed than the selected one.
    """
    quantities = sorted({str(row.quantity) for row in rows})
    if len(quantities) > 1:
        raise rows[0].error(f"a table of band errors shows one quantity, not {', '.join(quantities)}")
    columns = (
        Column("error_db", "Error\n(dB)"),
        Column("others_mean_db", "Mean of the\nothers (dB)"),
        Column("difference_db", "Difference\n(dB)"),
        Column("paper_difference_db", "Difference,\npaper (dB)"),
    )
    notes = (
        f"Error: {quantities[0]}, energy of the test error in the band over the target's, of the seed with the "
        f"lowest {rules(rows)}.",
        "The others: the rows that differ in the last label column alone; mean of their levels in dB.",
        PAPER_NOTE,
    )
    levels = [_chosen_metric(row) for row in rows]
    return Built([_band_record(row, rows, levels) for row in rows], columns, notes)


def _filter_columns(name: str, best: str) -> tuple[Column, Column, Column]:
    header = f"{FILTERS[name].header} (%)"
    return (
        Column(f"paper_test_{name}", f"{header}\nPaper", Format.PERCENT),
        Column(f"best_test_{name}", f"{header}\n{best}", Format.PERCENT),
        Column(f"mean_test_{name}", f"{header}\nMean ± std", Format.PERCENT, spread_key=f"std_test_{name}"),
    )


def _leak_note(rows: Sequence[Row]) -> str:
    if any(row.selection["rule"] == "test_loss" for row in rows):
        return (
            "Choosing a seed by its test loss is a selection leak: it is chosen on the data that then judge it. It is "
            "kept because the paper does it; mean ± std is free of it, and so is select_by: validation_loss."
        )
    return "The paper chooses by the test loss, on the data that then judge the seed; this table does not."


def _loss_record(row: Row) -> dict[str, Cell]:
    unknown = [name for name in row.published.losses if name not in NAMES]
    if unknown:
        raise row.error(f"published losses of {', '.join(unknown)}: no such filter; there are: {', '.join(NAMES)}")
    record: dict[str, Cell] = {}
    for name in NAMES:
        shown = replace(row, quantity=f"test_{name}")
        losses = shown.seed_losses()
        summary = summarise_seeds(shown.chosen_loss(), losses)
        record |= {
            f"paper_test_{name}": number(row.published.losses.get(name)),
            f"best_test_{name}": summary.best,
            f"mean_test_{name}": summary.mean,
            f"std_test_{name}": summary.std,
        }
    return record | {
        "seeds": len(row.selection["seeds"]),
        "chosen_seed": row.selection["chosen_seed"],
        "wall_time_s": training_time_s(row.chosen()),
        "configuration": row.configuration,
    }


def _baseline_records(rows: Sequence[Row], like: dict[str, Cell]) -> list[dict[str, Cell]]:
    """One row per baseline and device, with the keys of the rows above and the baseline's name under the last label."""
    devices = {row.metrics.get("device"): row for row in rows}
    *others, last = rows[0].labels
    records = []
    for device, row in devices.items():
        for baseline, name in _BASELINES.items():
            label = name if len(devices) == 1 else f"{name} ({device})"
            losses = {f"best_test_{key}": row.metric(f"baselines.{baseline}.{key}") for key in NAMES}
            records.append({**dict.fromkeys([*others, *like]), last: label, **losses})
    return records


def _chosen_metric(row: Row) -> float:
    selected, measured = row.selection["chosen_seed"], row.metrics["chosen_seed"]
    if selected != measured:
        raise row.error(f"its metrics are of seed {measured}, not of the selected seed {selected}; remove select_by")
    return row.metric(str(row.quantity))


def _band_record(row: Row, rows: Sequence[Row], levels: Sequence[float]) -> dict[str, Cell]:
    group = list(row.labels.values())[:-1]
    others = [
        level
        for other, level in zip(rows, levels, strict=True)
        if other is not row and list(other.labels.values())[:-1] == group
    ]
    own = levels[row.number - 1]
    mean = statistics.fmean(others) if others else MISSING
    return {
        "error_db": own,
        "others_mean_db": mean,
        "difference_db": own - mean,
        "paper_difference_db": row.published.value,
        "quantity": row.quantity,
        "configuration": row.configuration,
        "chosen_seed": row.selection["chosen_seed"],
    }
