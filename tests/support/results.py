"""A run's results as tests read them, and as two runs are compared: without what was measured, byte for byte."""

import csv
import json
from pathlib import Path
from typing import Any

# Keys in records, and next to the losses of each seed in selection.json.
# A digest is that of the whole record, with what was measured.
_MEASURED = {"measured", "sha256", "wall_time_s", "models_at_once", "peak_memory_mib"}
_MEASURED_COLUMNS = {
    *("wall_time_s", "mean_wall_time_s", "peak_memory_mib"),  # effort of trainings
    *("seconds_per_second", "none_update_ms", "own_update_ms", "overhead"),  # results of the rules that measure times
}
_ASIDE = ("logs", "checkpoints", "speed", "plan.json", "report.html")  # the page says what was measured

TABLE_SUFFIXES = ("csv", "md", "tex", "html")
FIGURE_SUFFIXES = ("svg", "png")


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def compared(results: Path) -> dict[str, bytes]:
    """Every result by its path. A table with times is compared by its CSV file without these columns."""
    timed = {path.stem for path in results.glob("tables/*.csv") if _MEASURED_COLUMNS & set(_rows(path)[0])}
    contents = {}
    for path in sorted(results.rglob("*")):
        place = path.relative_to(results)
        if not path.is_file() or place.parts[0] in _ASIDE:
            continue
        if place.parts[0] != "tables" or path.stem not in timed:
            contents[str(place)] = _unmeasured(path)
        elif path.suffix == ".csv":
            contents[str(place)] = _without_times(_rows(path))
    return contents


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _without_times(rows: list[list[str]]) -> bytes:
    kept = [index for index, column in enumerate(rows[0]) if column not in _MEASURED_COLUMNS]
    return json.dumps([[row[index] for index in kept] for row in rows]).encode()


def _unmeasured(path: Path) -> bytes:
    if path.suffix != ".json":
        return path.read_bytes()
    return json.dumps(_without_measured(json.loads(path.read_bytes()))).encode()


def _without_measured(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    if not isinstance(value, dict):
        return value
    return {key: _without_measured(entry) for key, entry in value.items() if key not in _MEASURED}
