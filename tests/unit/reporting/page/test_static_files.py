"""What the page is made of besides Python."""

import hashlib
import re
from pathlib import Path

import pytest

from rnn_audio.reporting.page.page import STATIC

UPLOT = STATIC / "uplot"
DIGESTS = dict(
    reversed(line.split())
    for line in re.findall(r"^[0-9a-f]{64}  .+$", (UPLOT / "README.md").read_text(), re.MULTILINE)
)
OWN = sorted(path for path in STATIC.iterdir() if path.suffix in {".js", ".css"})


def test_uplot_is_what_its_authors_published() -> None:
    files = {path.name: path for path in UPLOT.iterdir() if path.name != "README.md"}
    assert files.keys() == DIGESTS.keys()
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == DIGESTS


@pytest.mark.parametrize("path", [*OWN, *sorted(UPLOT.glob("uPlot*"))], ids=lambda path: path.name)
def test_what_stands_inside_an_element_cannot_end_it(path: Path) -> None:
    assert "</" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_nothing_of_ours_names_another_machine(path: Path) -> None:
    assert not re.search(r"https?:|fetch\(|XMLHttpRequest|WebSocket|@import|url\(", path.read_text(encoding="utf-8"))
