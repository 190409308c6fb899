"""The captions of the report, rendered as Snakemake renders them."""

import pytest
from docutils.core import publish_parts
from jinja2 import Environment
from support.places import REPOSITORY

CAPTIONS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "workflow/report").iterdir())}
PANELS = [{"title": name, "shows": "prediction", "configuration": f"lstm_{name}"} for name in ("first", "second")]
NOTES = ["Trained for 3 epochs.", "The device is simulated."]
JOB = {
    "params": {"notes": NOTES, "caption": "A sound", "declaration": {"caption": "A table", "panels": PANELS}},
    "wildcards": {"configuration": "room"},
}


def body(name: str) -> str:
    text = Environment(trim_blocks=True, lstrip_blocks=True).from_string(CAPTIONS[name]).render(snakemake=JOB)
    # Warnings of docutils are errors.
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]


@pytest.mark.parametrize("name", [name for name, text in CAPTIONS.items() if "declaration.panels" in text])
def test_the_panels_of_a_figure_are_a_list(name: str) -> None:
    html = body(name)
    assert html.count("<li>") == len(PANELS)
    assert all(f"<li>{panel['title']}: " in html for panel in PANELS)


@pytest.mark.parametrize("name", [name for name, text in CAPTIONS.items() if "params.notes" in text])
def test_each_note_is_a_paragraph(name: str) -> None:
    html = body(name)
    assert all(f"<p>{note}</p>" in html for note in NOTES)
