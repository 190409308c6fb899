"""`rnn-audio compare`: a run's losses next to published ones, configuration by configuration."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from rnn_audio.records import read_json
from rnn_audio.reporting.publication.comparison import TOLERANCE, ComparedRow, agree, compare_runs
from rnn_audio.reporting.publication.what_was_run import what_was_run


def add_arguments(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("published", type=Path, help="folder of published results, with run.json")
    parser.add_argument("results", type=Path, nargs="?", default=Path("results"), help="folder of a run (results)")


def run(arguments: Namespace) -> int:
    """Print the comparison; the status is 1 if a row differs.

    Raises:
        InputError: one of the two folders holds no run.
    """
    published = read_json(arguments.published / "run.json")
    rows = compare_runs(published["configurations"], what_was_run(arguments.results)["configurations"])
    cells = [_cells(row) for row in rows]
    header = ("configuration", "loss", "published", "this run", "ratio", "verdict")
    widths = [max(len(line[column]) for line in (header, *cells)) for column in range(len(header))]
    for line in (header, *cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    counts = Counter(row.verdict for row in rows)
    print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()) + ".")
    print(
        "Losses: medians over the seeds. Ratio: this run's loss over the published one, median over common seeds; "
        f"{1 / TOLERANCE:.2f} to {TOLERANCE:.2f} agrees."
    )
    return 0 if agree(rows) else 1


def _cells(row: ComparedRow) -> tuple[str, ...]:
    verdict = f"{row.verdict}: {row.reason}" if row.reason else row.verdict
    ours = "" if row.ours is None else f"{row.ours:.3e}"
    ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
    return row.configuration, row.quantity, f"{row.published:.3e}", ours, ratio, verdict
