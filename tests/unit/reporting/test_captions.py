"""The captions of the report, rendered as Snakemake renders them."""

import html

import pytest
from docutils.core import publish_parts
from jinja2 import Environment
from support.places import REPOSITORY

CAPTIONS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "workflow/report").iterdir())}
PANELS = [{"title": name, "shows": "prediction", "configuration": f"lstm_{name}"} for name in ("first", "second")]
NOTES = ["Trained for 3 epochs.", "The device is simulated."]
JOB = {
    "params": {"notes": NOTES, "declaration": {"caption": "A table", "panels": PANELS}},
    "wildcards": {"configuration": "room"},
}


def body(name: str) -> str:
    text = Environment(trim_blocks=True, lstrip_blocks=True).from_string(CAPTIONS[name]).render(snakemake=JOB)
    # Warnings of docutils are errors.
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]


@pytest.mark.parametrize("name", [name for name, text in CAPTIONS.items() if "declaration.panels" in text])
def test_the_panels_of_a_figure_are_a_list(name: str) -> None:
    rendered = body(name)
    assert rendered.count("<li>") == len(PANELS)
    assert all(f"<li>{panel['title']}: " in rendered for panel in PANELS)


@pytest.mark.parametrize("name", [name for name, text in CAPTIONS.items() if "params.notes" in text])
def test_each_note_is_a_paragraph(name: str) -> None:
    rendered = body(name)
    assert all(f"<p>{note}</p>" in rendered for note in NOTES)


ACTING = (
    ".. raw:: html\n\n   <b>bold</b>",
    ".. include:: /etc/hostname",
    "*a* `b`_ |c| __",
    "1. one",
    "x\n===",
    "a < b {c}",
)


@pytest.mark.parametrize("name", [name for name, text in CAPTIONS.items() if "plain(" in text])
@pytest.mark.parametrize("text", ACTING)
def test_text_of_the_configuration_stays_text(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    panels = [panel | {"title": text} for panel in PANELS]
    params = {"notes": [text], "declaration": {"caption": text, "panels": panels}}
    monkeypatch.setitem(JOB, "params", params)
    shown = html.escape(" ".join(text.replace("\n", " ").split(" ")), quote=False)
    assert shown in body(name).replace("&quot;", '"')
