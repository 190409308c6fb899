"""Corrupted files of an earlier run, and the messages of jobs that read them: the last part of docs/bad-input.md."""

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from rnn_audio.devices.segments import read_segments, write_segments
from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.listening.results import read_results
from rnn_audio.networks.model import ModelShape, initialise, load_model, save_model
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.records import read_history, read_json, write_history, write_json
from rnn_audio.wav import read_wav, write_wav
from support import listening

MODELS = "Models"
RESULTS = "Results"
REMEDY = "delete it and run the workflow again"
_SCORES = "session_test_id,session_uuid,trial_id,rating_stimulus,rating_score\n"

Spoil = Callable[[Path], object]
Read = Callable[[Path], object]


@dataclass(frozen=True)
class Artefact:
    """A corrupted file.

    Attributes:
        kind: section of the document.
        given: what is wrong with the file, in words.
        said: a part of the message.
        name: the file's name.
        spoil: corrupts an intact file.
        read: how a job reads the file.
    """

    kind: str
    given: str
    said: str
    name: str
    spoil: Spoil
    read: Read


class Payload:
    """Creates a file called `executed` when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("executed"),)


def write_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(Payload()))


def write_sound_file(path: Path) -> None:
    """Write a small intact file of the kind that a run stores under this name."""
    if path.suffix == ".safetensors":
        save_model(path, ModelShape(4), initialise(ModelShape(4), RandomStreams([1])))
    elif path.suffix == ".wav":
        write_wav(path, np.linspace(-0.5, 0.5, 100), 8000)
    elif path.suffix == ".npy":
        write_segments(path, np.linspace(-0.5, 0.5, 100), np.linspace(-0.5, 0.5, 100), 4)
    elif path.name == "mushra.csv":
        path.write_text(_SCORES + f"{listening.NAME},me,clip_1_size_32,none,100\n")
    elif path.suffix == ".csv":
        write_history(path, {"training_mse": [0.5, 0.25]})
    else:
        write_json(path, {"chosen_seed": 1, "seed": 1, "losses": {"prediction_mse": 0.5}})


def keep(share: float) -> Spoil:
    def cut(path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return cut


def exchange(old: bytes, new: bytes) -> Spoil:
    def spoil(path: Path) -> None:
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new + old[len(new) :], 1))

    return spoil


def write(content: str | bytes) -> Spoil:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def change_tensor(name: str, tensor: torch.Tensor) -> Spoil:
    return lambda path: _resave(path, lambda header, tensors: (header, tensors | {name: tensor}))


def change_header(change: Callable[[dict[str, object]], object]) -> Spoil:
    def rewrite(header: dict[str, str], tensors: dict[str, torch.Tensor]) -> tuple[dict[str, str], object]:
        return {key: json.dumps(change(json.loads(text))) for key, text in header.items()}, tensors

    return lambda path: _resave(path, rewrite)


def _resave(path: Path, change: Callable) -> None:
    with safe_open(path, framework="pt") as file:
        header, tensors = change(file.metadata(), {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    save_file(tensors, path, metadata=header)


def add_infinity(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-4:] = np.float32(np.inf).tobytes()
    path.write_bytes(content)


def _loss(path: Path) -> object:
    return read_json(path)["losses"]["prediction_mse"]


def _chosen(path: Path) -> object:
    return chosen_model(path, [1, 2], ["seed-1/model.safetensors", "seed-2/model.safetensors"])


def _model(given: str, said: str, spoil: Spoil) -> Artefact:
    return Artefact(MODELS, given, f"model.safetensors: {said}", "model.safetensors", spoil, load_model)


def _segments(given: str, spoil: Spoil) -> Artefact:
    return Artefact(RESULTS, given, "segments-4.npy: corrupt or cut short", "segments-4.npy", spoil, read_segments)


ARTEFACTS = [
    _model("an empty file", "not a readable safetensors file", write("")),
    _model("cut in its header", "not a readable safetensors file", keep(0.1)),
    _model("cut in its weights", "not a readable safetensors file", keep(0.9)),
    _model("a pickle under its name", "not a readable safetensors file", write_pickle),
    _model("a model of `torch.save`", "not a readable safetensors file", lambda path: torch.save({}, path)),
    _model("any other bytes", "not a readable safetensors file", write(b"\xff" * 999)),
    _model(
        "a model of another program",
        "a safetensors file, but not a model of this workflow",
        lambda path: save_file({"weight": torch.zeros(2)}, path),
    ),
    _model("weights of another shape", "its tensors ", change_tensor("linear.weight", torch.zeros(4, 1))),
    _model("a weight too many", "its tensors ", change_tensor("linear.scale", torch.zeros(1))),
    _model(
        "weights of 64 bits", "its tensors are not all float32", change_tensor("linear.bias", torch.zeros(1).double())
    ),
    _model(
        "a weight that is NaN",
        "it has weights that are not finite",
        change_tensor("linear.bias", torch.tensor([torch.nan])),
    ),
    _model("a weight that is another number", "its content has changed", change_tensor("linear.bias", torch.ones(1))),
    _model("a header that is a list", "its header does not describe a model", change_header(lambda header: [header])),
    _model(
        "a header with an unknown key",
        "its header does not describe a model",
        change_header(lambda header: header | {"layers": 2}),
    ),
    _model("a header without its size", "its header does not describe a model", change_header(lambda header: {})),
    Artefact(RESULTS, "run.json, cut", "run.json: not a readable record", "run.json", keep(0.5), _loss),
    Artefact(RESULTS, "run.json, empty", "run.json: not a readable record", "run.json", write(""), _loss),
    Artefact(RESULTS, "run.json, a list", "run.json: not a record with keys", "run.json", write("[]"), _loss),
    Artefact(
        RESULTS, "run.json without losses", "run.json: the record has no 'losses'", "run.json", write("{}"), _loss
    ),
    Artefact(
        RESULTS,
        "run.json without the loss that decides",
        "run.json: the record has no 'prediction_mse'",
        "run.json",
        write('{"losses": {}}'),
        _loss,
    ),
    Artefact(RESULTS, "run.json with NaN", "run.json: not a readable record", "run.json", write('{"a": NaN}'), _loss),
    Artefact(
        RESULTS,
        "run.json with another number",
        "run.json: not a readable record (its content has changed since it was written)",
        "run.json",
        exchange(b"0.5", b"0.4"),
        _loss,
    ),
    Artefact(
        RESULTS,
        "selection.json that chooses no seed",
        "selection.json: the record has no 'chosen_seed'",
        "selection.json",
        write('{"seed": 1}'),
        _chosen,
    ),
    Artefact(
        RESULTS,
        "selection.json that chooses another seed",
        "selection.json: the chosen seed is 9, but the seeds are 1, 2",
        "selection.json",
        write('{"chosen_seed": 9}'),
        _chosen,
    ),
    Artefact(
        RESULTS,
        "history.csv, empty",
        "history.csv: not a readable loss history",
        "history.csv",
        write(""),
        read_history,
    ),
    Artefact(
        RESULTS, "history.csv, cut", "history.csv: not a readable loss history", "history.csv", keep(0.9), read_history
    ),
    Artefact(
        RESULTS,
        "history.csv without losses",
        "history.csv: not a readable loss history (its columns are not epochs and losses)",
        "history.csv",
        write("epoch\n1\n2\n"),
        read_history,
    ),
    Artefact(
        RESULTS,
        "history.csv with words",
        "history.csv: not a readable loss history",
        "history.csv",
        write("epoch,a\n1,x\n"),
        read_history,
    ),
    Artefact(RESULTS, "a sound, cut", "8000.wav: corrupt or cut short", "8000.wav", keep(0.9), read_wav),
    Artefact(
        RESULTS,
        "a sound of another program",
        "8000.wav: corrupt or cut short",
        "8000.wav",
        write(b"RIFF" * 99),
        read_wav,
    ),
    Artefact(
        RESULTS, "a sound with an infinite sample", "8000.wav: corrupt or cut short", "8000.wav", add_infinity, read_wav
    ),
    Artefact(
        RESULTS,
        "a sound with another rate",
        "8000.wav: corrupt or cut short",
        "8000.wav",
        exchange(b"@\x1f\0\0", b"@\x3f"),
        read_wav,
    ),
    Artefact(
        RESULTS,
        "scores of listeners, with a malformed row",
        "mushra.csv: line 2 has the score '101', not a whole number from 0 to 100; correct or remove what is wrong",
        "mushra.csv",
        write(_SCORES + f"{listening.NAME},me,clip_1_size_32,none,101\n"),
        lambda path: read_results([path], listening.NAME, listening.TEST),
    ),
    _segments("segments, cut", keep(0.9)),
    _segments("segments, empty", write("")),
    _segments("segments of a sound with an infinite sample", add_infinity),
    _segments("an array of another shape", lambda path: np.save(path, np.zeros((3, 4), np.float32))),
    _segments("a pickle under the name of segments", write_pickle),
]
