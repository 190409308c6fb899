"""`model.safetensors`, as trainings write it and as it is exported: read and written without PyTorch.

An exported file has one more entry in its header: what `run.json` beside a trained model says, and more.
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.formats import json_files
from rnn_audio.formats.portable import PortableModel
from rnn_audio.networks import model_file
from rnn_audio.networks.model_file import INITIAL_STATE, ModelShape

_ABOUT = "rnn_audio_about"
_ALIGNMENT = 8


def write(model: PortableModel, path: Path) -> None:
    """Write a model, which the workflow reads as one of its own.

    The same model gives the same bytes, which the package safetensors promises for one entry of the header only.
    """
    shape = model_file.ModelShape(model.hidden_size, model.skip, initial_state=INITIAL_STATE[0] in model.weights)
    about = {"name": model.name, "rate_hz": model.rate_hz, "metadata": dict(model.metadata)}
    entries = {_ABOUT: json.dumps(about, sort_keys=True), **model_file.header_of(shape, model.weights)}
    header: dict[str, Any] = {"__metadata__": entries}
    content = b""
    for name, array in sorted(model.weights.items()):
        data = np.ascontiguousarray(array, dtype="<f4").tobytes()
        ends = [len(content), len(content) + len(data)]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": ends}
        content += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with replacing(path) as temporary:
        temporary.write_bytes(struct.pack("<Q", len(text)) + text + content)


def read(path: Path) -> PortableModel:
    """Read a model; name and rate of one beside which a training left `run.json` come from there.

    An auxiliary network, which only trains the main one, is left out.

    Raises:
        InputError: the file is missing, damaged, changed or not a model of this library.
    """
    shape, tensors = model_file.read_model(path)
    about = _about(path)
    metadata = about.get("metadata")
    names = (*ModelShape(shape.hidden_size).parameter_shapes(), *(INITIAL_STATE if shape.initial_state else ()))
    return PortableModel(
        {name: tensors[name] for name in names},
        skip=shape.skip,
        rate_hz=json_files.as_rate(about.get("rate_hz")),
        name=json_files.as_text(about.get("name"), path.stem),
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _about(path: Path) -> dict[str, Any]:
    """What is known of a model: from its own header, or from the record of its training."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        entry = (file.metadata() or {}).get(_ABOUT)
    if entry is None:
        run = path.with_name("run.json")
        return json_files.read(run) if run.is_file() else {}
    try:
        about = json.loads(entry)
    except ValueError as error:
        raise InputError(f"{path}: its '{_ABOUT}' entry cannot be read ({error}); export it again") from error
    return about if isinstance(about, dict) else {}
