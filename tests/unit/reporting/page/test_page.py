import json
import re
from pathlib import Path

import pytest
from support.shown_results import write_results

from rnn_audio.__main__ import main
from rnn_audio.errors import InputError
from rnn_audio.reporting.page.page import missing, write_page
from rnn_audio.reporting.page.plan import read_page_plan, write_page_plan
from rnn_audio.types import Settings


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Settings]:
    """Results with their page. Tests only read them."""
    results = tmp_path_factory.mktemp("made") / "results"
    plan = write_results(results)
    write_page_plan(results, plan)
    write_page(results / "report.html", results, plan)
    return results, plan


def data_of(page: Path) -> Settings:
    """What the page's script reads."""
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"))[1])


def test_the_plan_comes_back_with_its_order(made: tuple[Path, Settings]) -> None:
    results, plan = made
    assert list(read_page_plan(results)["configurations"]) == list(plan["configurations"])
    assert list(read_page_plan(results)["tables"]) == list(plan["tables"])


def test_the_command_makes_the_same_bytes(made: tuple[Path, Settings], capsys: pytest.CaptureFixture[str]) -> None:
    results, _ = made
    before = (results / "report.html").read_bytes()
    assert main(["page", str(results)]) == 0
    assert (results / "report.html").read_bytes() == before
    assert capsys.readouterr().out == f"{results / 'report.html'}\n"


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"page\.json: no such file"):
        read_page_plan(tmp_path)


def test_it_needs_nothing_outside_and_tells_no_path(made: tuple[Path, Settings]) -> None:
    results, _ = made
    text = (results / "report.html").read_text(encoding="utf-8")
    assert str(results.parent) not in text
    assert not re.search(r"""(src|href)=["']?(https?:|//|/|file:)""", text)
    assert "default-src 'none'" in text.replace("&#39;", "'")


def test_a_whole_run_lacks_nothing_and_has_every_sound_and_curve(made: tuple[Path, Settings]) -> None:
    results, plan = made
    assert missing(results, plan) == []
    data = data_of(results / "report.html")
    assert len(data["sounds"]) == 2 * 4 + 6 + 2 * 2
    drawn = {own["name"] for group in data["curves"] for own in group["configurations"]}
    assert drawn == set(plan["configurations"]) - {"theirs"}, "a published model has no curve"


def test_a_partial_run_gives_a_page_that_says_what_is_missing(tmp_path: Path) -> None:
    plan = write_results(tmp_path)
    for file in ("models/low/seed-2/run.json", "tables/speed.html", "figures/waves.svg", "predictions/amplifier.wav"):
        (tmp_path / file).unlink()
    write_page(tmp_path / "report.html", tmp_path, plan)
    assert dict(missing(tmp_path, plan)) == {
        "models": ["low, seed 2"],
        "tables": ["speed"],
        "figures": ["waves"],
        "predictions": ["amplifier"],
    }
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Models missing (1): low, seed 2" in text


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path, made: tuple[Path, Settings]) -> None:
    _, plan = made
    write_page(tmp_path / "report.html", tmp_path, plan)
    assert "0 of" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert data_of(tmp_path / "report.html") == {"decks": {}, "sounds": [], "curves": []}


def test_a_changed_file_is_refused_and_leaves_the_page_that_was_there(tmp_path: Path) -> None:
    plan = write_results(tmp_path)
    (tmp_path / "report.html").write_text("before")
    sound = tmp_path / "predictions/low.wav"
    sound.write_bytes(sound.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"predictions/low\.wav"):
        write_page(tmp_path / "report.html", tmp_path, plan)
    assert (tmp_path / "report.html").read_text() == "before"
