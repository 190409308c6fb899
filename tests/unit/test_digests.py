"""One flipped bit anywhere in a file of results is noticed by whoever reads it, or changes nothing that is read."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from support.bad_artefacts import write_sound_file

from rnn_audio import digests
from rnn_audio.devices.segments import read_segments
from rnn_audio.errors import InputError
from rnn_audio.jobs.checkpoints import CheckpointStore
from rnn_audio.networks.model import load_model
from rnn_audio.records import read_columns, read_json, write_history, write_json
from rnn_audio.wav import read_wav, write_wav

SAMPLES = np.linspace(-0.5, 0.5, 100)


def flips(content: bytes, most: int = 1200) -> list[bytes]:
    """The content with one bit changed, for each bit or for many of them."""
    bits = list(range(8 * len(content)))
    chosen = bits if len(bits) <= most else random.Random(1).sample(bits, most)
    return [content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :] for bit in chosen]


def plain(value: object) -> object:
    """What was read, as nested lists."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    return value.tolist() if isinstance(value, np.ndarray | torch.Tensor) else value


def accepted(path: Path, content: bytes, read: Callable[[Path], object]) -> object:
    path.write_bytes(content)
    try:
        return plain(read(path))
    except InputError as error:
        assert str(path) in str(error)
        return None


READERS = {"model.safetensors": load_model, "sound.wav": read_wav, "run.json": read_json, "segments.npy": read_segments}


@pytest.mark.parametrize("name", READERS)
def test_a_flipped_bit_is_noticed(tmp_path: Path, name: str) -> None:
    path, read = tmp_path / name, READERS[name]
    write_sound_file(path)
    content = path.read_bytes()
    intact = accepted(path, content, read)
    assert intact is not None
    read_back = [accepted(path, changed, read) for changed in flips(content)]
    for found in read_back:
        if name == "run.json" and isinstance(found, dict):
            # A flipped bit in the name of the digest's key is a key more, and all else is as it was.
            found = {key: value for key, value in found.items() if key in intact}
        assert found in (None, intact)
    assert read_back.count(None) > 0.9 * len(read_back)


def test_a_flipped_bit_of_a_history_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    sha256 = write_history(path, {"training_mse": [0.5, 0.25]})
    for changed in flips(path.read_bytes()):
        assert accepted(path, changed, lambda path: read_columns(path, sha256)) is None


def test_a_flipped_bit_of_a_checkpoint_sets_it_aside(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, "seed-1", "0" * 64)
    tensors = {"0.adam.step": torch.tensor(3), "main": torch.arange(6.0).view(2, 3)}
    store.save(tensors, {"elapsed_s": 1.5})
    content = store.path.read_bytes()
    for changed in flips(content):
        store.path.write_bytes(changed)
        loaded = store.load()
        assert loaded is None or plain(loaded) == plain((tensors, {"elapsed_s": 1.5}))
    name = content.replace(b'"main"', b'"maio"')
    store.path.write_bytes(name)
    assert store.load() is None
    assert store.path.with_suffix(".rejected").read_bytes() == name


def test_files_of_older_versions_have_no_digest_and_are_read(tmp_path: Path) -> None:
    for name, read in READERS.items():
        path = tmp_path / name
        write_sound_file(path)
        expected = plain(read(path))
        content = path.read_bytes()
        if name == "run.json":
            record = json.loads(content)
            path.write_text(json.dumps({key: value for key, value in record.items() if key != digests.KEY}))
        elif name == "segments.npy":
            path.write_bytes(content[: -digests.LENGTH])
        elif name == "sound.wav":
            size = int.from_bytes(content[4:8], "little") - 40
            path.write_bytes(content[:4] + size.to_bytes(4, "little") + content[8:-40])
        else:
            with safe_open(path, framework="pt") as file:
                described = {key: json.loads(text) for key, text in file.metadata().items()}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
            for text in described.values():
                del text[digests.KEY]
            save_file(tensors, path, metadata={key: json.dumps(text) for key, text in described.items()})
        assert plain(read(path)) == expected


def test_a_record_is_read_without_its_digest_whatever_it_holds(tmp_path: Path) -> None:
    record = {"a": [1, 2.5, None, True, "größe"], "b": {"10": 1e-300, "9": 0.1}, "c": np.float64(0.1).item()}
    write_json(tmp_path / "a.json", record)
    assert read_json(tmp_path / "a.json") == record
    write_json(tmp_path / "b.json", {"b": {10: "x", 9: "y"}})
    assert read_json(tmp_path / "b.json") == {"b": {"10": "x", "9": "y"}}


def test_other_programs_read_the_sound(tmp_path: Path) -> None:
    import soundfile

    write_wav(tmp_path / "a.wav", SAMPLES, 8000)
    samples, rate_hz = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate_hz == 8000
    assert np.array_equal(samples, SAMPLES.astype(np.float32))
