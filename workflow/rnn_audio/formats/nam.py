"""`.nam`, which Neural Amp Modeler's plugins and many players load: one LSTM among other architectures.

The format has no skip, so it is put inside the network. It has a state before the first sample: that after silence, as
in NAM's own files. The version is the one that old players take too; the layout has not changed since.
"""

from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.formats import json_files
from rnn_audio.formats.player import settled
from rnn_audio.formats.portable import PortableModel, checked_weights, skip_inside
from rnn_audio.networks.model_file import INITIAL_STATE

_VERSION = "0.5.4"
_RATE_IF_UNSTATED_HZ = 48_000
_METADATA = "rnn_audio"
_THEIR_KEYS = ("modeled_by", "gear_make", "gear_model", "gear_type", "tone_type", "loudness", "gain")


def is_this(content: dict[str, Any]) -> bool:
    """Whether a JSON file has this format."""
    return "architecture" in content


def write(model: PortableModel, path: Path) -> None:
    """Write a model; keys that the format does not know stand under one of our own."""
    inside = settled(skip_inside(model))
    weights = inside.weights
    cell = np.concatenate([weights["lstm.weight_ih"], weights["lstm.weight_hh"]], axis=1)
    parts = [cell, inside.bias, *inside.state, weights["linear.weight"], weights["linear.bias"]]
    metadata = {"name": model.name} | {key: model.metadata[key] for key in _THEIR_KEYS if key in model.metadata}
    own = {key: value for key, value in model.metadata.items() if key not in _THEIR_KEYS}
    content = {
        "version": _VERSION,
        "architecture": "LSTM",
        "config": {"input_size": 1, "hidden_size": inside.hidden_size, "num_layers": 1},
        "weights": json_files.numbers(np.concatenate([part.ravel() for part in parts])),
        "metadata": {**metadata, _METADATA: {**own, "skip_inside": model.skip}},
    }
    json_files.write(path, content if model.rate_hz is None else {**content, "sample_rate": model.rate_hz})


def read(path: Path, content: dict[str, Any]) -> PortableModel:
    """Read a model, with its state before the first sample.

    Raises:
        InputError: the architecture is another one, which is named, or the file is damaged.
    """
    config = json_files.mapping(path, content, "config")
    _require_one_lstm(path, content["architecture"], config)
    hidden = json_files.count(path, config, "hidden_size")
    try:
        weights = np.asarray(content.get("weights"), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: its 'weights' are not numbers ({error}); export it again") from error
    sizes = [4 * hidden * (1 + hidden), 4 * hidden, hidden, hidden, hidden, 1]
    if weights.shape != (sum(sizes),):
        raise InputError(
            f"{path}: it has {weights.size} weights, but an LSTM of {hidden} units has {sum(sizes)}; export it again"
        )
    cell, bias, h, c, head, offset = np.split(weights, np.cumsum(sizes)[:-1])
    cell = cell.reshape(4 * hidden, 1 + hidden)
    arrays = {
        "lstm.weight_ih": cell[:, :1],
        "lstm.weight_hh": cell[:, 1:],
        "lstm.bias_ih": bias,
        "lstm.bias_hh": np.zeros_like(bias),
        "linear.weight": head[None],
        "linear.bias": offset,
        **dict(zip(INITIAL_STATE, (h, c), strict=True)),
    }
    metadata = content.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    own = metadata.pop(_METADATA, None)
    return PortableModel(
        checked_weights(str(path), arrays, hidden),
        rate_hz=json_files.as_rate(content.get("sample_rate")) or _RATE_IF_UNSTATED_HZ,
        name=json_files.as_text(metadata.pop("name", None), path.stem),
        metadata=metadata | (own if isinstance(own, dict) else {}),
    )


def _require_one_lstm(path: Path, architecture: Any, config: dict[str, Any]) -> None:  # noqa: ANN401 (any JSON value)
    found = None
    if architecture != "LSTM":
        found = f"a {architecture}" if isinstance(architecture, str) else "a network of unknown architecture"
    elif json_files.count(path, config, "num_layers") != 1:
        found = f"an LSTM of {config['num_layers']} layers"
    elif json_files.count(path, config, "input_size") != 1:
        found = f"an LSTM with {config['input_size']} inputs"
    if found:
        raise InputError(f"{path}: {found}; only one LSTM layer with one input and one output can be read")
