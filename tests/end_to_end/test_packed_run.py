"""Packs through Snakemake: the same results as without, nothing made twice, and killed runs that go on."""

import os
import signal
import time
from pathlib import Path

import pytest
from support.long_training import long_config, save_often
from support.results import compared
from support.small_device import use_device, write_pair
from support.workspace import Config, Workspace, tiny_config

FILTERS = ("none", "a_weighting")


def config(packing: bool | int) -> Config:
    """Filters and seeds of a device, and a signal that nobody asks for."""
    tiny = tiny_config()
    tiny["packing"] = packing
    tiny["configurations"] = {"steady": tiny["configurations"]["steady"]}
    tiny["tables"], tiny["figures"], tiny["seeds"] = {}, {}, [1, 2]
    use_device(tiny)
    tiny["configurations"] |= {name: {"preset": "amplifier", "pre_emphasis": name} for name in FILTERS}
    return tiny


def create(folder: Path, packing: bool | int) -> Workspace:
    workspace = Workspace.create(folder, config(packing))
    write_pair(folder)
    return workspace


def records(workspace: Workspace, *configurations: str) -> list[str]:
    """What the trainings of all models write: a run for them makes nothing else."""
    folder = workspace.results.relative_to(workspace.folder) / "models"
    seeds = workspace.read_config()["seeds"]
    return [f"{folder}/{name}/seed-{seed}/run.json" for name in configurations for seed in seeds]


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
    output = workspace.make("--cores", "4", *records(workspace, *FILTERS))
    assert "Training 4 model(s) of 2 configuration(s) in 2 pack(s) on cpu" in output
    return workspace


def test_results_are_those_of_a_run_without_packs(packed: Workspace, tmp_path: Path) -> None:
    apart = create(tmp_path / "apart", packing=False)
    apart.make(*records(apart, *FILTERS))
    assert leaders(apart) == []
    # Of none, a_weighting, none, a_weighting, the last is alone; jobs that ran beside each other would both lead.
    assert len(leaders(packed)) == 1
    assert compared(packed.results) == compared(apart.results)
    assert checkpoints(packed) == checkpoints(apart) == []


def test_packing_reruns_nothing_and_a_further_seed_trains_only_what_is_asked_for(
    packed: Workspace, tmp_path: Path
) -> None:
    workspace = packed.copy_to(tmp_path / "copy")
    workspace.edit_config(lambda config: config.update(packing=False))
    assert not workspace.plan(*records(workspace, *FILTERS)).files
    before = logs(workspace)
    workspace.edit_config(lambda config: config.update(packing=2, seeds=[1, 2, 9]))
    output = workspace.make(*records(workspace, *FILTERS))
    assert "Training 2 model(s) of 2 configuration(s) in 1 pack(s)" in output
    after = logs(workspace)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"none/seed-9.log", "a_weighting/seed-9.log"}
    assert len(leaders(workspace)) == 2
    assert checkpoints(workspace) == []


def test_a_killed_run_goes_on_with_its_pack(tmp_path: Path) -> None:
    long = long_config([1, 2]) | {"packing": 2}
    whole, killed = (Workspace.create(tmp_path / name, long) for name in ("whole", "killed"))
    for workspace in (whole, killed):
        save_often(workspace)
    whole.edit_config(lambda config: config.update(packing=False))
    process = killed.start("--cores", "2", "--nolock", *records(killed, "steady"))
    while process.poll() is None and not any(path.name.startswith("pack.") for path in checkpoints(killed)):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() != 0
    killed.make(*records(killed, "steady"))
    whole.make(*records(whole, "steady"))
    assert any("resumed after epoch" in text and "trains a pack of 2" in text for text in logs(killed).values())
    assert compared(killed.results) == compared(whole.results)
    assert checkpoints(killed) == []
