"""The code of docs/models.md, run as it stands there."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from support.configurations import shipped_config
from support.format_readers import play_truly
from support.places import REPOSITORY
from support.portable_models import noise, random_model

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.formats.files import FORMATS, write_model

DOCUMENT = (REPOSITORY / "docs/models.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, flags=re.DOTALL)


def block_with(text: str) -> str:
    (block,) = [block for block in blocks("python") if text in block]
    return block


@pytest.mark.parametrize("skip", [True, False])
def test_the_loader_of_thirty_lines_plays_an_exported_model(skip: bool, tmp_path: Path) -> None:
    loader = block_with("def load(path):")
    assert len([line for line in loader.splitlines() if line.strip()]) <= 30
    names: dict[str, Any] = {}
    exec(loader, names)
    model = random_model(skip=skip)
    write_model(model, tmp_path / "model.safetensors", "safetensors")
    arrays, found_skip = names["load"](tmp_path / "model.safetensors")
    output = names["play"](arrays, found_skip, noise().astype(np.float32))
    assert np.abs(output - play_truly(model.weights, skip, noise())).max() < 1e-6


def test_onnxruntime_plays_as_the_document_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    model = random_model()
    write_model(model, tmp_path / "model.onnx", "onnx")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"sound": noise().astype(np.float32)}
    exec(block_with("onnxruntime"), names)
    assert np.abs(names["output"] - play_truly(model.weights, True, noise())).max() < 1e-6


def test_every_format_has_a_row_and_its_suffix() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \|", DOCUMENT, flags=re.MULTILINE))
    assert rows == {name: format.suffix for name, format in FORMATS.items()}


def test_the_documents_settings_are_taken() -> None:
    for block in blocks("yaml"):
        config = shipped_config()
        for section, entries in yaml.safe_load(block).items():
            for name, entry in entries.items():
                config[section][name] = config[section].get(name, {}) | entry
        load_experiment(config)
