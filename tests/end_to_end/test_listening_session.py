"""A listening test from the models' sounds to the table: made, held in a browser by one listener, analysed."""

import csv
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from support.browser import Browser, browser_or_skip
from support.configurations import shipped_config, without_claims
from support.listening import NAME, RATE_HZ, changed, outputs, tones
from support.workspace import Config, Workspace

from rnn_audio.records import read_json
from rnn_audio.wav import write_wav

TEST = changed(
    groups={"size_32": {"none": "amplifier_32_none", "highpass": "amplifier_32_highpass"}},
    clips={"count": 2, "seconds": 1.0},
    published={},
)
RULES = ("make_stimuli", "listening_page", "analyse_listening", "listening_tables", "plot_listening", "listening")
SCORES = {"reference": 100, "none": 60, "highpass": 70, "tanh": 0}


def config() -> Config:
    """The shipped configuration with a small listening test; the models' sounds are there, nothing is trained."""
    shipped = without_claims(shipped_config())
    shipped["devices"]["amplifier"] |= {"rate_hz": RATE_HZ}
    return shipped | {"listening": {NAME: TEST}, "seeds": [1]}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace.create(tmp_path_factory.mktemp("listening") / "workspace", config())
    source, target = tones(4)
    for side, samples in (("input", source), ("target", target)):
        write_wav(workspace.results / f"devices/amplifier/test/{side}.wav", samples, RATE_HZ)
    for name, samples in outputs(target, TEST).items():
        write_wav(workspace.results / f"predictions/{name}.wav", samples, RATE_HZ)
    make(workspace)
    return workspace


def make(workspace: Workspace) -> None:
    workspace.make("listening", "--allowed-rules", *RULES)


def rate(browser: Browser, number: int, score: int) -> int:
    """Listen to the sound of a number until it counts as heard, and click its slider; returns the score that is shown.

    The track is longer than the way of the thumb by the thumb's size, 16 pixels.
    """
    column = f".column:nth-of-type({number + 1})"
    browser.press(str(number))
    browser.wait(f"document.querySelector('{column}').classList.contains('plays')")
    assert browser.run("document.querySelectorAll('.column input:enabled').length") == 1, "one slider can be moved"
    height = browser.run(f"document.querySelector('{column} input').getBoundingClientRect().height")
    browser.click(f"{column} input", down=(8 + (height - 16) * (1 - score / 100)) / height)
    browser.wait(f"document.querySelector('{column} output').textContent !== '–'")
    browser.wait(f"!/heard:[^.]*\\b{number}\\b/.test(document.getElementById('missing').textContent)")
    return int(browser.run(f"document.querySelector('{column} output').textContent"))


def hold(browser: Browser, index: int) -> dict[str, int]:
    """Go through one trial of the session, by its place in it; returns the scores that the page showed."""
    heading = "Training" if index == 0 else f"Trial {index} of 2"
    browser.wait(f"document.getElementById('heading').textContent === '{heading}'")
    browser.wait("!document.getElementById('trial').hidden")
    assert browser.run("document.querySelectorAll('.column input:enabled').length") == 0
    order = browser.run(f"session.trials[{index}].order")
    browser.press("r")
    browser.wait("!document.getElementById('missing').textContent.includes('the reference')")
    given = {}
    for number, signal in enumerate(order, start=1):
        assert browser.run("document.getElementById('next').disabled"), "before all is heard and scored"
        given[signal] = rate(browser, number, SCORES[signal])
    browser.click("#next")
    return given


def downloaded(folder: Path, suffix: str) -> Path:
    end = time.monotonic() + 60
    while not (found := [path for path in folder.glob(f"*{suffix}") if path.stat().st_size]):
        assert time.monotonic() < end, f"no {suffix} was saved"
        time.sleep(0.05)
    return found[0]


@pytest.fixture(scope="module")
def held(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One listener's session: training, a trial, the page closed and opened again, the other trial, both files."""
    folder = tmp_path_factory.mktemp("session")
    page = workspace.results / f"listening/{NAME}/test.html"
    with browser_or_skip(folder / "profile") as browser:
        browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        browser.open(page)
        browser.click("#level")
        browser.wait("!document.getElementById('start').disabled")
        browser.click("input[value=headphones]")
        browser.click("#start")
        hold(browser, 0)
        given = [hold(browser, 1)]
        browser.wait("document.getElementById('heading').textContent === 'Trial 2 of 2'")
        before = browser.run("session")
        browser.open(page)
        browser.wait("!document.getElementById('earlier').hidden")
        progress = browser.run("document.getElementById('progress').textContent")
        browser.click("#resume")
        given.append(hold(browser, 2))
        browser.wait("!document.getElementById('finished').hidden")
        after = browser.run("session")
        browser.click("#csv")
        scores = downloaded(folder, ".csv")
        browser.click("#record")
        record = downloaded(folder, ".json")
        browser.open(page)
        browser.wait("!document.getElementById('finished').hidden")
        return {
            "given": given,
            "before": before,
            "after": after,
            "progress": progress,
            "csv": scores,
            "record": json.loads(record.read_text(encoding="utf-8")),
            "messages": browser.messages,
            "requests": {request for request in browser.requests if not request.startswith(("data:", "blob:"))},
            "page": page,
        }


def test_without_listeners_the_table_says_that_nobody_took_part(workspace: Workspace) -> None:
    table = (workspace.results / f"tables/{NAME}.md").read_text(encoding="utf-8")
    assert "No listeners have taken part" in table
    assert (workspace.results / f"figures/{NAME}.png").is_file()


def test_the_page_needs_no_network_and_reports_no_error(held: dict[str, Any]) -> None:
    assert held["messages"] == []
    assert held["requests"] == {held["page"].as_uri()}


def test_a_closed_page_goes_on_where_it_was(held: dict[str, Any]) -> None:
    assert held["progress"].startswith("2 of 3 trials done")
    before, after = held["before"], held["after"]
    assert after["session"] == before["session"]
    assert [trial["order"] for trial in after["trials"]] == [trial["order"] for trial in before["trials"]]
    assert after["trials"][:2] == before["trials"][:2]


def test_scores_are_those_that_the_page_showed(held: dict[str, Any]) -> None:
    for trial, given in zip(held["after"]["trials"][1:], held["given"], strict=True):
        assert trial["scores"] == given
        for signal, score in given.items():
            assert score == pytest.approx(SCORES[signal], abs=2), signal
        assert given["reference"] == 100


def test_the_csv_is_that_of_webmushra_in_the_order_of_presentation(held: dict[str, Any]) -> None:
    rows = list(csv.DictReader(held["csv"].read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == [
        *("session_test_id", "playback", "session_uuid", "trial_id"),
        *("rating_stimulus", "rating_score", "rating_time", "rating_comment"),
    ]
    session = held["after"]
    expected = [
        (session["test"], session["session"], trial["name"], signal, str(trial["scores"][signal]), "headphones")
        for trial in session["trials"][1:]
        for signal in trial["order"]
    ]
    keys = ("session_test_id", "session_uuid", "trial_id", "rating_stimulus", "rating_score", "playback")
    assert [tuple(row[key] for key in keys) for row in rows] == expected
    assert sorted({row["trial_id"] for row in rows}) == ["clip_1_size_32", "clip_2_size_32"]


def test_the_record_says_what_was_heard_and_on_what(held: dict[str, Any]) -> None:
    record = held["record"]
    assert record == held["after"]
    assert record["device"]["sampleRate"] == RATE_HZ
    assert record["finished"] > record["started"]
    for trial in record["trials"]:
        assert set(trial["plays"]) == {"open reference", *trial["order"]}
        assert all(count >= 1 for count in trial["plays"].values())
        assert all(seconds >= 0.9 for seconds in trial["heard_s"].values())
        assert trial["log"][0]["plays"] == "open reference"


def test_the_listeners_file_becomes_the_table(workspace: Workspace, held: dict[str, Any]) -> None:
    folder = workspace.folder / TEST["results"]
    folder.mkdir(parents=True)
    shutil.copy(held["csv"], folder)
    make(workspace)
    analysis = read_json(workspace.results / f"listening/{NAME}/analysis.json")
    assert (analysis["listeners"], analysis["counted"]) == (1, 1)
    for signal in SCORES:
        mean = sum(given[signal] for given in held["given"]) / 2
        assert analysis["groups"]["size_32"]["scores"][signal]["mean"] == pytest.approx(mean)
    table = (workspace.results / f"tables/{NAME}.md").read_text(encoding="utf-8")
    assert "1 took part, 1 counted." in table
    assert "heard other sounds" not in table
