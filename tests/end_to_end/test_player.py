"""The player in a browser, against a model of it that knows only what is heard: windowed pieces of signals."""

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from support.browser import Browser, browser_or_skip

from rnn_audio.reporting.page.sound import pack, player_script, to_pcm16

RATE = 44100
FADE = 220  # 5 ms
LENGTH = 20000
POLICY = "default-src 'none'; script-src 'unsafe-inline' data:"
RENDER = """async ({packed, commands, frames, rate}) => {
  const signals = await Promise.all(packed.map(unpackSound));
  const context = new OfflineAudioContext(1, frames, rate);
  await context.audioWorklet.addModule(SWITCHER_URL);
  const node = new AudioWorkletNode(context, "switcher",
    {numberOfInputs: 0, outputChannelCount: [1], processorOptions: {signals, commands}});
  node.connect(context.destination);
  const buffer = await context.startRendering();
  return Array.from(buffer.getChannelData(0));
}"""

Piece = tuple[int, int, int]  # signal, first sample, sample after the last


def sounds() -> list[NDArray[np.int16]]:
    """Two of white noise and one constant, each of its own length."""
    random = np.random.default_rng(5)
    noise = [to_pcm16(random.uniform(-1, 1, length)) for length in (LENGTH, LENGTH - 3000)]
    return [*noise, np.full(LENGTH, 32767, dtype=np.int16)]


def heard(piece: Piece) -> NDArray[np.float64]:
    """A piece of a signal, faded in from silence and out to silence; after its end, a signal is silent."""
    signal, start, end = piece
    samples = np.zeros(end - start)
    present = sounds()[signal][start:end] / 32768
    samples[: present.size] = present
    steps = np.minimum(np.arange(1, end - start + 1), np.arange(end - start - 1, -1, -1))
    return samples * np.sin(0.5 * np.pi * np.minimum(steps, FADE) / FADE) ** 2


def expected(pieces: Sequence[Piece | int], frames: int) -> NDArray[np.float64]:
    """Pieces and silences (their lengths), one after the other."""
    parts = [np.zeros(piece) if isinstance(piece, int) else heard(piece) for piece in pieces]
    total = np.concatenate(parts)
    return np.concatenate([total, np.zeros(frames - total.size)])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("player")
    page = folder / "page.html"
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    icon = '<link rel="icon" href="data:,">'
    page.write_text(f"<!doctype html><meta charset=utf-8>{policy}{icon}<script>{player_script()}</script>")
    with browser_or_skip(folder / "profile") as browser:
        browser.open(page)
        yield browser


def rendered(browser: Browser, commands: list[dict[str, int | str]], frames: int) -> NDArray[np.float64]:
    packed = [pack(sound) for sound in sounds()]
    given = json.dumps({"packed": packed, "commands": commands, "frames": frames, "rate": RATE})
    return np.array(browser.run(f"({RENDER})({given})"))


SESSIONS = {
    "a switch fades out and in at one position": (
        [("play", 100, {}), ("select", 1000, {"signal": 1})],
        [100, (0, 0, 900 + FADE), (1, 900 + FADE, LENGTH)],
    ),
    "a switch within a fade waits for silence": (
        [("play", 0, {}), ("select", 1000, {"signal": 1}), ("select", 1100, {"signal": 2})],
        [(0, 0, 1000 + FADE), (2, 1000 + FADE, LENGTH)],
    ),
    "a switch while it fades in turns round": (
        [("play", 0, {}), ("select", 60, {"signal": 2})],
        [(0, 0, 120), (2, 120, LENGTH)],
    ),
    "a jump fades": (
        [("play", 0, {}), ("seek", 2000, {"position": 12345})],
        [(0, 0, 2000 + FADE), (0, 12345, LENGTH)],
    ),
    "a pause keeps the position": (
        [("play", 0, {}), ("pause", 2000, {}), ("play", 5000, {})],
        [(0, 0, 2000 + FADE), 3000 - FADE, (0, 2000 + FADE, LENGTH)],
    ),
    "what is chosen in silence is there at once": (
        [("select", 10, {"signal": 2}), ("seek", 20, {"position": 700}), ("play", 30, {})],
        [30, (2, 700, LENGTH)],
    ),
    "a loop begins and ends in silence": (
        [("play", 0, {}), ("loop", 0, {"from": 4000, "to": 7001}), ("select", 8000, {"signal": 1})],
        [(0, 4000, 7001), (0, 4000, 7001), (0, 4000, 5998 + FADE), (1, 5998 + FADE, 7001), *[(1, 4000, 7001)] * 8],
    ),
    "a loop lets go": (
        [("play", 0, {}), ("loop", 500, {"from": 0, "to": 3000}), ("unloop", 3500, {})],
        [(0, 0, 3000), (0, 0, LENGTH)],
    ),
    "a loop around another place jumps there": (
        [("play", 0, {}), ("loop", 5000, {"from": 1000, "to": 4000})],
        [(0, 0, 5000 + FADE), *[(0, 1000, 4000)] * 8],
    ),
    "a loop is at least both fades long": (
        [("play", 0, {}), ("loop", 0, {"from": 100, "to": 101})],
        [(0, 100, 100 + 2 * FADE)] * 60,
    ),
    "the end stops, and play starts again": (
        [("play", 0, {}), ("play", LENGTH + 500, {})],
        [(2, 0, LENGTH), 500, (2, 0, LENGTH)],
    ),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_every_sample_of_a_session_is_as_it_should_be(browser: Browser, name: str) -> None:
    frames = 24000
    commands, pieces = SESSIONS[name]
    commands = [{"type": kind, "at": at} | more for kind, at, more in commands]
    if name.startswith("the end"):
        commands = [{"type": "select", "at": 0, "signal": 2}, *commands]
    lengths = [piece if isinstance(piece, int) else piece[2] - piece[1] for piece in pieces]
    frames = max(frames, sum(lengths))
    samples = rendered(browser, commands, frames)
    np.testing.assert_allclose(samples, expected(pieces, frames), rtol=0, atol=6e-8)
