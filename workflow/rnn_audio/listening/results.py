"""Results of a listening test: the CSV files of webMUSHRA, of the test's own page, and of pymushra."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnn_audio.errors import InputError
from rnn_audio.listening.plan import TRAINING, signals, trials

HIGHEST = 100

_COLUMNS = {  # as webMUSHRA and its page call them, and as pymushra does
    "test": ("session_test_id", "wm_testId"),
    "listener": ("session_uuid", "questionaire_uuid"),
    "trial": ("trial_id", "wm_id"),
    "signal": ("rating_stimulus", "responses_stimulus"),
    "score": ("rating_score", "responses_score"),
}
_SHOWN = 3  # malformed rows that a message quotes


@dataclass
class Listener:
    """What one listener did.

    Attributes:
        scores: by trial and signal, whole numbers from 0 to 100.
        tests: identities of the tests that the rows name; more than one, or a foreign one, means other sounds.
    """

    scores: dict[str, dict[str, int]] = field(default_factory=dict)
    tests: set[str] = field(default_factory=set)

    def lacks(self, test: Mapping[str, Any]) -> int:
        """How many of the test's scores are missing."""
        wanted = [(trial.name, signal) for trial in trials(test) for signal in trial.files]
        return sum(signal not in self.scores.get(trial, {}) for trial, signal in wanted)


def results_files(folder: Path) -> list[Path]:
    """The CSV files in a folder and in the folders inside it, sorted; none if there is no such folder."""
    return sorted(path for path in Path(folder).rglob("*.csv") if path.is_file())


def read_results(paths: Iterable[Path], name: str, test: Mapping[str, Any]) -> dict[str, Listener]:
    """Read the scores of all listeners, by the identity that their session had.

    A row that occurs twice counts once: pages and servers append to files. Scores of the training are left out.

    Args:
        paths: CSV files of any of the three sources.
        name: the test's name in the configuration.
        test: its entry there.

    Raises:
        InputError: a file is no such CSV, or has malformed rows; it names the file, the lines and what is wrong.
    """
    listeners: dict[str, Listener] = {}
    for path in sorted(paths):
        wrong = [said for number, row in _rows(path) for said in _add(listeners, number, row, name, test)]
        if wrong:
            more = f" (and {len(wrong) - _SHOWN} more)" if len(wrong) > _SHOWN else ""
            raise InputError(f"{path}: {'; '.join(wrong[:_SHOWN])}{more}; correct or remove what is wrong")
    return listeners


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str] | None]]:
    """The rows of a file with their lines' numbers; None for a row that has not as many fields as the header."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as UTF-8 text ({error}); export the results again as CSV") from error
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=";" if ";" in first else ",")
    header = next(reader, [])
    places = {}
    for column, names in _COLUMNS.items():
        found = [header.index(each) for each in names if each in header]
        if not found:
            raise InputError(
                f"{path}: has no column '{names[0]}' (or '{names[1]}', as pymushra calls it); put only results of "
                "listening tests into this folder"
            )
        places[column] = found[0]
    for row in reader:
        if row:
            whole = len(row) == len(header)
            yield reader.line_num, {column: row[place] for column, place in places.items()} if whole else None


def _add(
    listeners: dict[str, Listener], number: int, row: dict[str, str] | None, name: str, test: Mapping[str, Any]
) -> list[str]:
    """Add a row to its listener; returns what is wrong with it, if anything."""
    if row is None:
        return [f"line {number} has not as many fields as the first line"]
    if row["test"] != name and not row["test"].startswith(f"{name}-"):
        return [f"line {number} is of the test '{row['test'][:80]}', not of '{name}'"]
    if row["trial"] == TRAINING:
        return []
    for what, known in (("trial", [trial.name for trial in trials(test)]), ("signal", signals(test))):
        if row[what] not in known:
            return [f"line {number} has the {what} '{row[what][:80]}', which the test '{name}' has not"]
    score = _score(row["score"])
    if score is None:
        return [f"line {number} has the score '{row['score'][:80]}', not a whole number from 0 to {HIGHEST}"]
    if not row["listener"].strip():
        return [f"line {number} has no listener"]
    listener = listeners.setdefault(row["listener"].strip(), Listener())
    listener.tests.add(row["test"])
    earlier = listener.scores.setdefault(row["trial"], {}).setdefault(row["signal"], score)
    if earlier != score:
        return [f"line {number} gives {row['trial']}, {row['signal']} the score {score} after {earlier}"]
    return []


def _score(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and 0 <= value <= HIGHEST else None
