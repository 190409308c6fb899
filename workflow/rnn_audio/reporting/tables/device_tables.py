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

`band_errors` (paper B, section 5.1) compares the error in one band, in decibels, the same in all rows: that of the
chosen seeds, with its interval over the seconds of the test set, and that of all seeds, in pairs. A published value is
the difference from the other rows with the same labels except the last.

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

from rnn_audio.evaluation.seed_errors import SeedBand, difference_over_blocks, read_band
from rnn_audio.evaluation.statistics import CONFIDENCE, sign_test
from rnn_audio.losses.preemphasis import FILTERS, NAMES
from rnn_audio.reporting.tables.cells import Cell, Format, is_missing
from rnn_audio.reporting.tables.parts import (
    PAPER_NOTE,
    Built,
    best_header,
    have_seeds,
    rule_note,
    spread_notes,
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
    columns = tuple(column for name in NAMES for column in _filter_columns(name, best, have_seeds(rows)))
    leak = (_leak_note(rows),) if have_seeds(rows) else ()
    notes = (_LOSS_NOTE, rule_note(rows), *leak, PAPER_NOTE, *spread_notes(rows), _BASELINE_NOTE)
    records = [_loss_record(row) for row in rows]
    return Built(records, columns, notes, tuple(_baseline_records(rows, records[0])))


def band_errors(rows: Sequence[Row]) -> Built:
    """A level in decibels, next to the mean of the rows that differ only in the last label (paper B, section 5.1).

    Raises:
        InputError: the rows show several quantities, or the quantity does not exist.
    """
    quantities = sorted({str(row.quantity) for row in rows})
    if len(quantities) > 1:
        raise rows[0].error(f"a table of band errors shows one quantity, not {', '.join(quantities)}")
    bands = [_band(row) for row in rows]
    records = [_band_record(row, rows, bands) for row in rows]
    has_interval = any(not is_missing(record["difference_low_db"]) for record in records)
    several = have_seeds(rows)
    best = best_header(rows).lower()
    columns = (
        Column("error_db", f"Error (dB),\n{best}", Format.LEVEL),
        Column("others_mean_db", f"Mean of the others\n(dB), {best}", Format.LEVEL),
        Column(
            "difference_db",
            f"Difference (dB),\n{best}",
            Format.LEVEL,
            interval_keys=("difference_low_db", "difference_high_db"),
        ),
        *(_SEED_COLUMNS if several else ()),
        Column("paper_difference_db", "Difference (dB),\npaper", Format.LEVEL),
    )
    notes = (
        "Error: energy of the test error in the band over the target's, in dB; 0 dB is as bad as silence. "
        + rule_note(rows),
        "The others: the rows that differ in the last label column alone; mean of their levels in dB.",
        *((_INTERVAL_NOTE,) if has_interval else ()),
        *((_SEED_NOTE,) if several else ()),
        PAPER_NOTE,
    )
    return Built(records, columns, notes)


_INTERVAL_NOTE = (
    f"Difference [from, to]: {100 * CONFIDENCE:g} % interval of the bootstrap over seconds of the test set, the same "
    "seconds for all rows. It says how far the difference depends on what is played, not on the seed."
)
_SEED_COLUMNS = (
    Column(
        "median_difference_db",
        "Difference (dB),\nmedian of the seeds",
        Format.LEVEL,
        interval_keys=("lowest_db", "highest_db"),
    ),
    Column("seeds_below", "Seeds with\nless error", Format.TEXT),
)
_SEED_NOTE = (
    "Seeds: each is compared with the same seed of the others, since it has the same random numbers; the median of the "
    "differences [lowest, highest]. p: exact sign test of less error."
)


def _filter_columns(name: str, best: str, several: bool) -> tuple[Column, ...]:
    header = f"{FILTERS[name].header} (%)"
    mean = Column(f"mean_test_{name}", f"{header}\nMean ± std", Format.PERCENT, spread_key=f"std_test_{name}")
    return (
        Column(f"paper_test_{name}", f"{header}\nPaper", Format.PERCENT),
        Column(f"best_test_{name}", f"{header}\n{best}", Format.PERCENT),
        *((mean,) if several else ()),
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


def _band(row: Row) -> SeedBand:
    record = row.results["errors"]
    known = {f"prediction.{name}": name for name in record["bands"]}
    if row.quantity not in known:
        raise row.error(f"unknown quantity {row.quantity!r}; there are: {', '.join(known)}")
    return read_band(record, known[row.quantity])


def _band_record(row: Row, rows: Sequence[Row], bands: Sequence[SeedBand]) -> dict[str, Cell]:
    group = list(row.labels.values())[:-1]
    own = bands[row.number - 1]
    seed = row.selection["chosen_seed"]
    # The others with their own chosen seeds.
    others = [
        (band, other.selection["chosen_seed"])
        for other, band in zip(rows, bands, strict=True)
        if other is not row and list(other.labels.values())[:-1] == group
    ]
    record: dict[str, Cell] = {
        "error_db": own.level_db(seed),
        "others_mean_db": statistics.fmean(band.level_db(chosen) for band, chosen in others) if others else MISSING,
        **dict.fromkeys(_DIFFERENCE_KEYS, MISSING),
        "seeds_below": None,
        "paper_difference_db": row.published.value,
        "quantity": row.quantity,
        "configuration": row.configuration,
        "chosen_seed": seed,
    }
    if not others:
        return record
    interval = difference_over_blocks(own, seed, others)
    ends = (interval.low, interval.high) if interval.draws > 1 else (MISSING, MISSING)
    record |= dict(zip(_DIFFERENCE_KEYS[:3], (interval.value, *ends), strict=True))
    by_seed = {seed: own.level_db(seed) for seed in own.errors}
    means = {seed: statistics.fmean(band.level_db(seed) for band, _ in others) for seed in by_seed}
    differences = [by_seed[seed] - means[seed] for seed in by_seed]
    record |= dict(
        zip(_DIFFERENCE_KEYS[3:], (statistics.median(differences), min(differences), max(differences)), strict=True)
    )
    test = sign_test(by_seed, means)
    return record | {"seeds_below": f"{test.lower} of {test.pairs}, p = {test.p_value:.2g}"}


_DIFFERENCE_KEYS = (
    *("difference_db", "difference_low_db", "difference_high_db"),
    *("median_difference_db", "lowest_db", "highest_db"),
)
