"""What a run says when it is done: the range of errors in each of its tables, and the files worth opening."""

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_OPENED = ("report.html", "claims.html", "claims.md")
"""Files in the folder of results that are worth opening first, if they are there."""


def headlines(results: Path, tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lines to print at the end of a run.

    Args:
        results: the folder of results.
        tables: the declarations of the tables that the run has made, by their names.
    """
    ranges = []
    for name, declaration in tables.items():
        said = _range(results / "tables" / f"{name}.csv", declaration)
        if said:
            ranges.append((name, said))
    width = max((len(name) for name, _ in ranges), default=0)
    lines = [f"  {name:{width}}  {said}" for name, said in ranges]
    if lines:
        lines.insert(0, "Lowest and highest errors of each table, in per cent of those of an output of zeros:")
    return [*lines, *_files(results, tables)]


def _range(path: Path, declaration: Mapping[str, Any]) -> str:
    """The lowest and the highest error of a table, each with its configuration; of a device, also trivial models'."""
    column, factor = _column(declaration)
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError:
        return ""
    errors = [(factor * value, row) for row in rows if column in row and not math.isnan(value := _number(row[column]))]
    models = [(value, row["configuration"]) for value, row in errors if row.get("configuration")]
    if not models:
        return ""
    ends = dict.fromkeys((min(models), max(models)))
    said = ", ".join(f"{value:.3g} {configuration}" for value, configuration in ends)
    first = next(iter(declaration["labels"]))
    trivial = [(value, _name(row, first)) for value, row in errors if not row.get("configuration")]
    beaten = ", ".join(f"{name} {value:.3g}" for value, name in trivial if value < 100)
    return f"{said} ({beaten})" if beaten else said


def _column(declaration: Mapping[str, Any]) -> tuple[str, float]:
    """The column of a table that holds an error over that of zeros, and the factor that makes it per cent."""
    quantity = next(iter(declaration.get("quantities", [])), "")
    columns = {
        "losses": ("best_percent", 1.0),
        "generations": ("generation_power_percent", 1.0),
        "device_losses": ("best_test_none", 100.0),
        "sweep": (f"best_percent_{quantity}", 1.0),
    }
    return columns.get(declaration["kind"], ("", 1.0))


def _name(row: Mapping[str, str], first: str) -> str:
    """The name of a trivial model: its label, wherever it stands."""
    texts = [text for key, text in row.items() if text and (key == first or not _is_number(text))]
    return next((text for text in texts if text != "–"), "")


def _is_number(text: str) -> bool:
    return not math.isnan(_number(text))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _files(results: Path, tables: Iterable[str]) -> list[str]:
    opened = [results / name for name in _OPENED if (results / name).is_file()]
    folders = [results / "tables", results / "figures"] if tables else []
    worth = [*map(str, opened), *(f"{folder}/" for folder in folders if folder.is_dir())]
    return [f"Open: {', '.join(worth)}"] if worth else []
