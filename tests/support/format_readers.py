"""Readers of exported files, written from the formats' definitions, in NumPy's double precision, without the library.

Each takes the content of a file and a sound, [N], and returns the output, [N], as the format's players compute it.
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.types import Floats

State = tuple[Floats, Floats]


def sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def loop(
    gates: dict[str, tuple[Floats, Floats, Floats]], head: Floats, offset: float, sound: Floats, state: State
) -> Floats:
    """The definition of an LSTM; a gate has input weights [H], recurrent weights [H, H] and a bias [H]."""
    h, c = state
    outputs = []
    for x in sound:
        sums = {letter: wx * x + wh @ h + b for letter, (wx, wh, b) in gates.items()}
        c = sigmoid(sums["f"]) * c + sigmoid(sums["i"]) * np.tanh(sums["g"])
        h = sigmoid(sums["o"]) * np.tanh(c)
        outputs.append(head @ h + offset)
    return np.array(outputs)


def by_gate(order: str, *stacked: Floats) -> dict[str, tuple[Floats, ...]]:
    """Arrays whose first axis holds four gates one after the other, in this order."""
    return dict(
        zip(order, zip(*(np.split(np.asarray(array, float), 4) for array in stacked), strict=True), strict=True)
    )


def zeros(hidden: int) -> tuple[Floats, Floats]:
    return np.zeros(hidden), np.zeros(hidden)


def play_coreaudioml(content: dict[str, Any], sound: Floats, order: str = "ifgo", always_skip: bool = False) -> Floats:
    """GuitarML's players add the input whatever `skip` says."""
    data, arrays = content["model_data"], {name: np.array(array) for name, array in content["state_dict"].items()}
    assert (data["unit_type"], data["num_layers"], data["input_size"], data["output_size"]) == ("LSTM", 1, 1, 1)
    bias = arrays["rec.bias_ih_l0"] + arrays["rec.bias_hh_l0"]
    gates = by_gate(order, arrays["rec.weight_ih_l0"][:, 0], arrays["rec.weight_hh_l0"], bias)
    output = loop(gates, arrays["lin.weight"][0], arrays["lin.bias"][0], sound, zeros(data["hidden_size"]))
    return output + sound if data["skip"] or always_skip else output


def play_rtneural(content: dict[str, Any], sound: Floats, order: str = "ifgo") -> Floats:
    """Keras' gates i, f, c, o; here c is called g."""
    lstm, dense = content["layers"]
    assert (lstm["type"], dense["type"]) == ("lstm", "dense")
    kernel, recurrent, bias = (np.array(array) for array in lstm["weights"])
    weight, offset = (np.array(array) for array in dense["weights"])
    assert (lstm["shape"], dense["shape"]) == ([None, None, len(recurrent)], [None, None, 1])
    gates = by_gate(order, kernel[0], recurrent.T, bias)
    output = loop(gates, weight[:, 0], offset[0], sound, zeros(len(recurrent)))
    # A player asks whether it is a number; in Python, true is one.
    skip = content["in_skip"] if type(content["in_skip"]) is int else 0
    return output + skip * sound


def play_nam(content: dict[str, Any], sound: Floats, order: str = "ifgo") -> Floats:
    assert content["architecture"] == "LSTM"
    hidden, left = content["config"]["hidden_size"], np.array(content["weights"])

    def take(*shape: int) -> Floats:
        nonlocal left
        taken, left = left[: np.prod(shape)], left[np.prod(shape) :]
        return taken.reshape(shape)

    cell, bias = take(4 * hidden, 1 + hidden), take(4 * hidden)
    state = take(hidden), take(hidden)
    head, offset = take(hidden), take(1)
    assert left.size == 0
    return loop(by_gate(order, cell[:, 0], cell[:, 1:], bias), head, offset[0], sound, state)


def play_safetensors(path: Path, sound: Floats, order: str = "ifgo") -> Floats:
    """From the bytes of the file: a length, a header in JSON, the values."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, values = json.loads(content[8 : 8 + length]), content[8 + length :]
    shape = json.loads(header.pop("__metadata__")["rnn_audio_model"])
    arrays = {}
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        assert entry["dtype"] == "F32"
        arrays[name] = np.frombuffer(values[start:stop], "<f4").reshape(entry["shape"]).astype(float)
    bias = arrays["lstm.bias_ih"] + arrays["lstm.bias_hh"]
    gates = by_gate(order, arrays["lstm.weight_ih"][:, 0], arrays["lstm.weight_hh"], bias)
    hidden = shape["hidden_size"]
    output = loop(gates, arrays["linear.weight"][0], arrays["linear.bias"][0], sound, zeros(hidden))
    return output + sound if shape["skip"] else output


def play_truly(weights: dict[str, Any], skip: bool, sound: Floats, state: State | None = None) -> Floats:
    """What a model should give, from weights in PyTorch's layout."""
    w = {name: np.asarray(array, float) for name, array in weights.items()}
    gates = by_gate("ifgo", w["lstm.weight_ih"][:, 0], w["lstm.weight_hh"], w["lstm.bias_ih"] + w["lstm.bias_hh"])
    start = zeros(w["lstm.weight_hh"].shape[1]) if state is None else state
    output = loop(gates, w["linear.weight"][0], w["linear.bias"][0], sound, start)
    return output + sound if skip else output
