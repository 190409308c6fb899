"""The kinds of tables and figures: that all who ask for them find the same ones, and what they refuse."""

import re

import pytest
from support.configurations import Config, changed
from support.places import REPOSITORY

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.configuration.kinds import FIGURES, TABLES, declared_kinds
from rnn_audio.errors import InputError
from rnn_audio.losses.preemphasis import NAMES
from rnn_audio.reporting.figures import compared_losses, decays, error_spectra
from rnn_audio.reporting.tables.kinds import KINDS

DOCUMENT = (REPOSITORY / "docs/configuration.md").read_text(encoding="utf-8")
LIBRARY = REPOSITORY / "workflow/rnn_audio"


def documented(section: str) -> list[str]:
    """The kinds in the table `| kind | shows |` of a section of docs/configuration.md."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    rows = text.split("| kind | shows |\n|---|---|\n")[1].split("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)


def test_each_kind_that_may_be_declared_is_documented() -> None:
    assert set(documented("Tables")) == set(declared_kinds(TABLES))
    assert set(documented("Figures")) == set(declared_kinds(FIGURES))


def test_each_filter_is_documented() -> None:
    (row,) = re.findall(r"^\| `pre_emphasis` \|(.*?)\|", DOCUMENT, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == list(NAMES)


def test_each_kind_of_table_has_what_builds_it() -> None:
    assert {*KINDS, "sweep"} == set(TABLES)  # which is given its quantities, too


@pytest.mark.parametrize("kind", FIGURES)
def test_each_kind_of_figure_has_a_module_that_draws_it_and_a_caption(kind: str) -> None:
    assert "\ndef from_files(" in (LIBRARY / f"reporting/figures/{kind}.py").read_text(encoding="utf-8")
    assert (REPOSITORY / f"workflow/report/{kind}.rst").is_file()


def test_as_many_curves_are_told_apart_as_there_are_lines_for() -> None:
    assert FIGURES["decays"].most_curves == len(decays.LINES)
    assert FIGURES["compared_losses"].most_curves == len(compared_losses.COLOURS)
    assert FIGURES["error_spectra"].most_curves == len(error_spectra.LINES)


def curves(count: int) -> Config:
    panels = [{"configuration": "tone_full", "group": "All", "title": f"curve {number}"} for number in range(count)]
    figure = {"paper": "paper_a", "kind": "compared_losses", "caption": "Losses", "panels": panels}
    return changed("figures/figure_1", figure)


def test_more_curves_than_can_be_told_apart_are_refused_before_anything_trains() -> None:
    load_experiment(curves(4))
    with pytest.raises(InputError, match=r"figures\.figure_1\.panels.*5 different titles.*at most 4"):
        load_experiment(curves(5))


@pytest.mark.parametrize("kind", [name for name, kind in FIGURES.items() if "panels" in kind.needs])
def test_a_figure_without_panels_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match=rf"figures\.figure_1: '{kind}' needs .*'panels'"):
        load_experiment(changed("figures/figure_1", {"paper": "paper_a", "kind": kind, "caption": "Nothing"}))


def test_what_only_sweeps_and_convolutions_write_out_may_not_be_declared() -> None:
    for path, kind in (("tables/table_1", "sweep"), ("tables/table_1", "convolutions"), ("figures/figure_1", "sweep")):
        with pytest.raises(InputError, match=rf"{path.replace('/', '.')}\.kind.*'{kind}'"):
            load_experiment(changed(f"{path}/kind", kind))
