"""`model.safetensors`, as trainings write it and as it is exported: read and written without PyTorch.

An exported file has one more entry in its header, which says what the file beside a training (`run.json`) says there.
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio import digests
from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.formats import json_files
from rnn_audio.formats.portable import INITIAL_STATE, PortableModel, Weights, checked_weights, parameter_shapes

_SHAPE = "rnn_audio_model"
_ABOUT = "rnn_audio_about"
_ALIGNMENT = 8


def write(model: PortableModel, path: Path) -> None:
    """Write a model with the same bytes each time; the workflow reads it as one of its own."""
    described: dict[str, Any] = {"hidden_size": model.hidden_size, "skip": model.skip}
    if INITIAL_STATE[0] in model.weights:
        described["initial_state"] = True
    about = {"name": model.name, "rate_hz": model.rate_hz, "metadata": dict(model.metadata)}
    header: dict[str, Any] = {
        "__metadata__": {
            _ABOUT: json.dumps(about, sort_keys=True),
            _SHAPE: json.dumps(described | {digests.KEY: _digest(described, model.weights)}, sort_keys=True),
        }
    }
    content = b""
    for name, array in sorted(model.weights.items()):
        data = np.ascontiguousarray(array, dtype="<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [len(content), len(content) + len(data)],
        }
        content += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with replacing(path) as temporary:
        temporary.write_bytes(struct.pack("<Q", len(text)) + text + content)


def read(path: Path) -> PortableModel:
    """Read a model; name, rate and losses of one beside which a training left `run.json` come from there.

    An auxiliary network, which only trains the main one, is left out.

    Raises:
        InputError: the file is missing, damaged, changed or not a model of this library.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise InputError(f"{path}: no such file; correct the path")
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError, TypeError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error}); copy or train it again") from error
    described = _entry(path, header, _SHAPE)
    sha256 = described.pop(digests.KEY, None)
    hidden = json_files.count(path, described, "hidden_size")
    try:
        digests.check(_digest(described, tensors), sha256)
    except digests.ChangedError as error:
        raise InputError(f"{path}: {error}; copy or train it again") from error
    names = (*parameter_shapes(hidden), *(INITIAL_STATE if described.get("initial_state") else ()))
    weights = checked_weights(str(path), {name: tensors[name] for name in names if name in tensors}, hidden)
    about = _entry(path, header, _ABOUT) if _ABOUT in header else _of_run(path.with_name("run.json"))
    metadata = about.get("metadata")
    return PortableModel(
        weights,
        skip=bool(described.get("skip")),
        rate_hz=json_files.as_rate(about.get("rate_hz")),
        name=json_files.as_text(about.get("name"), path.stem),
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _of_run(path: Path) -> dict[str, Any]:
    """Name and rate of a training."""
    if not path.is_file():
        return {}
    run = json_files.read(path)
    return {"name": run.get("name"), "rate_hz": run.get("rate_hz")}


def _entry(path: Path, header: dict[str, str], key: str) -> dict[str, Any]:
    try:
        found = json.loads(header[key])
    except (KeyError, ValueError) as error:
        raise InputError(
            f"{path}: a safetensors file, but not a model of this workflow (no '{key}' entry); choose another"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: its '{key}' entry has no keys; copy or train it again")
    return found


def _digest(described: dict[str, Any], weights: Weights) -> str:
    """The digest that `networks.model` writes, whose arrays are PyTorch's."""
    parts = [digests.digest_record(described).encode()]
    for name, array in sorted(weights.items()):
        parts += [f"{name} torch.{array.dtype} {array.shape}".encode(), np.ascontiguousarray(array).tobytes()]
    return digests.digest_bytes(*parts).hex()
