"""The exports of a trained model: what is known of it, and the command."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.format_readers import play_truly
from support.portable_models import RATE_HZ, noise, random_model

from rnn_audio.__main__ import main
from rnn_audio.errors import InputError
from rnn_audio.formats import loudness
from rnn_audio.formats.files import read_model, write_model
from rnn_audio.formats.loudness import loudness_and_gain
from rnn_audio.jobs.exports import esr_words, trained_model, write_exports
from rnn_audio.records import write_json
from rnn_audio.wav import write_wav

NAME = "amp_6_highpass"
PASSAGE = "models/_resources/loudness_input.wav"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results of a configuration with two seeds on a device whose target is the first seed's output at 0.9."""
    folder = tmp_path / "results"
    settings = {"device": "amp", "pre_emphasis": "highpass", "hidden_size": 6, "epochs": 3}
    for seed in (1, 2):
        own = folder / "models" / NAME / f"seed-{seed}"
        write_model(random_model(seed=seed, name=NAME), own / "model.safetensors", "safetensors")
        run = {"name": NAME, "seed": seed, "rate_hz": RATE_HZ, "samples": 1000, "configuration": settings}
        write_json(own / "run.json", run)
    write_json(own.parent / "selection.json", {"chosen_seed": 1, "rule": "test_loss", "seeds": {"1": {}, "2": {}}})
    write_wav(folder / "devices/amp/test/input.wav", noise(), RATE_HZ)
    target = 0.9 * play_truly(random_model(seed=1).weights, True, noise())
    write_wav(folder / "devices/amp/test/target.wav", target, RATE_HZ)
    latency = {"name": "latency (samples)", "input": None, "target": 71, "advice": "nothing, it was corrected"}
    checks = {"findings": [], "corrections": ["target.wav: trimmed by 71 samples"], "measured": [latency]}
    write_json(folder / "devices/amp/checks.json", checks)
    return folder


def described(results: Path) -> dict:
    sides = [results / f"devices/amp/test/{side}.wav" for side in ("input", "target")]
    model, checks = results / "models" / NAME / "seed-1/model.safetensors", results / "devices/amp/checks.json"
    about = {"device": "amp", "gear_type": "pedal"}
    return dict(trained_model(model, sides, model.parents[1] / "selection.json", checks, about).metadata)


def test_a_model_says_what_was_measured(results: Path) -> None:
    metadata = described(results)
    # The output is the target over 0.9, so the error is a ninth of the target after any filter.
    assert metadata["esr"] == pytest.approx(1 / 81, rel=1e-4)
    assert metadata["esr_highpass"] == pytest.approx(1 / 81, rel=1e-4)
    assert metadata["esr_words"] == "not bad"
    assert (metadata["latency_samples"], metadata["latency_corrected"]) == (71, True)
    assert (metadata["device"], metadata["gear_type"]) == ("amp", "pedal")
    training = metadata["training"]
    assert (training["seed"], training["seeds"], training["chosen_by"], training["epochs"]) == (1, 2, "test_loss", 3)


def test_a_model_says_nothing_that_was_not_measured(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loudness, "_PACKAGE", "no_such_package")
    model = trained_model(results / "models" / NAME / "seed-2/model.safetensors")
    assert set(model.metadata) == {"training"}
    assert (model.name, model.rate_hz) == (NAME, RATE_HZ)


@pytest.mark.parametrize(
    ("esr", "words"),
    [
        (0.0, "great"),
        (0.0099, "great"),
        (0.01, "not bad"),
        (0.034, "not bad"),
        (0.035, "may sound OK"),
        (0.1, "hardly sounds right"),
        (0.3, "does not sound like it"),
        (1.5, "does not sound like it"),
    ],
)
def test_an_error_has_words(esr: float, words: str) -> None:
    assert esr_words(esr) == words


def test_all_formats_are_written_or_say_why_not(tmp_path: Path) -> None:
    model = replace(
        random_model(128), name="large", metadata={"esr": 0.02, "esr_words": "not bad", "esr_highpass": 0.03}
    )
    text = write_exports(model, tmp_path)
    assert text == (tmp_path / "README.md").read_text(encoding="utf-8")
    assert text.splitlines()[2] == (
        "128 LSTM units, with a skip, 44100 Hz, ESR 0.02 (not bad), ESR after high-pass 0.03."
    )
    files = {path.name for path in tmp_path.iterdir()}
    assert {"large.nam", "large.coreaudioml.json", "large.safetensors"} <= files
    assert "large.aida-x.json" not in files
    assert "| - | AIDA-X, aidadsp-lv2, MOD | Not written: AIDA-X, aidadsp-lv2, MOD has no network of 128" in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| file")]
    assert len(rows) == 8
    assert sum(row.startswith("| large") for row in rows) == len(files) - 1


def test_a_missing_package_is_told_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    text = write_exports(random_model(), tmp_path, ["onnx", "nam"])
    assert "Not written: the package onnx is not installed; install it (pip install onnx)." in text
    assert (tmp_path / "small.nam").is_file()
    with pytest.raises(InputError, match=r"^onnx: the package onnx is not installed"):
        write_model(random_model(), tmp_path / "small.onnx", "onnx")


@pytest.fixture
def passage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The package of NAM with a passage of noise."""
    sound = 0.3 * noise(4000)
    path = tmp_path / "packages/nam" / PASSAGE
    path.parent.mkdir(parents=True)
    (tmp_path / "packages/nam/__init__.py").write_text("raise AssertionError('imported')", encoding="utf-8")
    soundfile.write(path, sound, 48000, subtype="DOUBLE")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    return sound


def test_loudness_is_that_of_the_output_and_gain_tells_saturation(passage: np.ndarray) -> None:
    silent = random_model()
    weights = silent.weights | {"linear.weight": np.zeros((1, 6), np.float32), "linear.bias": np.zeros(1, np.float32)}
    passed_on = loudness_and_gain(replace(silent, weights=weights, skip=True))  # the output is the input
    assert passed_on["loudness"] == pytest.approx(10 * np.log10(np.mean(passage**2)), abs=1e-4)
    assert passed_on["gain"] == pytest.approx(0, abs=1e-6)
    constant = weights | {"linear.bias": np.full(1, 0.5, np.float32)}
    as_loud = loudness_and_gain(replace(silent, weights=constant, skip=False))
    assert as_loud == {"loudness": pytest.approx(20 * np.log10(0.5)), "gain": pytest.approx(1)}


def test_loudness_is_left_out_for_silence(passage: np.ndarray) -> None:
    nothing = {name: np.zeros_like(array) for name, array in random_model().weights.items()}
    assert loudness_and_gain(replace(random_model(), weights=nothing, skip=False)) == {}


def test_the_command_takes_a_folder_and_finds_what_is_known(results: Path, tmp_path: Path) -> None:
    arguments = ["export", str(results / "models" / NAME), "--to", "nam", "aida-x", "--output", str(tmp_path / "out")]
    assert main(arguments) == 0
    content = json.loads((tmp_path / f"out/{NAME}.nam").read_text(encoding="utf-8"))
    own = content["metadata"]["rnn_audio"]
    assert own["esr"] == pytest.approx(1 / 81, rel=1e-4)
    assert own["training"]["seed"] == 1
    assert read_model(tmp_path / f"out/{NAME}.aida-x.json").metadata["latency_samples"] == 71


def test_the_command_converts_models_of_other_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(replace(random_model(), rate_hz=None), Path("theirs.json"), "coreaudioml")
    assert main(["export", "theirs.json", "--to", "nam", "--rate", "48000", "--name", "Their amp"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Their amp.nam"
    assert main(["export", "theirs.json", "--to", "nam", "--output", "amps"]) == 0
    assert main(["export", "theirs.json", "--to", "nam", "--output", "other.nam"]) == 0
    assert Path("amps/small.nam").read_bytes() == Path("other.nam").read_bytes()
    assert any("One more unit passes the input on" in line for line in said)
    assert read_model(Path("Their amp.nam")).rate_hz == 48000


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["absent.json", "--to", "nam"], "absent.json: no such file"),
        ([".", "--to", "nam"], "no model in this folder"),
        (["small.safetensors", "--to", "proteus", "--rate", "48000"], "--rate: the model's file says 44100 Hz"),
        (["small.safetensors", "--to", "nam", "--rate", "0"], "--rate: 0 is not a sampling rate"),
    ],
)
def test_the_commands_mistakes_are_one_line(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(random_model(), Path("small.safetensors"), "safetensors")
    assert main(["export", *arguments]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["small.safetensors"]
