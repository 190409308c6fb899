"""The command `train` on a pair of a few seconds: model, exports, tables and figures, in a run that goes on."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.places import REPOSITORY
from support.results import read_json

from rnn_audio.__main__ import main

RATE_HZ = 16_000
NAME = "my_amp"
OFFSET = 0.01
COMMAND = ["train", "in.wav", "my amp.wav", "--epochs", "2", "--seeds", "2", "--size", "3", "--cores", "2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair")
    played = np.random.default_rng(1).uniform(-0.5, 0.5, 4 * RATE_HZ)
    # The offset is a finding about the pair.
    for name, samples in (("in", played), ("my amp", np.tanh(2 * played) + OFFSET)):
        soundfile.write(folder / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("CUDA_VISIBLE_DEVICES", "-1")
        assert main(COMMAND) == 0, (folder / f"{NAME}-model/snakemake.log").read_text()
    return folder / f"{NAME}-model"


def dry_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = ["--snakefile", str(REPOSITORY / "Snakefile"), "--directory", str(folder), "--cores", "1"]
    command = [sys.executable, "-m", "snakemake", *places, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended


def chosen(folder: Path) -> Path:
    models = folder / f"results/models/{NAME}"
    return models / f"seed-{read_json(models / 'selection.json')['chosen_seed']}"


def test_it_leaves_the_best_model_with_all_that_was_promised(folder: Path) -> None:
    said = (folder / "README.md").read_text(encoding="utf-8")
    files = re.findall(r"^\| (\S+) \| \w", said.partition("| file ")[2], re.MULTILINE)
    assert {f"{chosen(folder).relative_to(folder)}/model.safetensors", f"results/exports/{NAME}"} <= set(files)
    assert {"results/report.html", "results/figures/error.png", "results/tables/losses.md", "config.yaml"} <= set(files)
    assert all((folder / file).exists() for file in files)
    assert list((folder / f"results/exports/{NAME}").glob("*.nam"))


def test_the_table_states_the_error_of_the_chosen_model(folder: Path) -> None:
    target, _ = soundfile.read(folder / f"results/devices/{NAME}/test/target.wav")
    output, _ = soundfile.read(folder / f"results/predictions/{NAME}.wav")
    esr = np.sum((target - output) ** 2) / np.sum(target**2)
    said = (folder / "README.md").read_text(encoding="utf-8")
    assert f"| none | {esr:.4f} | " in said
    runs = [read_json(path) for path in (folder / f"results/models/{NAME}").glob("seed-*/run.json")]
    best = min(runs, key=lambda run: run["losses"]["validation_loss"])
    assert chosen(folder).name == f"seed-{best['seed']}"


def test_what_was_found_of_the_pair_stands_below_each_table_and_figure_of_its_models(folder: Path) -> None:
    (found,) = read_json(folder / f"results/devices/{NAME}/checks.json")["findings"]
    assert found["message"].startswith("my amp.wav has a DC offset of +0.0")
    tables = [path.read_text(encoding="utf-8") for path in (folder / "results/tables").glob("*.md")]
    assert tables
    assert all(f"Recordings of my amp: {found['message']}." in table for table in tables)
    # The text of figures is drawn as outlines; what a figure is made from is told by the plan.
    summary = dry_run(folder, "--detailed-summary", "results/figures/error.svg").stdout.splitlines()
    (figure,) = [line for line in summary if line.startswith("results/figures/error.svg\t")]
    assert f"results/devices/{NAME}/checks.json" in figure


@pytest.mark.parametrize("model", ["safetensors", "nam"])
def test_process_plays_it_as_the_run_did(folder: Path, model: str, tmp_path: Path) -> None:
    models = {
        "safetensors": chosen(folder) / "model.safetensors",
        "nam": next((folder / f"results/exports/{NAME}").glob("*.nam")),
    }
    source = folder / f"results/devices/{NAME}/test/input.wav"
    assert main(["process", str(models[model]), str(source), str(tmp_path / "out.wav")]) == 0
    output, rate_hz = soundfile.read(tmp_path / "out.wav")
    expected, _ = soundfile.read(folder / f"results/predictions/{NAME}.wav")
    assert rate_hz == RATE_HZ
    after = 2000 if model == "nam" else 0  # a .nam starts from the state of rest, not from zeros
    np.testing.assert_allclose(output[after:], expected[after:], atol=1e-5, rtol=0)


def test_it_is_an_ordinary_run_with_nothing_left_to_do(folder: Path) -> None:
    ended = dry_run(folder, "-n")
    assert "Nothing to be done" in ended.stdout + ended.stderr
