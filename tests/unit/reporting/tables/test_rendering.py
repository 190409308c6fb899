import csv
import io
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.cells import (
    Format,
    HtmlNotation,
    LatexNotation,
    MarkdownNotation,
    format_cell,
    format_spread,
)
from rnn_audio.reporting.tables.rendering import (
    RENDERERS,
    Column,
    Table,
    render_csv,
    render_html,
    render_latex,
    render_markdown,
    write_table,
)

MARKDOWN, HTML, LATEX = MarkdownNotation(), HtmlNotation(), LatexNotation()


@pytest.fixture
def table() -> Table:
    frame = pd.DataFrame(
        {
            "name": ["a_b & 50 % | <c>", "second"],
            "mse": [1 / 3 * 1e-2, math.nan],
            "std": [1e-4 / 7, math.nan],
            "seeds": [5, 0],
            "t30_s": [0.41, 0.1 + 0.2],
            "ours_t30_s": [math.nan, -1.5],
        }
    )
    columns = (
        Column("name", "Name | x", Format.TEXT),
        Column("mse", "MSE", Format.SCIENTIFIC, spread_key="std"),
        Column("seeds", "Seeds", Format.INTEGER),
        Column("t30_s", "T30\n(s)", beside_key="ours_t30_s"),
    )
    return Table("table_x", "Caption with 10 % & <b>", frame, columns, ("Note #1: a_b",))


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5.13e-3, Format.SCIENTIFIC, "5.13×10⁻³"),
        (9.999e-4, Format.SCIENTIFIC, "1.00×10⁻³"),
        (123.0, Format.SCIENTIFIC, "1.23×10²"),
        (0.0, Format.SCIENTIFIC, "0"),
        (5.13e-3, Format.NUMBER, "5.13×10⁻³"),
        (0.89, Format.NUMBER, "0.890"),
        (0.9999, Format.NUMBER, "1.00"),
        (-3.0, Format.NUMBER, "−3.00"),
        (210, Format.NUMBER, "210"),
        (5512, Format.NUMBER, "5512"),
        (2.5e6, Format.NUMBER, "2.50×10⁶"),
        (2756.0, Format.INTEGER, "2756"),
        (0.25, Format.DURATION, "0.250 s"),
        (12.34, Format.DURATION, "12.3 s"),
        (59.96, Format.DURATION, "1 min 0 s"),
        (202, Format.DURATION, "3 min 22 s"),
        (3972, Format.DURATION, "1 h 6 min 12 s"),
        ("about 200", Format.NUMBER, "about 200"),
        (16, Format.TEXT, "16"),
        (None, Format.NUMBER, "–"),
        (math.nan, Format.DURATION, "–"),
        (math.inf, Format.SCIENTIFIC, "+inf (diverged)"),
    ],
)
def test_values_are_rounded_to_three_digits(value: str | float | None, kind: Format, expected: str) -> None:
    assert format_cell(value, kind, MARKDOWN) == expected


def test_powers_of_ten_are_written_in_each_language() -> None:
    assert format_cell(5.13e-3, Format.SCIENTIFIC, LATEX) == r"$5.13\times10^{-3}$"
    assert format_cell(5.13e-3, Format.SCIENTIFIC, HTML) == "5.13×10<sup>−3</sup>"


def test_mean_and_spread_share_one_power_of_ten() -> None:
    assert format_spread(5.13e-3, 1.2e-4, Format.SCIENTIFIC, LATEX) == r"$(5.13 \pm 0.12)\times10^{-3}$"
    assert format_spread(5.13e-3, 1.2e-4, Format.SCIENTIFIC, MARKDOWN) == "(5.13 ± 0.12)×10⁻³"
    assert format_spread(12.34, 0.56, Format.NUMBER, LATEX) == r"$12.3 \pm 0.6$"


def test_without_a_spread_the_mean_stands_alone_and_a_missing_mean_is_one_dash() -> None:
    assert format_spread(5.13e-3, None, Format.SCIENTIFIC, MARKDOWN) == "5.13×10⁻³"
    assert format_spread(math.nan, math.nan, Format.SCIENTIFIC, MARKDOWN) == "–"


def test_the_csv_gives_back_exactly_what_the_frame_holds(table: Table) -> None:
    text = render_csv(table)
    records = list(csv.DictReader(io.StringIO(text)))
    for key in ("mse", "std", "t30_s", "ours_t30_s"):
        back = [float(record[key] or "nan") for record in records]
        np.testing.assert_array_equal(back, table.frame[key])
    assert [record["name"] for record in records] == list(table.frame["name"])
    assert [int(record["seeds"]) for record in records] == list(table.frame["seeds"])
    assert text.splitlines()[0] == "name,mse,std,seeds,t30_s,ours_t30_s"


def test_markdown_escapes_pipes_and_angle_brackets(table: Table) -> None:
    text = render_markdown(table)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.replace(r"\|", "").count("|") == len(table.columns) + 1 for line in rows)
    assert "<c>" not in text
    assert "| :--- | ---: | ---: | ---: |" in rows
    assert text.startswith("**Caption with 10 % &amp; &lt;b&gt;**\n")
    assert r"- Note #1: a\_b" in text


def test_markdown_shows_two_values_side_by_side(table: Table) -> None:
    assert "| 0.410 / – |" in render_markdown(table)


def test_latex_escapes_text_and_uses_booktabs(table: Table) -> None:
    text = render_latex(table)
    assert r"a\_b \& 50 \% | \textless{}c\textgreater{} &" in text
    assert r"\caption{Caption with 10 \% \& \textless{}b\textgreater{}}" in text
    assert r"\label{tab:table_x}" in text
    assert r"Note \#1: a\_b" in text
    rules = [line for line in text.splitlines() if line.endswith("rule")]
    assert rules == [r"\toprule", r"\midrule", r"\bottomrule"]
    assert text.isascii()


def test_latex_rows_have_as_many_cells_as_the_alignment_says(table: Table) -> None:
    lines = render_latex(table).splitlines()
    assert r"\begin{tabular}{lrrr}" in lines
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert [line.replace(r"\&", "").count("&") for line in body] == [3, 3]
    assert all(line.endswith(r" \\") for line in body)


class _Reader(HTMLParser):
    """Collects the tags, their addresses and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str | None] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("text", ["[s]", "*", "[0.5] s", "*fast"])
def test_latex_text_that_begins_a_row_is_no_argument_of_the_row_before(text: str) -> None:
    frame = pd.DataFrame({"what": [text, text]})
    rendered = render_latex(Table("t", "Caption", frame, (Column("what", f"Time\n{text}", Format.TEXT),)))
    assert not re.search(r"(\\\\|\\midrule|\\toprule)\s*[\[*]", rendered)
    assert rendered.count(f"{{}}{text}") == 3


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1 dB", "@here", "\t=1"])
def test_csv_text_is_no_formula_and_numbers_stay_numbers(text: str) -> None:
    frame = pd.DataFrame({"label": [text, "plain"], "loss": [-1.5, 2.0], "count": pd.Series([-1, None], dtype=object)})
    (first, second) = csv.DictReader(io.StringIO(render_csv(Table("t", "Caption", frame, ()))))
    assert first == {"label": f"'{text}", "loss": "-1.5", "count": "-1"}
    assert second == {"label": "plain", "loss": "2.0", "count": ""}


def test_html_escapes_text_and_stands_alone(table: Table) -> None:
    reader = _Reader()
    text = render_html(table)
    reader.feed(text)
    assert "a_b & 50 % | <c>" in reader.texts
    assert "Note #1: a_b" in reader.texts
    assert reader.tags.count("th") == 4
    assert reader.tags.count("td") == 8
    assert reader.addresses == []
    assert not {"script", "link", "img"} & set(reader.tags)
    assert "url(" not in text


def test_every_format_is_the_same_at_every_run_with_unix_line_ends(table: Table, tmp_path: Path) -> None:
    contents = []
    for run in ("first", "second"):
        paths = [tmp_path / run / f"table{suffix}" for suffix in RENDERERS]
        write_table(table, paths)
        contents.append([path.read_bytes() for path in paths])
        assert sorted(path.name for path in (tmp_path / run).iterdir()) == sorted(path.name for path in paths)
    assert contents[0] == contents[1]
    assert all(content.endswith(b"\n") and b"\r" not in content for content in contents[0])


def test_an_unknown_suffix_is_an_error_before_anything_is_written(table: Table, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"table\.xlsx.*\.csv, \.md, \.tex, \.html"):
        write_table(table, [tmp_path / "table.csv", tmp_path / "table.xlsx"])
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_notes_has_no_empty_list(table: Table) -> None:
    bare = Table(table.name, table.caption, table.frame, table.columns)
    assert "<ul" not in render_html(bare)
    assert "parbox" not in render_latex(bare)
    assert render_markdown(bare).endswith("|\n")
