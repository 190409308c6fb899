"""Tables and figures as the page shows them: taken from the files that the run wrote, with links to what they show."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup, escape

from rnn_audio.errors import InputError
from rnn_audio.types import Settings

_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_TABLE = re.compile(r"<thead>.*</tbody>", re.DOTALL)
_NOTES = re.compile(r'<ul class="notes">.*?</ul>', re.DOTALL)
_FIRST_CELL = re.compile(r"^<tr><td([^>]*)>(.*?)</td>", re.MULTILINE)
_NARROW_POINTS = 300  # between one column of a page and two
_SIGNS_IN_URLS = " !$&()*+,-./:;<=>?@[]^_`{|}~\"'"  # what a data: URL may hold as it is


def shown_tables(results: Path, plan: Settings, paper: str) -> Iterator[Settings]:
    """The tables of a paper that exist, each with `html`, `notes`, links to its `files`, and what the plan says."""
    for name, declared in plan["tables"].items():
        if declared["paper"] == paper and (results / f"tables/{name}.html").is_file():
            caption, table, notes = read_table(results / "tables" / name)
            files = _files(results, f"tables/{name}", (".csv", ".md", ".tex"))
            rule = "listening_tables" if declared["kind"] == "listening" else "table"
            log = _files(results, f"{plan['logs']}/{rule}/{name}", (".log",))
            yield {"name": name, **declared, "caption": caption, "html": table, "notes": notes, "files": [*files, *log]}


def shown_figures(results: Path, plan: Settings, paper: str) -> Iterator[Settings]:
    """The figures of a paper that exist, each with `image`, a `data:` URL, its `size`, and links to its `files`."""
    for name, declared in plan["figures"].items():
        path = results / f"figures/{name}.svg"
        if declared["paper"] == paper and path.is_file():
            files = _files(results, f"figures/{name}", (".svg", ".png"))
            log = _files(results, f"{plan['logs']}/plot_{declared['kind']}/{name}", (".log",))
            text = path.read_text(encoding="utf-8")
            size = "narrow" if _width_points(text) < _NARROW_POINTS else "wide"
            yield {"name": name, **declared, "image": image_url(text), "size": size, "files": [*files, *log]}


def read_table(stem: Path) -> tuple[Markup, Markup, Markup]:
    """Caption, head and body of a table, and the notes below it, from its HTML; each row's first cell links to a model.

    Args:
        stem: the path of the table's files without their suffix.

    Raises:
        InputError: the file is not a table of this workflow.
    """
    path = stem.with_suffix(".html")
    text = path.read_text(encoding="utf-8")
    caption, table, notes = (part.search(text) for part in (_CAPTION, _TABLE, _NOTES))
    if caption is None or table is None:
        raise InputError(f"{path}: not a table of this workflow; delete it and run the workflow again")
    names = iter(_configurations(stem.with_suffix(".csv")))

    def linked(cell: re.Match[str]) -> str:
        name = next(names, None)
        inside = cell[2] if name is None else f'<a href="#{anchor(name)}">{cell[2]}</a>'
        return f"<tr><td{cell[1]}>{inside}</td>"

    return Markup(caption[1]), Markup(_FIRST_CELL.sub(linked, table[0])), Markup(notes[0] if notes else "")


def anchor(configuration: str) -> str:
    """Where the page shows a configuration."""
    return f"configuration-{escape(configuration)}"


def image_url(svg: str) -> str:
    """An SVG image as a `data:` URL, which is a fifth shorter than base64."""
    return "data:image/svg+xml," + quote(svg, safe=_SIGNS_IN_URLS)


def _width_points(svg: str) -> float:
    width = re.search(r'<svg[^>]*\bwidth="([\d.]+)pt"', svg)
    return float(width[1]) if width else _NARROW_POINTS


def _configurations(path: Path) -> list[str]:
    """The configuration of each row of a table, if its CSV file has such a column."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row["configuration"] for row in csv.DictReader(file) if row.get("configuration")]


def _files(results: Path, stem: str, suffixes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Word and path of each of the files that exist."""
    return [
        (suffix[1:].upper() if suffix != ".log" else "log", quote(f"{stem}{suffix}"))
        for suffix in suffixes
        if (results / f"{stem}{suffix}").is_file()
    ]
