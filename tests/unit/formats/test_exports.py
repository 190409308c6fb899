"""Exported files, read by readers that know only the format, give the model's output."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import format_readers as readers
from support.portable_models import RATE_HZ, noise, random_model

from rnn_audio.errors import InputError
from rnn_audio.formats.files import FORMATS, write_model
from rnn_audio.formats.player import settled
from rnn_audio.formats.portable import PortableModel
from rnn_audio.types import Floats

TOLERANCE = 1e-6
WRONG = 1e-2
"""An error that a mistake in a format exceeds: ten thousand times the tolerance."""


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def add_input(play: Callable[..., Floats]) -> Callable[..., Floats]:
    return lambda content, sound, **how: play(content, sound, always_skip=True, **how)


JSON_READERS = {
    "nam": readers.play_nam,
    "aida-x": readers.play_rtneural,
    "coreaudioml": readers.play_coreaudioml,
    "proteus": add_input(readers.play_coreaudioml),
    "chameleon": add_input(readers.play_coreaudioml),
    "neuralpi": add_input(readers.play_coreaudioml),
}


def true_output(model: PortableModel, format: str, sound: Floats) -> Floats:
    """The model's output, from the state that the format starts in."""
    state = settled(model).state if format == "nam" else None
    return readers.play_truly(model.weights, model.skip, sound, state)


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("format", JSON_READERS)
def test_a_json_file_gives_the_output(format: str, skip: bool, tmp_path: Path) -> None:
    model, sound, path = random_model(skip=skip), noise(), tmp_path / "model.json"
    write_model(model, path, format)
    output = JSON_READERS[format](read(path), sound)
    assert np.abs(output - true_output(model, format, sound)).max() < TOLERANCE


@pytest.mark.parametrize("format", JSON_READERS)
@pytest.mark.parametrize("order", ["iogf", "figo", "ifog"])
def test_swapped_gates_would_be_noticed(format: str, order: str, tmp_path: Path) -> None:
    model, sound, path = random_model(), noise(), tmp_path / "model.json"
    write_model(model, path, format)
    output = JSON_READERS[format](read(path), sound, order=order)
    assert np.abs(output - true_output(model, format, sound)).max() > WRONG


def test_a_bias_left_out_would_be_noticed(tmp_path: Path) -> None:
    model, sound, path = random_model(), noise(), tmp_path / "model.json"
    write_model(model, path, "coreaudioml")
    content = read(path)
    content["state_dict"]["rec.bias_hh_l0"] = np.zeros(24).tolist()
    assert np.abs(readers.play_coreaudioml(content, sound) - true_output(model, "coreaudioml", sound)).max() > WRONG
    for format, play in (("aida-x", readers.play_rtneural), ("nam", readers.play_nam)):
        halved = PortableModel(model.weights | {"lstm.bias_hh": np.zeros(24, np.float32)}, skip=True)
        write_model(halved, path, format)
        assert np.abs(play(read(path), sound) - true_output(model, format, sound)).max() > WRONG


def test_an_untransposed_matrix_would_be_noticed(tmp_path: Path) -> None:
    model, sound, path = random_model(8), noise(), tmp_path / "model.json"
    write_model(model, path, "aida-x")
    content = read(path)
    recurrent = np.array(content["layers"][0]["weights"][1])
    content["layers"][0]["weights"][1] = recurrent.T.reshape(recurrent.shape).tolist()
    assert np.abs(readers.play_rtneural(content, sound) - true_output(model, "aida-x", sound)).max() > WRONG


@pytest.mark.parametrize("skip", [True, False])
def test_safetensors_give_the_output_and_their_gates_matter(skip: bool, tmp_path: Path) -> None:
    model, sound, path = random_model(skip=skip), noise(), tmp_path / "model.safetensors"
    write_model(model, path, "safetensors")
    expected = true_output(model, "safetensors", sound)
    assert np.abs(readers.play_safetensors(path, sound) - expected).max() < TOLERANCE
    assert np.abs(readers.play_safetensors(path, sound, order="iogf") - expected).max() > WRONG


@pytest.mark.parametrize("skip", [True, False])
def test_onnxruntime_gives_the_output_in_one_call_and_in_blocks(skip: bool, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    model, sound, path = random_model(skip=skip), noise(), tmp_path / "model.onnx"
    write_model(model, path, "onnx")
    session = runtime.InferenceSession(path.read_bytes())
    feed = sound.astype(np.float32)[:, None, None]
    state = [np.zeros((1, 1, 6), np.float32)] * 2
    whole, *_ = session.run(None, {"input": feed, "h0": state[0], "c0": state[1]})
    blocks = []
    for block in np.split(feed, [100, 101, 350]):
        output, *state = session.run(None, {"input": block, "h0": state[0], "c0": state[1]})
        blocks.append(output)
    assert np.array_equal(np.concatenate(blocks), whole)
    assert np.abs(whole[:, 0, 0] - true_output(model, "onnx", sound)).max() < TOLERANCE


def test_gates_of_onnx_in_pytorchs_order_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    monkeypatch.setattr("rnn_audio.formats.onnx_graph._to_onnx", lambda array: array)
    model, sound, path = random_model(), noise(), tmp_path / "model.onnx"
    write_model(model, path, "onnx")
    state = np.zeros((1, 1, 6), np.float32)
    feed = {"input": sound.astype(np.float32)[:, None, None], "h0": state, "c0": state}
    output, *_ = runtime.InferenceSession(path.read_bytes()).run(None, feed)
    assert np.abs(output[:, 0, 0] - true_output(model, "onnx", sound)).max() > WRONG


def test_players_get_a_size_that_they_take(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    for format, given, written in (
        ("proteus", 32, 40),
        ("proteus", 40, 40),
        ("chameleon", 6, 32),
        ("neuralpi", 6, 20),
        ("aida-x", 6, 8),
        ("aida-x", 33, 40),
    ):
        remarks = write_model(random_model(given), path, format)
        content = read(path)
        size = content["model_data"]["hidden_size"] if "model_data" in content else content["layers"][0]["shape"][2]
        assert size == written
        assert any(f"{written} units instead of {given}" in remark for remark in remarks) == (given != written)


@pytest.mark.parametrize(
    ("format", "hidden", "skip"), [("aida-x", 128, True), ("proteus", 64, True), ("chameleon", 32, False)]
)
def test_a_model_too_large_for_a_player_is_refused_in_one_line(
    format: str, hidden: int, skip: bool, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=rf"^{format}: \w.* has no network of {hidden} units"):
        write_model(random_model(hidden, skip), tmp_path / "model.json", format)
    assert list(tmp_path.iterdir()) == []


def test_what_players_read_stands_where_they_look_for_it(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    model = random_model(metadata={"esr": 0.018, "gear_type": "amp", "loudness": -17.5, "seed": 3})
    write_model(model, path, "aida-x")
    content = read(path)
    assert (content["samplerate"], content["metadata"]["samplerate"], content["in_skip"]) == (RATE_HZ, RATE_HZ, 1)
    assert type(content["in_skip"]) is int
    assert (content["metadata"]["name"], content["metadata"]["esr"]) == ("small", 0.018)
    assert "in_gain" not in content
    write_model(model, path, "nam")
    content = read(path)
    assert (content["version"], content["sample_rate"]) == ("0.5.4", RATE_HZ)
    assert content["config"] == {"input_size": 1, "hidden_size": 7, "num_layers": 1}
    metadata = content["metadata"]
    own = metadata.pop("rnn_audio")
    assert metadata == {"name": "small", "gear_type": "amp", "loudness": -17.5}
    assert own == {"esr": 0.018, "seed": 3, "skip_inside": True}
    write_model(model, path, "coreaudioml")
    assert read(path)["model_data"] == {
        "model": "SimpleRNN",
        "input_size": 1,
        "skip": 1,
        "output_size": 1,
        "unit_type": "LSTM",
        "num_layers": 1,
        "hidden_size": 6,
        "bias_fl": True,
    }


def test_rtneurals_own_test_passage_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    write_model(random_model(8), path, "aida-x")
    content = read(path)
    assert len(content["input_batch"]) == len(content["output_batch"]) == 2048
    output = readers.play_rtneural(content, np.array(content["input_batch"]))
    assert np.abs(output - content["output_batch"]).max() < TOLERANCE


def test_a_nam_file_starts_in_the_state_of_rest(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    write_model(random_model(), path, "nam")
    rest = readers.play_nam(read(path), np.zeros(200))
    assert np.ptp(rest) < TOLERANCE
    from_zeros = readers.play_truly(random_model().weights, True, np.zeros(200))
    assert abs(from_zeros[0] - rest[0]) > WRONG  # a state of zeros is not the state of rest


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_model_gives_the_same_bytes(format: str, tmp_path: Path) -> None:
    if format == "onnx":
        pytest.importorskip("onnx")
    paths = tmp_path / "one", tmp_path / "two"
    for path in paths:
        write_model(random_model(metadata={"b": 1, "a": {"d": 2, "c": 3}}), path, format)
    assert paths[0].read_bytes() == paths[1].read_bytes()
