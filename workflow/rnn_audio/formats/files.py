"""The door to models of all formats: `read_model` and `write_model`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rnn_audio.errors import InputError
from rnn_audio.formats import coreaudioml, json_files, nam, onnx_graph, rtneural, tensors
from rnn_audio.formats.portable import PortableModel, padded, skip_outside
from rnn_audio.networks.model_file import INITIAL_STATE

_JSON = (nam, coreaudioml, rtneural)


@dataclass(frozen=True)
class Format:
    """A format that models are exported to.

    Attributes:
        suffix: of its files, after the model's name.
        players: who plays it, in words.
        write: writes a model whose size is one of `sizes`.
        sizes: hidden sizes that the players take, ascending; smaller models get more units. Empty: any.
        adds_input: whether the players always add the input to the output.
        remarks: what the format cannot say and a user has to know, one sentence each.
        keeps_state: whether a state before the first sample is written.
    """

    suffix: str
    players: str
    write: Callable[[PortableModel, Path], None]
    sizes: tuple[int, ...] = ()
    adds_input: bool = False
    remarks: tuple[str, ...] = ()
    keeps_state: bool = False


_HOST_RATE = "The plug-in plays it at the host's rate, whatever it is: set the host to the model's rate."
_AT_44100 = "It states no rate: the player takes every model for one at 44.1 kHz, and resamples."

FORMATS: Mapping[str, Format] = {
    "nam": Format(
        ".nam",
        "Neural Amp Modeler's plugins, NeuralAudio's players",
        nam.write,
        remarks=(
            "NAM's own plugin computes with a fast tanh, and differs by some hundredths of a per cent of the power.",
        ),
    ),
    "aida-x": Format(
        ".aida-x.json", "AIDA-X, aidadsp-lv2, MOD", rtneural.write, sizes=rtneural.SIZES, remarks=(_HOST_RATE,)
    ),
    "coreaudioml": Format(
        ".coreaudioml.json", "CoreAudioML's own programs", coreaudioml.write, remarks=("Players read no rate from it.",)
    ),
    "proteus": Format(".proteus.json", "Proteus", coreaudioml.write, (40,), adds_input=True, remarks=(_AT_44100,)),
    "chameleon": Format(
        ".chameleon.json", "Chameleon", coreaudioml.write, (32,), adds_input=True, remarks=(_AT_44100,)
    ),
    "neuralpi": Format(".neuralpi.json", "NeuralPi", coreaudioml.write, (20,), adds_input=True, remarks=(_HOST_RATE,)),
    "onnx": Format(".onnx", "onnxruntime and other engines", onnx_graph.write, keeps_state=True),
    "safetensors": Format(
        ".safetensors", "this library, and thirty lines of NumPy (docs/models.md)", tensors.write, keeps_state=True
    ),
}
"""By the name that `--to` takes."""


def read_model(path: Path) -> PortableModel:
    """Read a model of any format; a JSON file is told by its keys, not by its name.

    Raises:
        InputError: the file is missing or damaged, or holds a network of another kind, which is named.
    """
    if path.suffix == ".safetensors":
        return tensors.read(path)
    if path.suffix == ".onnx":
        return onnx_graph.read(path)
    content = json_files.read(path)
    for module in _JSON:
        if module.is_this(content):
            return module.read(path, content)
    raise InputError(
        f"{path}: JSON, but none of a model's formats (.nam, RTNeural's or CoreAudioML's); choose another file"
    )


def write_model(model: PortableModel, path: Path, format: str) -> list[str]:
    """Write a model for the players of a format.

    Args:
        model: the model.
        path: the file, which is replaced.
        format: one of `FORMATS`.

    Returns:
        What the format does not say, one sentence each.

    Raises:
        InputError: the players have no network of this size, or the package for ONNX is not installed; nothing is
            written.
    """
    chosen = FORMATS[format]
    fitted = skip_outside(model) if chosen.adds_input else model
    if chosen.sizes:
        fitted = padded(fitted, _size(format, fitted.hidden_size, model))
    chosen.write(fitted, path)
    remarks = list(chosen.remarks)
    if fitted.hidden_size != model.hidden_size:
        remarks.append(
            f"It has {fitted.hidden_size} units instead of {model.hidden_size}, a size that its players take; the "
            "output is the same."
        )
    if format == "nam" and model.skip:
        remarks.append("One more unit passes the input on, since the format has no skip; the output is the same.")
    if INITIAL_STATE[0] in model.weights and not chosen.keeps_state:
        remarks.append("The model's own state before the first sample is left out: players start from silence.")
    return remarks


def _size(format: str, hidden_size: int, model: PortableModel) -> int:
    chosen = FORMATS[format]
    for size in chosen.sizes:
        if size >= hidden_size:
            return size
    more = "" if hidden_size == model.hidden_size else f" ({hidden_size} with the one that takes the skip out)"
    raise InputError(
        f"{format}: {chosen.players} has no network of {model.hidden_size} units{more}, {chosen.sizes[-1]} at most; "
        "export to nam or onnx, or train a smaller one"
    )
