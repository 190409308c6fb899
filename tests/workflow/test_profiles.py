import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.configurations import shipped_config
from support.places import REPOSITORY
from support.workspace import Workspace, finished

# Stands in for NVIDIA's driver: one GPU, which nothing ever computes on.
DRIVER = "int cuInit(unsigned flags) { return 0; } int cuDeviceGetCount(int *count) { *count = 1; return 0; }"


def show_resources(workspace: Workspace) -> None:
    """A job with a message of its own does not list its resources; without one it does."""
    rules = workspace.folder / "workflow/rules/train.smk"
    text, count = re.subn(r"\n    message:\n        .*", "", rules.read_text(encoding="utf-8"))
    assert count >= 1
    rules.write_text(text, encoding="utf-8")


def gpus_of_trainings(workspace: Workspace, *arguments: str, **variables: str) -> list[str]:
    """The `gpu` resource of each training job of a dry run."""
    run = workspace.snakemake("-n", "--cores", "2", "models", *arguments, **variables)
    assert run.status == 0, run.output
    jobs = re.findall(r"^rule train:\n(?: +.*\n)+", run.output, re.MULTILINE)
    assert len(jobs) == 4, run.output
    return [match.group(1) if (match := re.search(r"\bgpu=(\w+)", job)) else "0" for job in jobs]


def test_default_profile_loads_by_itself(fresh: Workspace) -> None:
    source = str(fresh.results.relative_to(fresh.folder) / "signals/sine/source.wav")
    assert re.search(r"Provided resources: .*\bgpu\b\D*1\b", fresh.make(source))


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "profiles").glob("*/config.yaml")), ids=lambda path: path.parent.name
)
def test_a_profile_finds_its_settings_from_any_folder(path: Path) -> None:
    """Snakemake looks next to the profile for a file that is named alone, and in the folder of the run for a list."""
    named = yaml.safe_load(path.read_text(encoding="utf-8")).get("configfile", "config.yaml")
    assert isinstance(named, str)
    assert (path.parent / named).is_file()


def test_training_asks_for_no_gpu_on_a_cpu(fresh: Workspace) -> None:
    show_resources(fresh)
    assert set(gpus_of_trainings(fresh)) == {"0"}


def test_as_many_models_train_at_once_as_there_are_cores(tmp_path_factory: pytest.TempPathFactory) -> None:
    _, run = finished(tmp_path_factory.getbasetemp())
    assert "Training 4 model(s) of 2 configuration(s) on cpu, 2 at a time" in run.output


@pytest.fixture
def gpu(tmp_path: Path) -> dict[str, str]:
    """Variables of an environment with a GPU to plan for, and with a PyTorch that must not be needed for that."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to make a stand-in for the GPU's driver")
    folder = tmp_path / "gpu"
    (folder / "torch").mkdir(parents=True)
    (folder / "driver.c").write_text(DRIVER, encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "libcuda.so.1", folder / "driver.c"], check=True)
    (folder / "torch/__init__.py").write_text('raise ImportError("a plan needs no PyTorch")\n', encoding="utf-8")
    (folder / "torch/version.py").write_text('cuda = "12.0"\n', encoding="utf-8")
    return {"LD_LIBRARY_PATH": str(folder), "PYTHONPATH": str(folder)}


@pytest.mark.parametrize("accelerator", ["auto", "cuda"])
def test_training_asks_for_one_gpu_where_there_is_one(fresh: Workspace, gpu: dict[str, str], accelerator: str) -> None:
    show_resources(fresh)
    fresh.edit_config(lambda config: config.update(accelerator=accelerator))
    assert set(gpus_of_trainings(fresh, **gpu)) == {"1"}


def test_a_gpu_retrains_nothing_that_a_cpu_has_trained(done: Workspace, gpu: dict[str, str]) -> None:
    run = done.snakemake("--cores", "2", **gpu)
    assert "Nothing to be done" in run.output


def test_run_says_that_models_train_one_at_a_time_on_one_gpu(done: Workspace, gpu: dict[str, str]) -> None:
    done.edit_config(lambda config: config.update(seeds=[3]))
    model = str(done.results.relative_to(done.folder) / "models/steady/seed-3/model.safetensors")
    run = done.snakemake("--cores", "2", model, **gpu)
    # The training itself fails: there is no GPU behind the driver.
    assert "Training 1 model(s) of 1 configuration(s) on cuda, 1 at a time" in run.output, run.output


def test_run_says_that_a_gpu_stays_unused_and_why(done: Workspace, gpu: dict[str, str]) -> None:
    (Path(gpu["PYTHONPATH"]) / "torch/version.py").write_text("cuda = None\n", encoding="utf-8")
    done.edit_config(lambda config: config.update(seeds=[3]))
    model = str(done.results.relative_to(done.folder) / "models/steady/seed-3/model.safetensors")
    run = done.snakemake("--cores", "2", model, **gpu)
    lines = run.output.splitlines()
    (plan,) = (number for number, line in enumerate(lines) if line.startswith("Training 1 model(s) "))
    assert " on cpu, " in lines[plan]
    unused = "The CPU trains and not the GPU of this machine, since the installed PyTorch was built without CUDA."
    assert lines[plan + 1] == unused


def test_the_check_of_a_gpu_is_not_part_of_all_and_says_in_one_line_that_there_is_none(fresh: Workspace) -> None:
    assert not any("gpu_check" in file for file in fresh.plan("all").files)
    run = fresh.snakemake("--cores", "2", "gpu_check", LD_LIBRARY_PATH="")
    assert run.status != 0
    log = (fresh.results / "logs/benchmark/gpu_check.log").read_text(encoding="utf-8")
    assert re.search(r"\A\S+ \S+ ERROR gpu_check needs a GPU, but .*\n\Z", log)
    assert not (fresh.results / "benchmark/gpu_check.json").exists()


@pytest.fixture
def slurm() -> dict[str, Any]:
    """The profile for SLURM."""
    return yaml.safe_load((REPOSITORY / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))


def test_rules_of_the_slurm_profile_exist(slurm: dict[str, Any], tmp_path: Path) -> None:
    lines = Workspace.create(tmp_path / "shipped", shipped_config()).snakemake("--list-rules").stdout.splitlines()
    rules = {line.split()[0] for line in lines}
    assert {*slurm["set-resources"], *slurm["groups"]} <= rules
    assert slurm["group-components"].keys() == set(slurm["groups"].values())


def test_every_entry_of_the_slurm_profile_is_explained() -> None:
    lines = (REPOSITORY / "profiles/slurm/config.yaml").read_text(encoding="utf-8").splitlines()
    keys = [(before, line) for before, line in pairwise(lines) if re.match(r"[a-z][a-z-]*:", line)]
    assert keys
    assert [line for before, line in keys if not before.startswith("# ") or before.startswith("# ---")] == []


def test_on_a_cluster_training_asks_for_a_gpu_that_the_login_node_does_not_have(fresh: Workspace) -> None:
    show_resources(fresh)
    (fresh.folder / "own.yaml").write_text("accelerator: cpu\n", encoding="utf-8")
    overlay = ("--configfile", "own.yaml")
    assert set(gpus_of_trainings(fresh, *overlay)) == {"0"}
    assert set(gpus_of_trainings(fresh, "--profile", "profiles/slurm", *overlay)) == {"1"}


def test_a_training_that_finds_no_gpu_on_its_node_says_so_and_does_not_fall_back(fresh: Workspace) -> None:
    model = str(fresh.results.relative_to(fresh.folder) / "models/steady/seed-1/model.safetensors")
    run = fresh.snakemake("--cores", "2", model, "--config", "accelerator=cuda_on_node")
    assert run.status != 0
    log = (fresh.results / "logs/train/steady/seed-1.log").read_text(encoding="utf-8")
    assert re.search(r"ERROR accelerator: cuda was asked for, but .*\n\Z", log)
    assert "training" not in log
