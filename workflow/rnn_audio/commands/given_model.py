"""The model that a command is given, and the rate that its user states."""

from dataclasses import replace
from pathlib import Path

from rnn_audio.errors import InputError
from rnn_audio.formats.portable import PortableModel
from rnn_audio.records import read_json


def model_file(path: Path) -> Path:
    """The model's file: of a configuration's folder that of the chosen seed.

    Raises:
        InputError: a folder has no model.
    """
    if not path.is_dir():
        return path
    if (path / "selection.json").is_file():
        path = path / f"seed-{read_json(path / 'selection.json')['chosen_seed']}"
    if not (path / "model.safetensors").is_file():
        raise InputError(f"{path}: no model in this folder; give a model's file, or a folder of results/models")
    return path / "model.safetensors"


def with_rate(model: PortableModel, rate_hz: int | None) -> PortableModel:
    """The model with the sampling rate that `--rate` gives, if it gives one.

    Raises:
        InputError: the rate is none, or the model's file says another one.
    """
    if rate_hz is None:
        return model
    if rate_hz < 1:
        raise InputError(f"--rate: {rate_hz} is not a sampling rate; give it in hertz")
    if model.rate_hz not in (None, rate_hz):
        raise InputError(f"--rate: the model's file says {model.rate_hz:g} Hz; leave --rate out")
    return replace(model, rate_hz=rate_hz)
