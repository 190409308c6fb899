"""The table of claims in its three forms."""

import csv
import io
from pathlib import Path

import pytest
from support.claims import AT_THE_PAPERS_SCALE, MadeResults, claim

from rnn_audio.reporting.claims.table import build_claims_table
from rnn_audio.reporting.tables.rendering import Table, render_csv, render_html, render_markdown

TEXTS = ["claim", "paper", "place", "statement", "published", "ours"]
COLUMNS = [*TEXTS, "effect", "low", "high", "seeds", "verdict", "reason", "configurations"]
RULE = {"kind": "value", "quantity": "prediction_mse", "of": ["a"], "at_most": 0.5}
ODD = "<script>alert(1)</script> & a|b {x} `y` </td>"


@pytest.fixture
def table(tmp_path: Path) -> Table:
    made = MadeResults(tmp_path)
    made.add("a", {"prediction_mse": [0.1, 0.11, 0.12, 0.13, 0.14]})
    claims = {
        "first": claim(RULE, place="V-A", published="0.1"),
        "odd": claim(RULE, place=ODD, published=ODD) | {"statement": ODD},
        "heard": claim(needs="listeners"),
    }
    return build_claims_table(claims, made.results, AT_THE_PAPERS_SCALE, ["A note."])


def test_the_csv_has_a_row_for_each_claim_and_every_column(table: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(table))))
    assert list(rows[0]) == COLUMNS
    assert [row["claim"] for row in rows] == ["first", "odd", "heard"]
    assert [row["verdict"] for row in rows] == ["confirmed", "confirmed", "needs listeners"]
    assert [row["seeds"] for row in rows] == ["5", "5", ""]
    assert float(rows[0]["effect"]) == 0.12
    assert rows[0]["configurations"] == "a"
    assert rows[2]["effect"] == ""


def test_the_caption_counts_the_verdicts(table: Table) -> None:
    assert table.caption == "3 claims: 2 confirmed, 1 needs listeners"
    assert table.notes[-1] == "A note."


def test_text_of_users_is_shown_as_it_was_typed(table: Table) -> None:
    page = render_html(table)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; a|b {x} `y` &lt;/td&gt;") == 3
    assert page.count("<tr>") == 4
    (line,) = [line for line in render_markdown(table).splitlines() if line.startswith("| odd")]
    assert "<script" not in line
    assert line.replace(r"\|", "").count("|") == len(table.columns) + 1


def test_no_claims_are_an_empty_table() -> None:
    table = build_claims_table({}, {}, AT_THE_PAPERS_SCALE)
    assert "0 claims" in render_html(table)
    assert render_csv(table).count("\n") == 1
