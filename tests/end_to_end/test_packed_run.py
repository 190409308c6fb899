"""Packs through Snakemake: the same results as without, nothing made twice, and killed runs that go on."""

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.faults import compared
from support.long_training import long_config, save_often
from support.workspace import Config, Workspace, tiny_config

RATE_HZ = 44100
FILTERS = ("none", "a_weighting", "highpass")


def config(packing: bool | int) -> Config:
    """Seeds of a signal, and filters and seeds of a device."""
    tiny = tiny_config()
    tiny["packing"] = packing
    tiny["configurations"] = {"steady": tiny["configurations"]["steady"]}
    tiny["tables"], tiny["figures"], tiny["seeds"] = {}, {}, [1, 2]
    tiny["devices"] = {
        "amplifier": {"rate_hz": RATE_HZ, "split": [0.6, 0.2, 0.2], "latency": "report", "source": "file"}
        | {"file": {side: f"{side}.wav" for side in ("input", "target")}}
    }
    tiny["presets"]["amplifier"] |= {"hidden_size": 2, "batch_size": 4, "epochs": 2}
    tiny["presets"]["amplifier"] |= {"segment_samples": 4000, "warm_up_samples": 500}
    tiny["configurations"] |= {name: {"preset": "amplifier", "pre_emphasis": name} for name in FILTERS}
    return tiny


def create(folder: Path, packing: bool | int) -> Workspace:
    workspace = Workspace.create(folder, config(packing))
    played = np.random.default_rng(5).uniform(-0.5, 0.5, RATE_HZ)
    for side, samples in (("input", played), ("target", np.tanh(2 * played))):
        soundfile.write(folder / f"{side}.wav", samples, RATE_HZ, subtype="FLOAT")
    return workspace


def logs(workspace: Workspace) -> dict[str, str]:
    folder = workspace.folder / workspace.read_config()["pathvars"]["logs"] / "train"
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.log")}


def leaders(workspace: Workspace) -> list[str]:
    return sorted(name for name, text in logs(workspace).items() if "trains a pack of" in text)


def checkpoints(workspace: Workspace) -> list[Path]:
    return [path for path in (workspace.results / "checkpoints").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A run with packs of three, more cores than its packs have models. Tests only read in it."""
    workspace = create(tmp_path_factory.mktemp("packs") / "packed", packing=3)
    output = workspace.make("--cores", "4", "models")
    assert "Training 8 model(s) of 4 configuration(s) in 3 pack(s) on cpu" in output
    return workspace


def test_results_are_those_of_a_run_without_packs(packed: Workspace, tmp_path: Path) -> None:
    apart = create(tmp_path / "apart", packing=False)
    apart.make("models")
    assert leaders(apart) == []
    assert len(leaders(packed)) == 3, "jobs of a pack ran beside each other"
    assert compared(packed.results) == compared(apart.results)
    assert checkpoints(packed) == checkpoints(apart) == []


def test_packing_reruns_nothing_and_a_further_seed_trains_only_itself(packed: Workspace, tmp_path: Path) -> None:
    workspace = packed.copy_to(tmp_path / "copy")
    for packing in (False, 2, "auto"):
        workspace.edit_config(lambda config, packing=packing: config.update(packing=packing))
        assert not workspace.plan("models").files
    before = logs(workspace)
    workspace.edit_config(lambda config: config.update(packing=3, seeds=[1, 2, 9]))
    models = {f"models/{name}/seed-9/model.safetensors" for name in ("steady", *FILTERS)}
    planned = workspace.plan("models").made_by("train")
    assert {file for file in planned if file.endswith(".safetensors")} == models
    workspace.make("models")
    after = logs(workspace)
    assert {name: after[name] for name in before} == before
    assert sum("trains a pack of 3" in after[name] for name in after.keys() - before.keys()) == 1
    assert checkpoints(workspace) == []


def test_a_single_model_is_trained_alone(tmp_path: Path) -> None:
    workspace = create(tmp_path / "single", packing=3)
    workspace.make(str((workspace.results / "models/none/seed-1/run.json").relative_to(workspace.folder)))
    assert list(logs(workspace)) == ["none/seed-1.log"]
    assert leaders(workspace) == []
    assert checkpoints(workspace) == []


def test_a_killed_run_goes_on_with_its_pack(tmp_path: Path) -> None:
    long = long_config([1, 2, 3]) | {"packing": 3}
    long["configurations"]["steady"]["epochs"] = 60
    whole, killed = (Workspace.create(tmp_path / name, long) for name in ("whole", "killed"))
    save_often(killed)
    whole.edit_config(lambda config: config.update(packing=False))
    process = subprocess.Popen(
        killed.command("--cores", "2", "--nolock", "models"),
        cwd=killed.folder,
        env=killed.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and not any(path.name.startswith("pack.") for path in checkpoints(killed)):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() != 0
    killed.make("models")
    whole.make("models")
    assert any("resumed behind epoch" in text and "trains a pack of 3" in text for text in logs(killed).values())
    assert compared(killed.results) == compared(whole.results)
    assert checkpoints(killed) == []
