from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.workspace import Config, Workspace

ONSET = 500
RATE_HZ = 16000


@pytest.fixture(scope="module")
def recording() -> np.ndarray:
    """Two channels with a decaying noise behind some silence, louder and later in the second."""
    noise = np.random.default_rng(3).uniform(-0.05, 0.05, 4000)
    first, second = np.zeros((2, 4000))
    first[200:] = noise[200:]
    second[ONSET:] = 10 * noise[ONSET:] * np.exp(-np.arange(4000 - ONSET) / 500)
    second[ONSET] = 0.9
    return np.column_stack([first, second]).astype(np.float32)


def take_in(config: Config) -> None:
    config["signals"]["sine"] |= {
        "kind": "room",
        "source": "file",
        "file": {"path": "recordings/my room.wav", "channel": 1, "start": "onset"},
    }
    config["seeds"] = [1]
    config["configurations"] = {"steady": config["configurations"]["steady"]}
    config["tables"] = {"sounds_of_steady": config["tables"]["sounds_of_steady"]}
    config["figures"] = {}


def test_own_recording_goes_through_by_an_edit_of_the_configuration(fresh: Workspace, recording: np.ndarray) -> None:
    path = fresh.folder / "recordings/my room.wav"
    path.parent.mkdir()
    soundfile.write(path, recording, RATE_HZ, subtype="FLOAT")
    fresh.edit_config(take_in)
    fresh.make()

    taken, rate_hz = soundfile.read(fresh.results / "signals/sine/source.wav", dtype="float32")
    assert rate_hz == RATE_HZ
    np.testing.assert_array_equal(taken, recording[ONSET : ONSET + 128, 1])
    for suffix in ("md", "tex", "html"):
        assert "recording my room.wav" in read(fresh.results / f"tables/sounds_of_steady.{suffix}")
    assert "synthetic" not in read(fresh.results / "tables/sounds_of_steady.md")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
