"""JSON of CoreAudioML, which Proteus, Chameleon and NeuralPi (GuitarML) load: PyTorch's own names and layout.

The format states neither a rate nor anything about the model; all of these players ignore further keys.
"""

from pathlib import Path
from typing import Any

from rnn_audio.errors import InputError
from rnn_audio.formats import json_files
from rnn_audio.formats.portable import PortableModel, checked_weights

_NAMES = {
    "rec.weight_ih_l0": "lstm.weight_ih",
    "rec.weight_hh_l0": "lstm.weight_hh",
    "rec.bias_ih_l0": "lstm.bias_ih",
    "rec.bias_hh_l0": "lstm.bias_hh",
    "lin.weight": "linear.weight",
    "lin.bias": "linear.bias",
}
_METADATA = "rnn_audio"


def is_this(content: dict[str, Any]) -> bool:
    """Whether a JSON file has this format."""
    return "model_data" in content


def write(model: PortableModel, path: Path) -> None:
    """Write a model; its size must be one that the player takes, and its initial state is not written."""
    data = {
        "model": "SimpleRNN",
        "input_size": 1,
        "skip": int(model.skip),
        "output_size": 1,
        "unit_type": "LSTM",
        "num_layers": 1,
        "hidden_size": model.hidden_size,
        "bias_fl": True,
    }
    weights = {theirs: json_files.numbers(model.weights[ours]) for theirs, ours in _NAMES.items()}
    own = {"name": model.name, "rate_hz": model.rate_hz, **model.metadata}
    json_files.write(path, {"model_data": data, "state_dict": weights, _METADATA: own})


def read(path: Path, content: dict[str, Any]) -> PortableModel:
    """Read a model.

    Raises:
        InputError: the network is of another kind, which is named, or the file is damaged.
    """
    data, weights = (
        json_files.mapping(path, content, "model_data"),
        dict(json_files.mapping(path, content, "state_dict")),
    )
    _require_one_lstm(path, data)
    if not data.get("bias_fl", True):  # 1 or true; a layer without biases has zeros
        weights["lin.bias"] = weights.get("lin.bias", [0.0])
    hidden = json_files.count(path, data, "hidden_size")
    arrays = {ours: weights[theirs] for theirs, ours in _NAMES.items() if theirs in weights}
    own = content.get(_METADATA)
    own = dict(own) if isinstance(own, dict) else {}
    return PortableModel(
        checked_weights(str(path), arrays, hidden),
        skip=_skip(path, data),
        rate_hz=json_files.as_rate(own.pop("rate_hz", None)),
        name=json_files.as_text(own.pop("name", None), path.stem),
        metadata=own,
    )


def _require_one_lstm(path: Path, data: dict[str, Any]) -> None:
    kind, unit = data.get("model"), data.get("unit_type")
    found = None
    if kind == "RecNet" or "blocks" in data:
        found = "a RecNet (several recurrent blocks)"
    elif kind == "GatedConvNet":
        found = "a GatedConvNet (a WaveNet)"
    elif kind != "SimpleRNN":
        found = f"a network of kind {kind!r}"
    elif unit != "LSTM":
        found = f"a {unit}" if unit in ("GRU", "RNN") else f"a network of {unit!r} units"
    elif json_files.count(path, data, "num_layers") != 1:
        found = f"an LSTM of {data['num_layers']} layers"
    elif json_files.count(path, data, "input_size") != 1 or json_files.count(path, data, "output_size") != 1:
        found = f"an LSTM with {data['input_size']} inputs and {data['output_size']} outputs"
    if found:
        raise InputError(f"{path}: {found}; only one LSTM layer with one input and one output can be read")


def _skip(path: Path, data: dict[str, Any]) -> bool:
    """The number of input channels that are added to the output; old files write true and false."""
    skip = json_files.as_number(int(value) if isinstance(value := data.get("skip", 0), bool) else value)
    if skip not in (0, 1):
        raise InputError(f"{path}: its 'skip' is {data.get('skip')!r}, not 0 or 1; export it again")
    return bool(skip)
