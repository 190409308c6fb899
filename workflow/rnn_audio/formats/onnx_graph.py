"""ONNX with the state as inputs and outputs, for onnxruntime and other engines.

Sound goes in as `input` [samples, batch, 1], the state before it as `h0` and `c0` [1, batch, H]. `output`, `h1` and
`c1` come out, so that a long sound can be played in blocks. ONNX orders the gates i, o, f, c.
"""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.formats import json_files
from rnn_audio.formats.portable import PortableModel, checked_weights
from rnn_audio.networks.model_file import INITIAL_STATE

_OPSET = 17
_IR_VERSION = 8  # with this opset, read by every onnxruntime since 1.12
_ABOUT = "rnn_audio"


def write(model: PortableModel, path: Path) -> None:
    """Write a model; raises InputError if the package `onnx` is not installed."""
    onnx = _package()
    from onnx import TensorProto, helper, numpy_helper

    hidden, weights = model.hidden_size, model.weights
    biases = np.concatenate([_to_onnx(weights["lstm.bias_ih"]), _to_onnx(weights["lstm.bias_hh"])])
    constants = {
        "W": _to_onnx(weights["lstm.weight_ih"])[None],
        "R": _to_onnx(weights["lstm.weight_hh"])[None],
        "B": biases[None],
        "head": weights["linear.weight"].T,
        "offset": weights["linear.bias"],
        "one": np.array([1], np.int64),
    }
    if INITIAL_STATE[0] in weights:  # for the caller, who gives the first state
        constants |= {name: weights[name] for name in INITIAL_STATE}
    mixed = "mixed" if model.skip else "output"
    nodes = [
        helper.make_node(
            "LSTM", ["input", "W", "R", "B", "", "h0", "c0"], ["sequence", "h1", "c1"], hidden_size=hidden
        ),
        helper.make_node("Squeeze", ["sequence", "one"], ["units"]),
        helper.make_node("MatMul", ["units", "head"], ["weighted"]),
        helper.make_node("Add", ["weighted", "offset"], [mixed]),
        *([helper.make_node("Add", [mixed, "input"], ["output"])] if model.skip else []),
    ]

    def sound(name: str) -> Any:  # noqa: ANN401 (a message of protobuf)
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["samples", "batch", 1])

    def state(name: str) -> Any:  # noqa: ANN401
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "batch", hidden])

    graph = helper.make_graph(
        nodes,
        "lstm",
        [sound("input"), state("h0"), state("c0")],
        [sound("output"), state("h1"), state("c1")],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()],
    )
    opset = [helper.make_opsetid("", _OPSET)]
    proto = helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION, producer_name="rnn-audio")
    about = {"name": model.name, "rate_hz": model.rate_hz, "skip": model.skip, "metadata": dict(model.metadata)}
    helper.set_model_props(
        proto,
        {
            "hidden_size": str(hidden),
            "skip": str(int(model.skip)),
            **({} if model.rate_hz is None else {"rate_hz": str(model.rate_hz)}),
            _ABOUT: json.dumps(about, sort_keys=True),
        },
    )
    onnx.checker.check_model(proto)
    with replacing(path) as temporary:
        temporary.write_bytes(proto.SerializeToString(deterministic=True))


def read(path: Path) -> PortableModel:
    """Read a model that `write` wrote; raises InputError for another, and if the package `onnx` is not installed."""
    onnx = _package()
    from onnx import numpy_helper

    if not path.is_file():
        raise InputError(f"{path}: no such file; correct the path")
    try:
        proto = onnx.load_model_from_string(path.read_bytes())
        about = json.loads({entry.key: entry.value for entry in proto.metadata_props}[_ABOUT])
        arrays = {constant.name: numpy_helper.to_array(constant) for constant in proto.graph.initializer}
        hidden = arrays["R"].shape[2]
        biases = np.split(arrays["B"][0], 2)
    except Exception as error:  # protobuf's errors have no common class
        raise InputError(f"{path}: not an ONNX file of this library ({error}); choose another") from error
    weights = {
        "lstm.weight_ih": _from_onnx(arrays["W"][0]),
        "lstm.weight_hh": _from_onnx(arrays["R"][0]),
        "lstm.bias_ih": _from_onnx(biases[0]),
        "lstm.bias_hh": _from_onnx(biases[1]),
        "linear.weight": arrays["head"].T,
        "linear.bias": arrays["offset"],
        **{name: arrays[name] for name in INITIAL_STATE if name in arrays},
    }
    return PortableModel(
        checked_weights(str(path), weights, hidden),
        skip=bool(about["skip"]),
        rate_hz=json_files.as_rate(about["rate_hz"]),
        name=about["name"],
        metadata=about["metadata"],
    )


def _package() -> ModuleType:
    try:
        import onnx
        import onnx.checker
    except ImportError:
        raise InputError("onnx: the package onnx is not installed; install it (pip install onnx)") from None
    return onnx


def _to_onnx(array: NDArray[np.float32]) -> NDArray[np.float32]:
    i, f, g, o = np.split(array, 4)
    return np.concatenate([i, o, f, g])


def _from_onnx(array: NDArray[np.float32]) -> NDArray[np.float32]:
    i, o, f, g = np.split(array, 4)
    return np.concatenate([i, f, g, o])
