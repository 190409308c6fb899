"""What the kinds of tables share: the shape of a built table, the summary over seeds, and recurring notes."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rnn_audio.configuration.words import quantity_words
from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import MISSING, Row

SPREAD_NOTE = "Mean ± std: over the seeds with a measured value, as many as counted; sample standard deviation."
PAPER_NOTE = "Paper: value published in the paper, not measured here."
ZERO_NOTE = (
    "Zero output: the loss of an output that is always zero; for an MSE, the power of the target. In brackets: the "
    "loss in per cent of it. At 100 % and more, a model is no better than silence by this measure."
)


@dataclass(frozen=True)
class Built:
    """The content of a table, without its name and caption.

    Attributes:
        records: the values of each declared row, without its labels.
        columns: the columns to display, in order.
        notes: what a reader has to know about the columns.
        closing_records: rows below the declared ones, labels included, with the same keys as the rows above.
        rows: the declared row of each record, if a row has several records.
    """

    records: list[dict[str, Cell]]
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    closing_records: tuple[dict[str, Cell], ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class SeedSummary:
    """A loss over the seeds of one configuration.

    Attributes:
        best: the chosen seed's loss.
        mean: mean over the seeds; NaN without any.
        std: sample standard deviation (divisor n - 1); NaN for fewer than two seeds.
        seeds: number of seeds with a loss.
    """

    best: float
    mean: float
    std: float
    seeds: int


def summarise_seeds(best: float, losses: Sequence[float]) -> SeedSummary:
    """Mean and spread of the seeds' losses, with the chosen one."""
    mean = statistics.fmean(losses) if losses else MISSING
    std = statistics.stdev(losses) if len(losses) > 1 else MISSING
    return SeedSummary(best, mean, std, len(losses))


def have_seeds(rows: Sequence[Row]) -> bool:
    """Whether any row has several seeds; if none has, a mean would repeat the only value."""
    return any(len(row.selection["seeds"]) > 1 for row in rows)


def best_header(rows: Sequence[Row]) -> str:
    """The header of the chosen seeds' values: "Best of 5", or "Seed 1" if there is only that one."""
    seeds = {tuple(row.selection["seeds"]) for row in rows}
    counts = {len(each) for each in seeds}
    if counts == {1} and len(seeds) == 1:
        return f"Seed {next(iter(seeds))[0]}"
    return f"Best of {counts.pop()}" if len(counts) == 1 else "Best seed"


def label_column(key: str, header: str, rows: Sequence[Row]) -> Column:
    """A column of labels: integers are aligned as numbers, anything else is text."""
    whole_numbers = all(isinstance(row.labels[key], int) for row in rows)
    return Column(key, header, Format.INTEGER if whole_numbers else Format.TEXT)


def rules(rows: Sequence[Row]) -> str:
    """The losses by which the rows' seeds were chosen, as part of a sentence."""
    return " or ".join(sorted({quantity_words(str(row.selection["rule"])) for row in rows}))


def rule_note(rows: Sequence[Row]) -> str:
    """The note that says what "best" means."""
    if not have_seeds(rows):
        return "One seed was trained: no mean, no spread, nothing to choose from."
    return f"Best: the seed with the lowest {rules(rows)}, whichever quantity is shown."


def spread_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """The note on means and spreads; none for a single seed."""
    return (SPREAD_NOTE,) if have_seeds(rows) else ()


def of_zero_percent(loss: float, zero_loss: float) -> float:
    """A loss in per cent of that of zero output; NaN where there is none."""
    return 100 * loss / zero_loss if zero_loss > 0 else MISSING


def pack_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """The note on times of models that trained side by side; none if all trained alone."""
    at_once = max(results.get("models_at_once", 1) for row in rows for results in row.selection["seeds"].values())
    if at_once == 1:
        return ()
    return (f"Times: where models trained side by side, up to {at_once} at once, each one's share of their time.",)
