import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from rnn_audio.errors import InputError
from rnn_audio.signals import sources
from rnn_audio.signals.sources import inspect_source, load_source

RATE_HZ = 8000
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 4000)
SINE = {"generator": "sine", "rate_hz": 44100, "frequency_hz": 440.0, "amplitude": 1.0, "phase_rad": 0.0}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "room.wav", np.column_stack([NOISE, -NOISE]), RATE_HZ, subtype="DOUBLE")
    return tmp_path / "room.wav"


def test_generator_runs_at_its_own_rate(tmp_path: Path) -> None:
    settings = {"source": "synthetic", "duration_samples": 1024, "synthetic": SINE}
    samples, rate_hz = load_source("sine", settings, tmp_path)
    assert (samples.shape, rate_hz) == ((1024,), 44100)
    np.testing.assert_allclose(samples, np.sin(2 * np.pi * 440 * np.arange(1024) / 44100), atol=1e-12)
    inspect_source("sine", settings, [44100])


def test_file_gives_the_excerpt_asked_for(recording: Path, tmp_path: Path) -> None:
    settings = {"source": "file", "duration_s": 0.1, "file": {"path": str(recording), "channel": 1, "start": 0.2}}
    samples, rate_hz = load_source("room", settings, tmp_path)
    assert rate_hz == RATE_HZ
    np.testing.assert_array_equal(samples, -NOISE[1600:2400])
    inspect_source("room", settings, [RATE_HZ])


def test_start_is_the_beginning_unless_given(recording: Path, tmp_path: Path) -> None:
    settings = {"source": "file", "duration_samples": 5, "file": {"path": str(recording), "channel": 0}}
    np.testing.assert_array_equal(load_source("room", settings, tmp_path)[0], NOISE[:5])


@pytest.mark.parametrize("kind", ["sha256", "git_blob"])
def test_download_is_kept_under_its_digest(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    digest = {"sha256": hashlib.sha256, "git_blob": hashlib.sha1}[kind](b"").hexdigest()
    fetched: list[tuple[str, dict[str, Any]]] = []

    def fake_fetch(address: str, destination: Path, **options: object) -> Path:
        fetched.append((address, options))
        destination.write_bytes(recording.read_bytes())
        return destination

    monkeypatch.setattr(sources, "fetch", fake_fetch)
    url = {"address": "https://example.org/sounds/a.wav?x=1", kind: digest, "channel": 0, "start": 0.0}
    settings = {"source": "url", "duration_samples": 5, "url": url}
    inspect_source("room", settings, [44100])
    assert not fetched
    samples, _ = load_source("room", settings, tmp_path)
    np.testing.assert_array_equal(samples, NOISE[:5])
    assert fetched[0][0] == url["address"]
    assert fetched[0][1][kind] == digest
    assert (tmp_path / f"{digest}.wav").is_file()


def _url(**changes: object) -> dict[str, Any]:
    url = {"address": "https://example.org/a.wav", "sha256": "0" * 64} | changes
    return {"source": "url", "duration_s": 0.5, "url": {key: value for key, value in url.items() if value is not None}}


MISTAKES = [
    ({"source": "tape"}, ["signals.room.source: 'tape'", "choose one of synthetic, file, url"]),
    ({"source": "file"}, ["signals.room.file: missing", "add the section"]),
    ({"source": "synthetic", "synthetic": SINE}, ["signals.room.duration", "either duration_s or duration_samples"]),
    (
        {"source": "synthetic", "duration_s": 0.5, "synthetic": SINE | {"generator": "gong"}},
        ["signals.room.synthetic.generator", "choose one of"],
    ),
    (
        {"source": "synthetic", "duration_s": 0.5, "synthetic": SINE | {"pitch": 1}},
        ["signals.room.synthetic.pitch", "remove it"],
    ),
    (_url(address="file:///etc/a.wav"), ["signals.room.url.address", "not an http or https", "source: file"]),
    (_url(address="ftp://example.org/a.wav"), ["signals.room.url.address"]),
    (_url(address="https:///a.wav"), ["signals.room.url.address"]),
    (_url(sha256=None), ["signals.room.url: give", "either sha256 or git_blob"]),
    (_url(git_blob="0" * 40), ["signals.room.url: give"]),
    (_url(sha256="0" * 40), ["signals.room.url.sha256", "64 hexadecimal digits"]),
    (_url(sha256=None, git_blob="g" * 40), ["signals.room.url.git_blob", "40 hexadecimal digits"]),
]


@pytest.mark.parametrize(("settings", "expected"), MISTAKES)
def test_mistakes_are_found_at_the_start_and_when_loading(
    tmp_path: Path, settings: dict[str, Any], expected: list[str]
) -> None:
    for attempt in (lambda: inspect_source("room", settings, [1024]), lambda: load_source("room", settings, tmp_path)):
        with pytest.raises(InputError) as caught:
            attempt()
        for part in expected:
            assert part in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["has 2 channels", "signals.room.file.channel"]),
        ({"channel": 5}, ["signals.room.file.channel"]),
        ({"channel": 0, "start": 0.4}, ["signals.room.duration_s", "only 0.1;", "signals.room.file.start"]),
        ({"path": "nowhere.wav"}, ["nowhere.wav", "signals.room.file"]),
    ],
)
def test_file_is_checked_at_the_start(recording: Path, changes: dict[str, Any], expected: list[str]) -> None:
    settings = {"source": "file", "duration_s": 0.2, "file": {"path": str(recording)} | changes}
    with pytest.raises(InputError) as caught:
        inspect_source("room", settings, [1024])
    for part in expected:
        assert part in str(caught.value)


@pytest.mark.parametrize("changes", [{"amplitude": 1e-9}, {"frequency_hz": 1e-12, "phase_rad": 1.0}])
def test_what_was_synthesised_must_be_sound(tmp_path: Path, changes: dict[str, Any]) -> None:
    own = {"generator": "sine", "rate_hz": 8000, "frequency_hz": 440.0, "amplitude": 1.0, "phase_rad": 0.0} | changes
    settings = {"kind": "tone", "duration_samples": 64, "source": "synthetic", "synthetic": own}
    with pytest.raises(InputError, match=r"^signals\.tone\.synthetic: the excerpt is (silent|constant)"):
        load_source("tone", settings, tmp_path)


def test_a_rate_below_the_target_is_found_at_the_start(recording: Path) -> None:
    file = {"source": "file", "duration_s": 0.2, "file": {"path": str(recording), "channel": 0}}
    synthetic = {"source": "synthetic", "duration_s": 0.2, "synthetic": SINE}
    with pytest.raises(InputError, match=r"signals\.room\.file.*8000 Hz.*16000 Hz.*invent content"):
        inspect_source("room", file, [16000])
    with pytest.raises(InputError, match=r"signals\.sine\.synthetic\.rate_hz.*44100 Hz.*48000 Hz.*invent content"):
        inspect_source("sine", synthetic, [48000])
