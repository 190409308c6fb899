import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from support.places import REPOSITORY
from support.portable_models import RATE_HZ, noise, random_model

from rnn_audio.__main__ import main
from rnn_audio.formats.files import write_model
from rnn_audio.records import write_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(random_model(), tmp_path / "model.safetensors", "safetensors")
    write_model(random_model(rate_hz=None), tmp_path / "model.json", "aida-x")
    soundfile.write(tmp_path / "in.wav", noise(), RATE_HZ, subtype="FLOAT")
    soundfile.write(tmp_path / "in48.wav", noise(), 48_000, subtype="FLOAT")
    return tmp_path


def test_it_writes_the_output_and_says_what_it_did(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["process", *(str(folder / name) for name in ("model.safetensors", "in.wav", "out.wav"))]) == 0
    assert soundfile.info(folder / "out.wav").frames == 600
    said = capsys.readouterr().err
    assert "6 units, 44100 Hz" in said
    assert "out.wav: 0 s of sound in" in said


@pytest.mark.parametrize(
    ("model", "sound", "more", "said"),
    [
        ("model.safetensors", "in48.wav", [], "resampled from 48000 Hz to 44100 Hz, the model's rate, and back"),
        ("model.json", "in48.wav", [], "does not say its sampling rate: the sound is taken as it is, at 48000 Hz"),
        ("model.json", "in48.wav", ["--rate", "44100"], "resampled from 48000 Hz to 44100 Hz"),
    ],
)
def test_a_change_of_rate_is_said(
    folder: Path, model: str, sound: str, more: list[str], said: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(["process", *(str(folder / name) for name in (model, sound, "out.wav")), *more]) == 0
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "more", "said"),
    [
        (("none.nam", "in.wav", "out.wav"), [], "none.nam"),
        (("in.wav", "in.wav", "out.wav"), [], "in.wav"),
        (("model.safetensors", "none.wav", "out.wav"), [], "none.wav: no such file"),
        (("model.safetensors", "in.wav", "out.mp3"), [], "ends with .wav"),
        (
            ("model.safetensors", "in.wav", "out.wav"),
            ["--rate", "48000"],
            "file says 44100 Hz; leave --rate out",
        ),
        (("model.json", "in.wav", "out.wav"), ["--rate", "0"], "0 is not a sampling rate"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    folder: Path, names: tuple[str, ...], more: list[str], said: str, capsys: pytest.CaptureFixture
) -> None:
    before = set(folder.iterdir())
    assert main(["process", *(str(folder / name) for name in names), *more]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("rnn-audio process: ")
    assert said in error
    assert set(folder.iterdir()) == before


def test_a_folder_stands_for_its_chosen_model(folder: Path, capsys: pytest.CaptureFixture) -> None:
    paths = [str(folder / name) for name in ("models", "in.wav", "out.wav")]
    (folder / "models/seed-2").mkdir(parents=True)
    assert main(["process", *paths]) == 1
    assert "models: no model in this folder" in capsys.readouterr().err
    write_json(folder / "models/selection.json", {"chosen_seed": 2})
    write_model(random_model(), folder / "models/seed-2/model.safetensors", "safetensors")
    assert main(["process", *paths]) == 0


def test_it_needs_no_pytorch(folder: Path) -> None:
    paths = ", ".join(repr(str(folder / name)) for name in ("model.safetensors", "in48.wav", "out.wav"))
    program = f"""
import sys
from rnn_audio.__main__ import main
assert main(["process", {paths}]) == 0
assert "torch" not in sys.modules
"""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "workflow")}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
