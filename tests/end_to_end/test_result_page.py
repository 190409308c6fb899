"""The page of a run in a browser, opened from disk."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.browser import Browser, browser_or_skip
from support.shown_results import ACTING, EPOCHS, LOW_HZ, RATE_HZ, write_results

from rnn_audio.reporting.page.page import write_page

WIDE, PHONE = (1400, 900), (420, 860)
ROOM = f'[data-deck="room-{RATE_HZ}"]'
LOW_ROOM = f'[data-deck="room-{LOW_HZ}"]'
SOUNDING = "Deck.sounding?.playing === true && Deck.sounding.position > 0"
# What leaves the player, as an analyser hears it: the largest magnitude of the last 2048 samples.
LOUDNESS = """(() => {
  const player = Deck.sounding.player;
  if (!player.ear) { player.ear = player.context.createAnalyser(); player.node.connect(player.ear); }
  const heard = new Float32Array(2048);
  player.ear.getFloatTimeDomainData(heard);
  return Math.max(...heard.map(Math.abs));
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("shown") / "results"
    plan = write_results(results, ACTING)
    write_page(results / "report.html", results, plan)
    return results / "report.html"


@pytest.fixture(scope="module")
def session(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_or_skip(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(session: Browser, page: Path) -> Browser:
    """The page as it is when it has been opened; a test may look at its messages at the end."""
    session.messages.clear()
    session.requests.clear()
    session.resize(*WIDE)
    session.prefer("light")
    session.open(page)
    session.wait("plotter !== null && plotter.uplot")
    return session


def attribute(browser: Browser, selector: str, name: str) -> str:
    return browser.run(f"document.querySelector({json.dumps(selector)}).getAttribute({json.dumps(name)})")


def pressed(browser: Browser, deck: str) -> list[int]:
    """The places of a deck's sounds that are selected."""
    script = f"[...document.querySelectorAll({json.dumps(deck + ' .sound')})].map(own => own.ariaPressed === 'true')"
    return [place for place, selected in enumerate(browser.run(script)) if selected]


def test_it_opens_without_a_message_and_asks_for_nothing_but_itself(browser: Browser, page: Path) -> None:
    for details in ("open = true", "open = false"):
        browser.run(f"document.querySelectorAll('details').forEach(own => {{ own.{details}; }})")
    for button in (f"{ROOM} .sound", ".show-curve", ".zoom-2"):
        browser.click(button)
    browser.wait(SOUNDING)
    assert browser.messages == []
    assert [address for address in browser.requests if not address.startswith("data:")] == [page.as_uri()]


def test_text_of_users_is_shown_as_typed_and_does_not_act(browser: Browser) -> None:
    browser.run("document.querySelectorAll('details').forEach(own => { own.open = true; })")
    text = browser.run("document.body.innerText")
    for word in ("Title", "Authors", "Table", "Figure", "Sound", "Note", "label", "Claim"):
        assert f"{word} {ACTING}" in text, word
    assert f"room {ACTING}".casefold() in text.casefold()
    assert browser.run("document.acted === undefined")


def test_a_policy_keeps_other_scripts_and_the_network_out(browser: Browser) -> None:
    browser.run(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.acted = 3'}))"
    )
    refused = browser.run("fetch('https://example.org/').then(() => 'answered', () => 'refused')")
    assert (browser.run("document.acted === undefined"), refused) == (True, "refused")
    assert any("Content Security Policy" in message for message in browser.messages)


def test_a_click_plays_and_another_switches_at_the_same_position(browser: Browser) -> None:
    browser.click(f"{ROOM} .sound")
    browser.wait(SOUNDING)
    browser.wait(f"{LOUDNESS} > 0.01")
    before = browser.run("Deck.sounding.position")
    browser.click(f"{ROOM} .row:nth-of-type(3) .cell:nth-child(3) .sound")
    assert pressed(browser, ROOM) == [3]
    browser.wait(f"Deck.sounding.position !== {before}")
    assert browser.run("Deck.sounding.playing")
    browser.click(f"{ROOM} .play")
    browser.wait("!Deck.sounding.playing")
    browser.wait(f"{LOUDNESS} < 1e-6")


def test_one_deck_plays_at_a_time_each_at_a_rate_that_browsers_have(browser: Browser) -> None:
    browser.click(f"{ROOM} .sound")
    browser.wait(SOUNDING)
    browser.click(f"{LOW_ROOM} .sound")
    browser.wait(f"Deck.sounding.element.matches({json.dumps(LOW_ROOM)}) && {SOUNDING}")
    playing = browser.run("decks.filter(own => own.playing).map(own => own.element.dataset.deck)")
    assert playing == [f"room-{LOW_HZ}"]
    assert browser.run("Deck.sounding.player.context.sampleRate") == 8 * LOW_HZ


def test_a_click_in_the_waveform_jumps_and_a_drag_repeats_a_part(browser: Browser) -> None:
    browser.click(f"{ROOM} .view", across=0.5)
    browser.wait("Deck.sounding?.length > 0 && Deck.sounding.position > 0")
    assert browser.run("Deck.sounding.position / Deck.sounding.length") == pytest.approx(0.5, abs=0.01)
    browser.drag(f"{ROOM} .view", (0.2, 0.5), (0.6, 0.5))
    browser.wait("Deck.sounding.region !== null && Deck.sounding.playing")
    start, end = browser.run("Deck.sounding.region.map(sample => sample / Deck.sounding.length)")
    assert (start, end) == pytest.approx((0.2, 0.6), abs=0.01)
    for _ in range(20):
        time.sleep(0.02)
        assert 0.15 < browser.run("Deck.sounding.position / Deck.sounding.length") < 0.65
    browser.press("Escape")
    browser.click(f"{ROOM} .play")


def test_sounds_are_played_by_keys(browser: Browser) -> None:
    browser.run(f"document.querySelector({json.dumps(ROOM + ' .sound')}).focus()")
    browser.press(" ")
    browser.wait(SOUNDING)
    browser.press("ArrowDown")
    assert pressed(browser, ROOM) == [1]
    browser.press("ArrowRight", "ArrowRight")
    assert pressed(browser, ROOM) == [3]
    browser.press("l")
    assert attribute(browser, f"{ROOM} .loop", "aria-pressed") == "false"
    browser.wait("!Deck.sounding.playing")  # it ends, because it is not repeated
    browser.run(f"document.querySelector({json.dumps(ROOM + ' .view')}).focus()")
    browser.press("ArrowRight")
    browser.wait("Deck.sounding.position > 0")
    browser.press("Home")
    browser.wait("Deck.sounding.position === 0")


def test_a_sound_that_is_too_loud_says_so(browser: Browser) -> None:
    words = browser.run("[...document.querySelectorAll('.sound')].map(own => own.textContent)")
    assert any(re.fullmatch(r"Generation \(\d+(\.\d+)? dB quieter\)", own) for own in words)
    assert "Target" in words


def test_a_plot_zooms_by_mouse_and_by_keys_and_shows_all_again(browser: Browser) -> None:
    span = "plotter.uplot.scales.x.max - plotter.uplot.scales.x.min"
    assert browser.run(span) == EPOCHS - 1
    browser.drag(".u-over", (0.25, 0.5), (0.5, 0.5))
    browser.wait(f"{span} < {EPOCHS / 2}")
    browser.click(".zoom-0")
    browser.wait(f"{span} === {EPOCHS - 1}")
    browser.run("document.querySelector('.chart').focus()")
    browser.press("+")
    browser.wait(f"{span} < {EPOCHS - 1}")
    low = browser.run("plotter.uplot.scales.x.min")
    browser.press("ArrowRight")
    browser.wait(f"plotter.uplot.scales.x.min > {low}")
    browser.press("0")
    browser.wait(f"{span} === {EPOCHS - 1}")


def test_curves_are_switched_by_configuration_seed_and_scale(browser: Browser) -> None:
    assert browser.run("plotter.curves.map(own => own.seed)") == ["1", "2"]
    browser.click(".plotter .seeds input")
    assert browser.run("plotter.curves.map(own => own.seed)") == ["2"]
    browser.click(".plotter .choice input")
    assert browser.run("plotter.uplot === null && plotter.told.textContent") == "Nothing is chosen."
    browser.click(".plotter .choice input")
    first = browser.run("plotter.uplot.data[1][0]")
    assert first == pytest.approx(100 * 2.01, rel=1e-6)  # per cent of zero output
    assert browser.run("plotter.uplot.scales.y.distr") == 3
    browser.click(".plotter label:nth-of-type(1) input")
    assert browser.run("plotter.uplot.scales.y.distr") == 1


def test_the_values_at_the_mouse_are_told(browser: Browser) -> None:
    browser.click(".u-over", across=0.999)
    browser.wait("plotter.told.textContent.startsWith('epoch')")
    assert browser.run("plotter.told.textContent").startswith(f"epoch {EPOCHS}")
    assert browser.run("document.querySelector('.choice .value').textContent").endswith(" %")


def test_a_row_leads_to_its_configuration_and_that_to_its_curve_and_files(browser: Browser, page: Path) -> None:
    browser.click("#table-observed tbody a", across=0.1, down=0.1)
    browser.wait("location.hash === '#configuration-assisted'")
    browser.wait("document.getElementById('configuration-assisted').open")
    browser.click("#configuration-assisted .show-curve")
    assert browser.run("[...new Set(plotter.curves.map(own => own.own.name))]") == ["assisted"]
    links = browser.run("[...document.querySelectorAll('a[href]')].map(own => own.getAttribute('href'))")
    files = [unquote(link) for link in links if not link.startswith("#")]
    assert {"models/assisted/seed-1/run.json", "tables/observed.csv", "figures/waves.png"} <= set(files)
    assert [file for file in files if urlsplit(file).scheme or not (page.parent / file).is_file()] == []
    anchors = {link[1:] for link in links if link.startswith("#")}
    found = browser.run("[...document.querySelectorAll('[id]')].map(own => own.id)")
    assert anchors <= set(found)
    assert len(found) == len(set(found))


def test_verdicts_come_first_are_counted_and_lead_to_their_configurations(browser: Browser) -> None:
    assert browser.run("document.querySelector('main section').id") == "verdicts"
    counts = browser.run("[...document.querySelectorAll('.counts .verdict')].map(own => own.innerText)")
    assert counts == ["2 undecided at this scale", "1 confirmed"]
    links = browser.run("[...document.querySelectorAll('#claim-a0 a')].map(own => own.getAttribute('href'))")
    assert links == ["#configuration-assisted", "#configuration-low"]


def test_configurations_are_found_by_words(browser: Browser) -> None:
    browser.run("document.querySelector('.find').focus()")
    browser.press(*"amplifier")
    shown = browser.run(
        "[...document.querySelectorAll('.configuration')].filter(own => !own.hidden).map(own => own.id)"
    )
    assert shown == ["configuration-amplifier"]


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_any_width_and_has_the_readers_colours(browser: Browser, size: tuple[int, int], scheme: str) -> None:
    browser.resize(*size)
    browser.prefer(scheme)
    assert browser.run("document.documentElement.scrollWidth") <= size[0]
    text, paper = browser.run("['color', 'backgroundColor'].map(own => getComputedStyle(document.body)[own])")
    brightness = [sum(map(int, re.findall(r"\d+", own)[:3])) for own in (text, paper)]
    assert (brightness[0] < brightness[1]) == (scheme == "light")


def test_on_paper_there_are_no_players_and_nothing_is_closed(browser: Browser) -> None:
    browser.prefer("light", "print")
    browser.run("dispatchEvent(new Event('beforeprint'))")
    seen = "document.querySelectorAll({}).values().some(own => own.checkVisibility())"
    assert browser.run(seen.format("'table'"))
    assert not browser.run(seen.format("'nav, .stage, .controls'"))
    assert browser.run("document.querySelectorAll('details:not([open])').length") == 0
