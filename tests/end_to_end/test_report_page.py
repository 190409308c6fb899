import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.workspace import finished, tiny_config

CONFIG = tiny_config()
ARTEFACTS = {**CONFIG["tables"], **CONFIG["figures"]}
PAPERS = {CONFIG["papers"][artefact["paper"]]["title"] for artefact in ARTEFACTS.values()}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the finished tiny configuration."""
    workspace, _ = finished(tmp_path_factory.getbasetemp())
    copy = workspace.copy_to(tmp_path_factory.mktemp("report") / "workspace")
    run = copy.snakemake("--report", "report.html")
    assert run.status == 0, run.output
    return copy.folder / "report.html"


def browse(report: Path, profile: Path, *arguments: str) -> str:
    """Open the report in a browser without a window; returns what it prints."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium to open the report in")
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
    command = [browser, *quiet, f"--user-data-dir={profile}", "--virtual-time-budget=10000", *arguments]
    return subprocess.run([*command, report.as_uri()], capture_output=True, text=True, check=True, timeout=120).stdout


def test_report_holds_every_table_and_figure(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert [title for title in PAPERS if title not in text] == []
    assert [name for name, artefact in ARTEFACTS.items() if f'"{name}: {artefact["caption"]}"' not in text] == []


def test_browser_shows_the_menu(report: Path, tmp_path: Path) -> None:
    page = browse(report, tmp_path / "profile", "--dump-dom")
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", shown)
    assert "Results" in text
    assert "Columns headed" in text, "the run's description is not shown"


def test_browser_draws_the_page(report: Path, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    browse(report, tmp_path / "profile", "--window-size=1280,800", f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 10_000, "the page is blank"
