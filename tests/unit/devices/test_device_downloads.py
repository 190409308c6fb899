"""A device's recordings that are downloaded: verified, split as they were published, and complete or not there."""

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.recorded_devices import COMMON, RATE_HZ, lengths
from support.web_server import serving

from rnn_audio.devices.sources import SIDES, SPLITS, inspect_device, load_device
from rnn_audio.errors import InputError
from rnn_audio.types import Floats, Settings
from rnn_audio.wav import write_wav


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = self.server.contents[self.path]
        self.server.requests.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.path in self.server.truncated else content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with serving(Handler) as server:
        server.contents, server.requests, server.truncated = {}, [], set()
        yield server


def downloads() -> dict[str, tuple[Floats, Floats]]:
    random = np.random.default_rng(2)
    inputs = {split: random.uniform(-0.5, 0.5, count) for split, count in zip(SPLITS, (900, 300, 200), strict=True)}
    return {split: (one, np.tanh(3 * one)) for split, one in inputs.items()}


def of_urls(server: ThreadingHTTPServer, folder: Path, rate_hz: int = RATE_HZ) -> Settings:
    """Publish six recordings, and the settings that fetch them, verified by the ids by which git stores them."""
    entries: dict[str, dict[str, Settings]] = {}
    for split, pair in downloads().items():
        entries[split] = {}
        for side, samples in zip(SIDES, pair, strict=True):
            path = f"/{split}/{side}.wav"
            write_wav(folder / "published.wav", samples, rate_hz)
            content = (folder / "published.wav").read_bytes()
            server.contents[path] = content
            git_blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entries[split][side] = {
                "address": f"http://127.0.0.1:{server.server_port}{path}",
                "git_blob": git_blob,
            }
    return COMMON | {"source": "url", "url": entries}


def test_downloads_are_split_as_they_are_published(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    settings = of_urls(server, tmp_path)
    folder = tmp_path / "downloads"
    for _ in range(2):
        device = load_device("amp", settings, folder)
        for split, pair in downloads().items():
            for found, published in zip(device.pairs[split], pair, strict=True):
                assert np.array_equal(found, published.astype(np.float32))
    # What is there and verifies is not fetched again.
    assert sorted(server.requests) == sorted(server.contents)
    digests = [settings["url"][split][side]["git_blob"] for split in SPLITS for side in SIDES]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{digest}.wav" for digest in digests)
    assert device.rate_hz == RATE_HZ


def test_a_download_that_is_not_what_was_declared_leaves_nothing_behind(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    settings = of_urls(server, tmp_path)
    declared = settings["url"]["train"]["target"]["git_blob"]
    server.contents["/train/target.wav"] += b"tampered"
    with pytest.raises(InputError, match=rf"/train/target\.wav: its git_blob is .*, not {declared}"):
        load_device("amp", settings, tmp_path / "downloads")
    verified = settings["url"]["train"]["input"]["git_blob"]
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == [f"{verified}.wav"]


def test_a_download_that_breaks_off_leaves_its_hidden_part_alone_and_can_be_repeated(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    settings = of_urls(server, tmp_path)
    server.truncated = {"/train/input.wav"}
    with pytest.raises(InputError, match=r"/train/input\.wav: the transfer broke off"):
        load_device("amp", settings, tmp_path / "downloads")
    # What has arrived stays hidden, for the next attempt to go on from.
    assert [path.suffix for path in (tmp_path / "downloads").iterdir()] == [".part"]
    server.truncated = set()
    assert lengths(load_device("amp", settings, tmp_path / "downloads")) == [(900, 900), (300, 300), (200, 200)]


def test_a_download_at_another_rate_is_named_with_both_rates(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    settings = of_urls(server, tmp_path, rate_hz=8000)
    with pytest.raises(InputError, match=r"its rate is 8000 Hz, but devices\.amp\.rate_hz is 16000"):
        load_device("amp", settings, tmp_path / "downloads")


def test_a_download_of_several_channels_names_the_key_that_chooses(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    settings = of_urls(server, tmp_path)
    samples = downloads()["val"][1]
    soundfile.write(tmp_path / "two.wav", np.stack([samples, samples / 5], axis=1), RATE_HZ, subtype="DOUBLE")
    content = (tmp_path / "two.wav").read_bytes()
    server.contents["/val/target.wav"] = content
    entry = settings["url"]["val"]["target"]
    entry["git_blob"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    entry["channel"] = 1
    np.testing.assert_allclose(load_device("amp", settings, tmp_path / "downloads").pairs["val"][1], samples / 5)
    del entry["channel"]
    with pytest.raises(InputError, match=r"2 channels; set devices\.amp\.url\.val\.target\.channel to one of 0\.\.1"):
        load_device("amp", settings, tmp_path / "downloads")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"address": "recordings/in.wav"},
            r"devices\.amp\.url\.val\.target\.address: 'recordings/in\.wav' is not an http",
        ),
        ({"git_blob": None}, r"devices\.amp\.url\.val\.target: give the download's digest"),
        ({"git_blob": "12"}, r"devices\.amp\.url\.val\.target\.git_blob: '12' is not a digest; give its 40"),
    ],
)
def test_an_address_that_cannot_be_right_is_named_without_fetching_anything(
    server: ThreadingHTTPServer, tmp_path: Path, change: Settings, expected: str
) -> None:
    settings = of_urls(server, tmp_path)
    inspect_device("amp", settings)
    settings["url"]["val"]["target"] |= change
    with pytest.raises(InputError, match=expected):
        inspect_device("amp", settings)
    assert server.requests == []
