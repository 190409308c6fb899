"""The verdicts on the papers' claims, if the run has made them."""

import csv
import re
from collections import Counter
from pathlib import Path

from markupsafe import Markup

from rnn_audio.reporting.page.artefacts import read_table
from rnn_audio.types import Settings

_FILES = ("claims.csv", "claims.md")
_VERDICT = re.compile(r"<td[^>]*>((?:confirmed|not confirmed|undecided|needs listeners)[^<]*)</td>")


def shown_claims(results: Path) -> Settings | None:
    """The claims: `html` and `notes` of their table, `counts` of each verdict, links to `files`; None without any."""
    if not all((results / name).is_file() for name in ("claims.csv", "claims.html")):
        return None
    _, html, notes = read_table(results / "claims")
    with (results / "claims.csv").open(encoding="utf-8", newline="") as file:
        counts = Counter(row["verdict"] for row in csv.DictReader(file) if row.get("verdict"))
    marked = _VERDICT.sub(lambda cell: f'<td class="verdict {cell[1].split()[0]}">{cell[1]}</td>', html)
    files = [(Path(name).suffix[1:].upper(), name) for name in _FILES if (results / name).is_file()]
    return {"html": Markup(marked), "notes": notes, "counts": counts.most_common(), "files": files}
