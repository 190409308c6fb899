"""The verdicts on the papers' claims, if the run has made them."""

import csv
from collections import Counter
from pathlib import Path

from rnn_audio.types import Settings

_FILES = {"CSV": "claims.csv", "MD": "claims.md", "HTML": "claims.html", "log": "{logs}/claims.log"}
_TEXTS = ("claim", "place", "statement", "published", "ours", "verdict", "reason", "configurations")


def shown_claims(results: Path, plan: Settings) -> Settings | None:
    """The claims by paper, `counts` of each verdict, and links to `files`; None where nothing has been judged."""
    path = results / "claims.csv"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        claims = [_shown(row, plan) for row in csv.DictReader(file)]
    files = {word: name.format(logs=plan["logs"]) for word, name in _FILES.items()}
    return {
        "claims": claims,
        "counts": Counter(claim["verdict"] for claim in claims).most_common(),
        "files": [(word, name) for word, name in files.items() if (results / name).is_file()],
    }


def _shown(row: dict[str, str], plan: Settings) -> Settings:
    """The texts of one claim, and the configurations that it names and that the page has."""
    shown: Settings = {key: row.get(key) or "" for key in _TEXTS}
    names = shown["configurations"].replace(",", " ").replace(";", " ").split()
    return shown | {"configurations": [name for name in names if name in plan["configurations"]]}
