"""Tables to files: CSV for machines; Markdown, LaTeX and HTML for people.

The CSV holds the whole frame at full precision, with one header row. The other three show the declared columns,
rounded, with the caption above and the notes below. The same table gives the same bytes.
"""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.cells import (
    WORDS,
    Cell,
    Format,
    HtmlNotation,
    LatexNotation,
    MarkdownNotation,
    Notation,
    format_cell,
    format_spread,
    is_missing,
)

# About what fits into one column of a two-column page in a small font.
_SINGLE_COLUMN_LIMIT = 6

_LATEX_POSITIONS = {Format.TEXT: "l", Format.PROSE: r"p{0.2\linewidth}"}

_FORMULA = tuple("=+-@\t\r")  # with which a formula of a spreadsheet begins

_HTML_STYLE = """\
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 1.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid #1a1a1a; border-bottom: 2px solid #1a1a1a; }
caption { caption-side: top; text-align: left; font-weight: 600; padding-bottom: .6rem; }
td { vertical-align: top; }
th, td { padding: .3rem .6rem; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th { border-bottom: 1px solid #1a1a1a; vertical-align: bottom; white-space: normal; }
.text, .prose { text-align: left; }
.prose { white-space: normal; min-width: 9rem; }
tbody tr:nth-child(even) { background: #f4f4f4; }
.notes { font-size: 13px; color: #444; max-width: 60rem; padding-left: 1.2rem; }"""


@dataclass(frozen=True)
class Column:
    """One displayed column.

    Attributes:
        key: column of the frame that holds its values.
        header: its header, with the unit; LaTeX keeps its line breaks, so that the column stays narrow.
        format: how its values are rounded.
        spread_key: column with the standard deviation, to be written a ± b.
        beside_key: column with a second value in the same unit, to be written a / b. Not with `spread_key`.
        interval_keys: columns with the ends of an interval, to be written a [b, c].
        percent_key: column with the value in per cent of something that the header names, to be written a (b %).
    """

    key: str
    header: str
    format: Format = Format.NUMBER
    spread_key: str | None = None
    beside_key: str | None = None
    interval_keys: tuple[str, str] | None = None
    percent_key: str | None = None

    def keys(self) -> tuple[str, ...]:
        """The columns of the frame whose values it shows, its own first."""
        more = (self.spread_key, self.beside_key, *(self.interval_keys or ()), self.percent_key)
        return (self.key, *(key for key in more if key is not None))


@dataclass(frozen=True)
class Table:
    """A table: its values and how to display them.

    Attributes:
        name: identifier, `table_1`; LaTeX refers to it as `tab:table_1`.
        caption: what the table shows.
        frame: one row per line, one column per variable, units in the column names.
        columns: the columns to display, in order; the frame may hold more.
        notes: what a reader has to know to judge the values, one sentence or two each.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()


def render_csv(table: Table) -> str:
    """The whole frame: one header row, floats with every digit, missing values empty.

    Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    safe = {
        key: pd.Series([f"'{cell}" if _is_formula(cell) else cell for cell in column], dtype=object)
        for key, column in table.frame.items()
        if any(map(_is_formula, column))
    }
    return table.frame.assign(**safe).to_csv(index=False, lineterminator="\n")


def render_markdown(table: Table) -> str:
    """A GitHub table with a bold caption above and the notes as a list below."""
    notation = MarkdownNotation()
    rules = [":---" if column.format in WORDS else "---:" for column in table.columns]
    lines = [[notation.text(column.header) for column in table.columns], rules, *_cells(table, notation)]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    notes = "".join(f"- {notation.text(note)}\n" for note in table.notes)
    return f"**{notation.text(table.caption)}**\n\n{body}\n" + (f"\n{notes}" if notes else "")


def render_latex(table: Table) -> str:
    r"""A floating table for `\input`; the document needs the package booktabs.

    A table of many columns floats over both columns of a two-column page.
    """
    notation = LatexNotation()
    environment = "table*" if len(table.columns) > _SINGLE_COLUMN_LIMIT else "table"
    alignment = "".join(_LATEX_POSITIONS.get(column.format, "r") for column in table.columns)
    header = " & ".join(_latex_header(column, notation) for column in table.columns)
    lines = [
        rf"\begin{{{environment}}}",
        r"\centering",
        rf"\caption{{{notation.text(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{3pt}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        rf"{header} \\",
        r"\midrule",
        *(" & ".join(cells) + r" \\" for cells in _cells(table, notation)),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip\parbox{{\linewidth}}{{\raggedright {notation.text(note)}}}" for note in table.notes),
        rf"\end{{{environment}}}",
    ]
    return "\n".join(lines) + "\n"


def render_html(table: Table) -> str:
    """A self-contained page: no scripts, fonts or other files."""
    notation = HtmlNotation()
    classes = [f' class="{column.format}"' if column.format in WORDS else "" for column in table.columns]
    headers = (
        f'<th scope="col"{style}>{notation.text(column.header)}</th>'
        for column, style in zip(table.columns, classes, strict=True)
    )
    rows = (
        "<tr>" + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(cells, classes, strict=True)) + "</tr>"
        for cells in _cells(table, notation)
    )
    notes = "\n".join(f"<li>{notation.text(note)}</li>" for note in table.notes)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        f'<head><meta charset="utf-8"><title>{html.escape(table.caption)}</title>',
        f"<style>\n{_HTML_STYLE}\n</style></head>",
        '<body><div class="scroll"><table>',
        f"<caption>{notation.text(table.caption)}</caption>",
        f"<thead><tr>{''.join(headers)}</tr></thead>",
        "<tbody>",
        *rows,
        "</tbody></table></div>",
        *([f'<ul class="notes">\n{notes}\n</ul>'] if notes else []),
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


RENDERERS = {".csv": render_csv, ".md": render_markdown, ".tex": render_latex, ".html": render_html}


def write_table(table: Table, paths: Iterable[Path]) -> None:
    """Write the table to each path, in the format of its suffix; each file is written completely or not at all.

    Raises:
        InputError: a suffix is not one of .csv, .md, .tex, .html; then nothing is written.
    """
    targets = [Path(path) for path in paths]
    for path in targets:
        if path.suffix not in RENDERERS:
            raise InputError(f"{path}: a table is written as one of {', '.join(RENDERERS)}, not {path.suffix!r}")
    for path in targets:
        with replacing(path) as temporary:
            temporary.write_text(RENDERERS[path.suffix](table), encoding="utf-8", newline="\n")


def _is_formula(cell: Cell) -> bool:
    return isinstance(cell, str) and cell.startswith(_FORMULA)


def _cells(table: Table, notation: Notation) -> list[list[str]]:
    records = table.frame.to_dict("records")
    return [[_cell(record, column, notation) for column in table.columns] for record in records]


def _cell(record: dict[str, Cell], column: Column, notation: Notation) -> str:
    value = record[column.key]
    if column.spread_key is not None:
        return format_spread(value, record[column.spread_key], column.format, notation)
    shown = format_cell(value, column.format, notation)
    if column.percent_key is not None and not is_missing(record[column.percent_key]):
        percent = format_cell(record[column.percent_key], Format.NUMBER, notation)
        shown = f"{shown} ({percent}{notation.text(' %')})"
    if column.interval_keys is not None:
        ends = [record[key] for key in column.interval_keys]
        if any(is_missing(end) for end in ends):
            return shown
        return f"{shown} [{', '.join(format_cell(end, column.format, notation) for end in ends)}]"
    if column.beside_key is None:
        return shown
    return f"{shown} / {format_cell(record[column.beside_key], column.format, notation)}"


def _latex_header(column: Column, notation: Notation) -> str:
    lines = [notation.text(line) for line in column.header.split("\n")]
    if len(lines) == 1:
        return lines[0]
    position = "l" if column.format in WORDS else "r"
    return rf"\begin{{tabular}}[b]{{@{{}}{position}@{{}}}}" + r"\\ ".join(lines) + r"\end{tabular}"
