"""Published models that are refused as devices, each named as what it is."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnn_audio.formats.files import write_model
from support.bad_case import PUBLISHED, Case
from support.configurations import Config
from support.inputs import Make
from support.portable_models import random_model

Spoil = Callable[[dict[str, Any]], None]


def _model(spoil: Spoil | None = None, *, format: str = "coreaudioml", rate_hz: int | None = None) -> Make:
    """Use a model of this format as the device, after a change of its content."""

    def make(folder: Path, config: Config) -> None:
        path = folder / "theirs.aidax"
        write_model(replace(random_model(8), rate_hz=rate_hz), path, format)
        if spoil is not None:
            content = json.loads(path.read_text(encoding="utf-8"))
            spoil(content)
            path.write_text(json.dumps(content), encoding="utf-8")
        _use(config, {"path": "theirs.aidax"})

    return make


def _text(content: str) -> Make:
    def make(folder: Path, config: Config) -> None:
        (folder / "theirs.aidax").write_text(content, encoding="utf-8")
        _use(config, {"path": "theirs.aidax"})

    return make


def _address(**model: str) -> Make:
    return lambda folder, config: _use(config, {"address": "https://example.org/model.json", **model})


def _use(config: Config, model: Config) -> None:
    config["devices"]["amplifier"] |= {"source": "model", "model": model}
    own = {"preset": "amplifier", "device": "amplifier", "hidden_size": 8, "pre_emphasis": "none"}
    config["configurations"]["model"] = own


def _set(path: str, value: Any) -> Spoil:  # noqa: ANN401 (any JSON value)
    def spoil(content: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        for part in parents:
            content = content[int(part)] if isinstance(content, list) else content[part]
        content[last] = value

    return spoil


MODELS = [
    Case(
        PUBLISHED,
        "a missing file",
        "devices.amplifier.model: theirs.aidax: no such file; correct the path",
        lambda folder, config: _use(config, {"path": "theirs.aidax"}),
        real=True,
    ),
    Case(PUBLISHED, "text called .aidax", "theirs.aidax: not a readable JSON file", _text("a model")),
    Case(PUBLISHED, "JSON of something else", "theirs.aidax: JSON, but none of a model's formats", _text("{}")),
    Case(
        PUBLISHED,
        "a GRU",
        "theirs.aidax: a GRU; only one LSTM layer with one input and one output can be read",
        _model(_set("model_data/unit_type", "GRU")),
        real=True,
    ),
    Case(PUBLISHED, "two layers", "theirs.aidax: an LSTM of 2 layers", _model(_set("model_data/num_layers", 2))),
    Case(
        PUBLISHED,
        "a model with a knob",
        "theirs.aidax: an LSTM with 2 inputs and 1 outputs",
        _model(_set("model_data/input_size", 2)),
    ),
    Case(
        PUBLISHED,
        "a RecNet of CoreAudioML",
        "theirs.aidax: a RecNet (several recurrent blocks)",
        _model(_set("model_data/model", "RecNet")),
    ),
    Case(
        PUBLISHED,
        "a WaveNet of CoreAudioML",
        "theirs.aidax: a GatedConvNet (a WaveNet)",
        _model(_set("model_data/model", "GatedConvNet")),
    ),
    Case(
        PUBLISHED,
        "a GRU of AIDA-X",
        "theirs.aidax: a network of GRU and dense",
        _model(_set("layers/0/type", "gru"), format="aida-x"),
    ),
    Case(
        PUBLISHED,
        "a WaveNet of NAM",
        "theirs.aidax: a WaveNet; only one LSTM layer",
        _model(_set("architecture", "WaveNet"), format="nam"),
    ),
    Case(
        PUBLISHED,
        "weights that are missing",
        "theirs.aidax: it has no linear.weight; export it again",
        _model(lambda content: content["state_dict"].pop("lin.weight")),
    ),
    Case(
        PUBLISHED,
        "a model of another rate",
        "'small' is a model at 48000 Hz, but the device's rate_hz is 44100; set rate_hz to the model's",
        _model(format="aida-x", rate_hz=48000),
    ),
    Case(
        PUBLISHED,
        "an address without a digest",
        "it must be a model's path, or its address with exactly one of sha256 and git_blob",
        _address(),
    ),
]
