"""Models of other programs: read as their makers meant them, or refused under the name of what they are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import format_readers as readers
from support.portable_models import RATE_HZ, noise, random_model

from rnn_audio.errors import InputError
from rnn_audio.formats.files import FORMATS, read_model, write_model
from rnn_audio.formats.player import play, settled

REMOVED = object()
HIDDEN = 4
# Players that take the model as it is; the others get more units.
AS_IT_IS = ("coreaudioml", "onnx", "safetensors")


def lists(*shape: int, seed: int) -> list:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, shape).tolist()


def coreaudioml() -> dict[str, Any]:
    """As an old version of CoreAudioML wrote it: flags as 0 and 1, another order of the keys."""
    return {
        "state_dict": {
            "lin.bias": lists(1, seed=6),
            "lin.weight": lists(1, HIDDEN, seed=5),
            "rec.bias_hh_l0": lists(4 * HIDDEN, seed=4),
            "rec.weight_hh_l0": lists(4 * HIDDEN, HIDDEN, seed=2),
            "rec.bias_ih_l0": lists(4 * HIDDEN, seed=3),
            "rec.weight_ih_l0": lists(4 * HIDDEN, 1, seed=1),
        },
        "model_data": {
            "bias_fl": 1,
            "hidden_size": HIDDEN,
            "num_layers": 1,
            "unit_type": "LSTM",
            "skip": 1,
            "output_size": 1,
            "input_size": 1,
            "model": "SimpleRNN",
        },
    }


def rtneural() -> dict[str, Any]:
    """As AIDA-X's trainer writes it, with the rate as text."""
    return {
        "in_shape": [None, None, 1],
        "in_skip": 1,
        "layers": [
            {
                "type": "lstm",
                "activation": "",
                "shape": [None, None, HIDDEN],
                "weights": [
                    lists(1, 4 * HIDDEN, seed=1),
                    lists(HIDDEN, 4 * HIDDEN, seed=2),
                    lists(4 * HIDDEN, seed=3),
                ],
            },
            {
                "type": "dense",
                "activation": "",
                "shape": [None, None, 1],
                "weights": [lists(HIDDEN, 1, seed=4), lists(1, seed=5)],
            },
        ],
        "metadata": {"name": "Their amp", "samplerate": "48000", "esr": 0.02},
    }


def nam() -> dict[str, Any]:
    """As NAM's trainer writes it, without a rate and with metadata that hold nothing."""
    return {
        "version": "0.7.0",
        "architecture": "LSTM",
        "config": {"input_size": 1, "hidden_size": HIDDEN, "num_layers": 1},
        "weights": lists(4 * HIDDEN * (1 + HIDDEN) + 4 * HIDDEN + 3 * HIDDEN + 1, seed=1),
        "metadata": None,
    }


def changed(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = content
    for part in parents:
        place = place[part]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return content


def written(folder: Path, content: Any, name: str = "theirs.json") -> Path:  # noqa: ANN401
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "play_theirs"),
    [
        (coreaudioml(), readers.play_coreaudioml),
        (changed(coreaudioml(), "model_data/skip", 0), readers.play_coreaudioml),
        (changed(coreaudioml(), "model_data/skip", True), readers.play_coreaudioml),
        (changed(coreaudioml(), "model_data/skip", False), readers.play_coreaudioml),
        (changed(coreaudioml(), "model_data/bias_fl", True), readers.play_coreaudioml),
        (rtneural(), readers.play_rtneural),
        (changed(rtneural(), "in_skip", 0), readers.play_rtneural),
        (changed(rtneural(), "in_skip", REMOVED) | {"in_skip": 0}, readers.play_rtneural),
        (nam(), readers.play_nam),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_model_of_another_program_sounds_as_there(content: dict, play_theirs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    output, _ = play(read_model(written(tmp_path, content)), noise())
    assert np.abs(output - play_theirs(content, noise())).max() < 1e-6


def test_a_model_without_a_last_bias_has_one_of_zero(tmp_path: Path) -> None:
    content = changed(changed(coreaudioml(), "model_data/bias_fl", 0), "state_dict/lin.bias", REMOVED)
    assert read_model(written(tmp_path, content)).weights["linear.bias"] == [0.0]


def test_names_and_rates_are_found_where_programs_put_them(tmp_path: Path) -> None:
    theirs = read_model(written(tmp_path, rtneural()))
    assert (theirs.name, theirs.rate_hz, theirs.metadata) == ("Their amp", 48000, {"esr": 0.02})
    first = rtneural() | {"samplerate": 44100.0}
    assert read_model(written(tmp_path, first)).rate_hz == 44100
    assert read_model(written(tmp_path, nam(), "fuzz.nam")).rate_hz == 48000  # what NAM takes one for that says nothing
    plain = read_model(written(tmp_path, coreaudioml(), "ht1.json"))
    assert (plain.name, plain.rate_hz) == ("ht1", None)


def test_a_format_is_told_by_its_keys_and_not_by_its_name(tmp_path: Path) -> None:
    assert read_model(written(tmp_path, nam(), "model.json")).rate_hz == 48000
    assert read_model(written(tmp_path, rtneural(), "model.aidax")).name == "Their amp"


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("format", FORMATS)
def test_what_was_written_is_read_back(format: str, skip: bool, tmp_path: Path) -> None:
    if format == "onnx":
        pytest.importorskip("onnx")
    model = random_model(skip=skip, metadata={"esr": 0.25, "seed": 2})
    path = tmp_path / f"small{FORMATS[format].suffix}"
    write_model(model, path, format)
    back = read_model(path)
    assert (back.name, back.rate_hz, back.metadata["esr"]) == ("small", RATE_HZ, 0.25)
    rested = settled(model) if format == "nam" else model
    assert np.abs(play(back, noise())[0] - play(rested, noise())[0]).max() < 1e-6
    if format in AS_IT_IS:
        assert back.skip == skip
        assert all(np.array_equal(back.weights[name], array) for name, array in model.weights.items())


def test_a_state_of_ones_own_is_kept_where_it_can_be(tmp_path: Path) -> None:
    state = np.full(6, 0.5, np.float32), np.full(6, -0.25, np.float32)
    model = random_model().with_state(state)
    for format in FORMATS:
        if format == "onnx":
            pytest.importorskip("onnx")
        path = tmp_path / f"small{FORMATS[format].suffix}"
        remarks = write_model(model, path, format)
        kept = FORMATS[format].keeps_state
        assert any("state before the first sample is left out" in remark for remark in remarks) == (not kept)
        if kept:
            assert np.array_equal(read_model(path).state, state)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (changed(coreaudioml(), "model_data/unit_type", "GRU"), "a GRU; only one LSTM layer"),
        (changed(coreaudioml(), "model_data/num_layers", 2), "an LSTM of 2 layers; only"),
        (changed(coreaudioml(), "model_data/input_size", 2), "an LSTM with 2 inputs and 1 outputs; only"),
        (changed(coreaudioml(), "model_data", {"model": "RecNet", "blocks": []}), "a RecNet"),
        (changed(coreaudioml(), "model_data", {"model": "GatedConvNet"}), r"a GatedConvNet \(a WaveNet\)"),
        (changed(coreaudioml(), "model_data", {"model": "Other"}), "a network of kind 'Other'"),
        (changed(coreaudioml(), "model_data/skip", 2), "'skip' is 2, not 0 or 1"),
        (changed(coreaudioml(), "model_data/hidden_size", "many"), "'hidden_size' is 'many', not a positive number"),
        (changed(coreaudioml(), "model_data/hidden_size", 5), r"has shape \(16, 1\), not \(20, 1\)"),
        (changed(coreaudioml(), "state_dict/lin.weight", REMOVED), "it has no linear.weight"),
        (changed(coreaudioml(), "state_dict/lin.weight", [["a"] * HIDDEN]), "is not an array of numbers"),
        (changed(coreaudioml(), "state_dict/lin.bias", [float("inf")]), "not finite"),
        (changed(coreaudioml(), "state_dict", []), "its 'state_dict' has no keys"),
        (changed(rtneural(), "layers/0/type", "gru"), "a network of GRU and dense; only"),
        (changed(rtneural(), "layers", rtneural()["layers"][:1] * 2), "a network of LSTM and LSTM"),
        (changed(rtneural(), "layers", None), "not a list of layers"),
        (changed(rtneural(), "layers/0/weights/0", lists(2, 16, seed=1)), "an LSTM with 2 inputs and 1 outputs"),
        (changed(rtneural(), "layers/0/weights", lists(2, 16, seed=1)), "are not those of an LSTM"),
        (changed(rtneural(), "layers/1/activation", "tanh"), "the activation 'tanh'"),
        (changed(rtneural(), "in_skip", 3), "'in_skip' is 3"),
        (rtneural() | {"in_gain": -6.0}, "'in_gain' is -6.0 dB"),
        (changed(nam(), "architecture", "WaveNet"), "a WaveNet; only one LSTM layer"),
        (changed(nam(), "config/num_layers", 3), "an LSTM of 3 layers"),
        (changed(nam(), "config/hidden_size", 5), "it has 109 weights, but an LSTM of 5 units has 156"),
        (changed(nam(), "weights", ["a"]), "are not numbers"),
        ({"some": "thing"}, "none of a model's formats"),
        ([1, 2], "JSON without keys"),
    ],
)
def test_another_network_is_named_and_refused(content: Any, told: str, tmp_path: Path) -> None:  # noqa: ANN401
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=told) as refused:
        read_model(path)
    assert str(refused.value).startswith(str(path))
    assert len(str(refused.value).splitlines()) == 1


def test_files_that_are_no_models_are_refused(tmp_path: Path) -> None:
    for name in ("absent.json", "absent.safetensors", "absent.nam"):
        with pytest.raises(InputError, match="no such"):
            read_model(tmp_path / name)
    for name in ("broken.json", "broken.safetensors", "broken.nam"):
        (tmp_path / name).write_bytes(b'{"architecture": ')
        with pytest.raises(InputError, match="not a readable"):
            read_model(tmp_path / name)


def test_a_trained_model_is_read_without_pytorch_as_with_it(tmp_path: Path) -> None:
    import torch

    from rnn_audio.networks.model import ModelShape, initialise, load_model, save_model
    from rnn_audio.networks.random_streams import RandomStreams

    shape, path = ModelShape(HIDDEN, skip=True), tmp_path / "model.safetensors"
    parameters = initialise(shape, RandomStreams([7]))
    save_model(path, shape, parameters)
    model = read_model(path)
    assert (model.skip, model.name, model.rate_hz) == (True, "model", None)
    assert all(np.array_equal(model.weights[name], tensor[0].numpy()) for name, tensor in parameters.items())
    again = tmp_path / "again.safetensors"
    write_model(model, again, "safetensors")
    loaded_shape, loaded = load_model(again)
    assert loaded_shape == shape
    assert all(torch.equal(loaded[name], tensor) for name, tensor in parameters.items())


def test_a_changed_byte_of_a_model_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_model(random_model(), path, "safetensors")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="its content has changed"):
        read_model(path)


def test_reading_and_playing_need_no_pytorch(tmp_path: Path) -> None:
    import subprocess
    import sys

    from support.places import REPOSITORY

    path = tmp_path / "model.safetensors"
    write_model(random_model(), path, "safetensors")
    script = (
        "import sys; from pathlib import Path; import numpy as np; from rnn_audio.formats.files import read_model; "
        "from rnn_audio.formats.player import play; play(read_model(Path(sys.argv[1])), np.zeros(3)); "
        "assert 'torch' not in sys.modules and 'onnx' not in sys.modules"
    )
    command = [sys.executable, "-c", script, str(path)]
    subprocess.run(command, check=True, env={"PYTHONPATH": str(REPOSITORY / "workflow"), "PATH": ""})
