"""The command `train` before anything trains: what is wrong with a pair, or with the folder, is one line."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from rnn_audio.__main__ import main
from rnn_audio.commands import train
from rnn_audio.errors import InputError
from rnn_audio.types import Floats

RATE_HZ = 16_000


def playing(seconds: float = 4.0) -> Floats:
    return np.random.default_rng(1).uniform(-0.5, 0.5, round(seconds * RATE_HZ))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    played = playing()
    clipped = np.clip(8 * played, -1, 1)
    sounds = {"in": played, "out": np.tanh(2 * played), "late": np.roll(np.tanh(2 * played), 400), "loud": clipped}
    sounds |= {"silent": 1e-6 * played, "short": played[:8000], "longer": playing(5), "inverted": -played}
    sounds |= {"faded": np.where(np.arange(len(played)) < 0.75 * len(played), played, 0)}
    sounds |= {"stereo": np.column_stack([played, playing(4)[::-1]])}
    for name, samples in sounds.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
    soundfile.write(tmp_path / "other-rate.wav", playing(12), 3 * RATE_HZ, subtype="FLOAT")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """What would have been trained: the arguments of the last step, which is left out."""
    calls: list[tuple] = []
    monkeypatch.setattr(train, "_train", lambda *arguments: calls.append(arguments) or 0)
    return calls


@pytest.mark.parametrize(
    ("sides", "options", "said"),
    [
        (("in", "missing"), [], "missing.wav: no such file"),
        (("in", "silent"), [], "silent.wav is silent"),
        (("in", "faded"), [], "s, is silent (peak 0.0e+00); give a recording without this pause"),
        (("in", "longer"), [], "longer.wav 80000: trim them to the same length"),
        (("short", "short"), [], "short.wav: lasts 0.5 s, too short to learn from; give at least 3 s"),
        (("in", "other-rate"), [], "in.wav has 16000 Hz and other-rate.wav has 48000 Hz: resample one of them"),
        (("in", "stereo"), [], "stereo.wav: has 2 channels; set --target-channel to one of 0..1"),
        (("in", "stereo"), ["--target-channel", "2"], "set --target-channel to 0..1"),
        (("in", "out"), ["--seeds", "0"], "--seeds: 0 is too few"),
        (("in", "out"), ["--minutes", "nan"], "--minutes: nan is too few"),
    ],
)
def test_a_mistake_is_one_line_in_the_words_of_the_command(
    folder: Path,
    untrained: list[tuple],
    sides: tuple[str, str],
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture,
) -> None:
    assert main(["train", *(f"{side}.wav" for side in sides), *options]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("rnn-audio train: ")
    assert said in error
    assert "devices." not in error
    assert not untrained
    assert not list(folder.rglob("config.yaml"))


def trained(folder: Path, target: str, *options: str) -> int:
    return main(["train", "in.wav", f"{target}.wav", "--epochs", "3", "--seeds", "2", *options])


def test_what_was_measured_of_the_pair_is_said(
    folder: Path, untrained: list[tuple], capsys: pytest.CaptureFixture
) -> None:
    assert trained(folder, "late") == 0
    said = capsys.readouterr().out
    assert "latency of 400 samples (25.00 ms) corrected to 2" in said
    assert "no passage of the input comes twice" in said
    assert trained(folder, "inverted") == 0
    assert "invert it if you did not expect it" in capsys.readouterr().out
    assert trained(folder, "loud") == 0
    assert "record it at a lower level" in capsys.readouterr().out


def test_a_target_that_differs_where_the_input_repeats_is_said(
    folder: Path, untrained: list[tuple], capsys: pytest.CaptureFixture
) -> None:
    twice = np.tile(playing(2), 2)
    soundfile.write(folder / "in.wav", twice, RATE_HZ, subtype="FLOAT")
    noise = 0.1 * np.random.default_rng(3).standard_normal(len(twice))
    for name, target in (("same", np.tanh(twice)), ("noisy", np.tanh(twice) + noise)):
        soundfile.write(folder / f"{name}.wav", target, RATE_HZ, subtype="FLOAT")
    assert trained(folder, "same") == trained(folder, "noisy") == 0
    said = capsys.readouterr().out
    assert "the target is the same to 0 % of its power where the input repeats" in said
    assert "noisy.wav differs by" in said


def test_the_folder_gets_a_configuration_once_and_only_the_same_command_goes_on(
    folder: Path, untrained: list[tuple], capsys: pytest.CaptureFixture
) -> None:
    assert trained(folder, "out") == 0
    written = (folder / "out-model/config.yaml").read_bytes()
    assert yaml.safe_load(written)["configurations"]["out"]["epochs"] == 3
    assert main(["train", "in.wav", "out.wav", "--seeds", "2", "--minutes", "7"]) == 0
    assert "goes on, with 3 epochs as before" in capsys.readouterr().out
    assert len(untrained) == 2
    assert untrained[0] == untrained[1]
    for other in (["--size", "16"], ["--filter", "none"], ["--seeds", "3"], ["--epochs", "4"]):
        given = {"--seeds": "2", "--epochs": "3"} | dict([other])
        options = [word for option in given.items() for word in option]
        assert main(["train", "in.wav", "out.wav", *options]) == 1
        assert "belongs to a run of another command" in capsys.readouterr().err
    assert (folder / "out-model/config.yaml").read_bytes() == written
    assert len(untrained) == 2


@pytest.mark.parametrize("content", ["[]", "{", "configurations: {a: {}}", "\xff"])
def test_a_folder_with_something_else_is_left_alone(
    folder: Path, untrained: list[tuple], content: str, capsys: pytest.CaptureFixture
) -> None:
    (folder / "mine").mkdir()
    (folder / "mine/config.yaml").write_bytes(content.encode("latin-1"))
    assert trained(folder, "out", "--output", "mine") == 1
    assert "choose another --output" in capsys.readouterr().err
    assert (folder / "mine/config.yaml").read_bytes() == content.encode("latin-1")


@pytest.mark.parametrize(
    ("minutes", "seeds", "cores", "epochs"), [(10, 5, 2, 94), (10, 5, 5, 288), (10, 1, 8, 288), (0.1, 5, 1, 1)]
)
def test_the_minutes_set_the_epochs_by_the_measured_pace(
    folder: Path,
    untrained: list[tuple],
    minutes: float,
    seeds: int,
    cores: int,
    epochs: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    """At 2 s an epoch: 580 s are left beside the start and the end, and 4 s for each round of models at once."""
    measured = []
    monkeypatch.setattr("rnn_audio.speed.pace.seconds_per_epoch", lambda *given: measured.append(given[2:]) or 2.0)
    options = ["--minutes", str(minutes), "--seeds", str(seeds), "--cores", str(cores)]
    assert main(["train", "in.wav", "out.wav", *options]) == 0
    settings = yaml.safe_load((folder / "out-model/config.yaml").read_text())
    assert settings["configurations"]["out"]["epochs"] == epochs
    assert measured == [("cpu", 1, min(seeds, cores))]
    assert f"an epoch takes 2 s on this machine's cpu ({min(seeds, cores)} at once)" in capsys.readouterr().out


def test_without_a_checkout_it_says_where_to_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "__file__", str(tmp_path / "site-packages/rnn_audio/commands/train.py"))
    with pytest.raises(InputError, match="no Snakefile, which an installed library does not have; train from a clone"):
        train.checkout()


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("LockException: Directory cannot be locked.", "--directory out-model --unlock' once"),
        ("MissingInputException", "snakemake.log: the run ended with an error, whose last lines are above"),
    ],
)
def test_a_run_that_fails_shows_its_last_lines(
    folder: Path, output: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def fail(command: list[str], _environment: dict, log: Path, _progress: object) -> int:
        log.write_text(f"{command[2]}\n{output}\n")
        return 1

    monkeypatch.setattr(train, "run_watched", fail)
    assert trained(folder, "out") == 1
    error = capsys.readouterr().err
    assert f"snakemake\n{output}" in error
    assert said in error.splitlines()[-1]
    assert not (folder / "out-model/README.md").exists()
