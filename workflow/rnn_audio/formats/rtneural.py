"""JSON of RTNeural as AIDA-X, aidadsp-lv2 and MOD's devices load it: Keras' layout.

Keras' gate order i, f, c, o is PyTorch's i, f, g, o under other letters: matrices are transposed, biases are summed.
"""

from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.formats import json_files
from rnn_audio.formats.player import play
from rnn_audio.formats.portable import PortableModel, checked_weights

SIZES = (8, 12, 16, 20, 24, 32, 40, 64, 80)
"""Hidden sizes that AIDA-X and aidadsp-lv2 are built with. With another, the last model plays on, without a word."""

_TEST_SAMPLES = 2048


def is_this(content: dict[str, Any]) -> bool:
    """Whether a JSON file has this format."""
    return "in_shape" in content or "layers" in content


def write(model: PortableModel, path: Path) -> None:
    """Write a model, with a passage of noise and the output from a state of zeros, by which a player can test itself.

    The rate is a number in two places, since players look for it in either. Its initial state is not written.
    """
    hidden, weights = model.hidden_size, model.weights
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, _TEST_SAMPLES).astype(np.float32)
    zeros = np.zeros(hidden, np.float32)
    output, _ = play(model, noise, (zeros, zeros))
    rate = {} if model.rate_hz is None else {"samplerate": model.rate_hz}
    lstm = [weights["lstm.weight_ih"].T, weights["lstm.weight_hh"].T, model.bias]
    dense = [weights["linear.weight"].T, weights["linear.bias"]]
    json_files.write(
        path,
        {
            "in_shape": [None, None, 1],
            "in_skip": int(model.skip),  # true would count as 0
            **rate,
            "layers": [
                {
                    "type": kind,
                    "activation": "",
                    "shape": [None, None, size],
                    "weights": [json_files.numbers(array) for array in arrays],
                }
                for kind, size, arrays in (("lstm", hidden, lstm), ("dense", 1, dense))
            ],
            "metadata": {"name": model.name, **rate, **model.metadata},
            "input_batch": json_files.numbers(noise),
            "output_batch": json_files.numbers(output),
        },
    )


def read(path: Path, content: dict[str, Any]) -> PortableModel:
    """Read a model.

    Raises:
        InputError: the network is of another kind, which is named, its gains are not 0 dB, or the file is damaged.
    """
    layers = content.get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise InputError(f"{path}: its 'layers' is not a list of layers; export it again")
    kinds = [str(layer.get("type")).lower() for layer in layers]
    if kinds != ["lstm", "dense"]:
        found = " and ".join(kind.upper() if kind in ("gru", "lstm") else kind for kind in kinds) or "no layers"
        raise InputError(f"{path}: a network of {found}; only one LSTM layer and one dense layer can be read")
    lstm, dense = (layer.get("weights") for layer in layers)
    try:
        (kernel, recurrent, bias), (weight, offset) = (
            [np.asarray(array, dtype=np.float64) for array in arrays] for arrays in (lstm, dense)
        )
        hidden = recurrent.shape[0]
    except (TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: its weights are not those of an LSTM and a dense layer ({error})") from error
    if kernel.ndim != 2 or kernel.shape[0] != 1 or weight.ndim != 2 or weight.shape[1] != 1:
        inputs, outputs = kernel.shape[0] if kernel.ndim else 0, weight.shape[-1] if weight.ndim else 0
        raise InputError(
            f"{path}: an LSTM with {inputs} inputs and {outputs} outputs; only one LSTM layer with one input and one "
            "output can be read"
        )
    _require_linear(path, layers[1])
    _require_no_gain(path, content)
    arrays = {
        "lstm.weight_ih": kernel.T,
        "lstm.weight_hh": recurrent.T,
        "lstm.bias_ih": bias,
        "lstm.bias_hh": np.zeros_like(bias),
        "linear.weight": weight.T,
        "linear.bias": offset,
    }
    metadata = content.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    rates = [content.get("samplerate"), metadata.pop("samplerate", None), metadata.pop("sample_rate", None)]
    return PortableModel(
        checked_weights(str(path), arrays, hidden),
        skip=_skip(path, content.get("in_skip", 0)),
        rate_hz=next((rate for rate in map(json_files.as_rate, rates) if rate is not None), None),
        name=json_files.as_text(metadata.pop("name", None), path.stem),
        metadata=metadata,
    )


def _require_linear(path: Path, dense: dict[str, Any]) -> None:
    activation = dense.get("activation")
    if activation not in (None, "", "linear"):
        raise InputError(f"{path}: its dense layer has the activation {activation!r}; only a linear one can be read")


def _require_no_gain(path: Path, content: dict[str, Any]) -> None:
    for key in ("in_gain", "out_gain"):
        if json_files.as_number(content.get(key, 0)) != 0:
            raise InputError(
                f"{path}: its '{key}' is {content[key]!r} dB, which players read differently; set it to 0 in the file"
            )


def _skip(path: Path, value: Any) -> bool:  # noqa: ANN401 (any JSON value)
    skip = json_files.as_number(int(value) if isinstance(value, bool) else value)
    if skip not in (0, 1):
        raise InputError(f"{path}: its 'in_skip' is {value!r}, not 0 or 1; export it again")
    return bool(skip)
