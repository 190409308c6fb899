import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.workspace import Workspace, finished

# Stands in for NVIDIA's driver: one GPU, which nothing ever computes on.
DRIVER = "int cuInit(unsigned flags) { return 0; } int cuDeviceGetCount(int *count) { *count = 1; return 0; }"


def show_resources(workspace: Workspace) -> None:
    """A job with a message of its own does not list its resources; without one it does."""
    rules = workspace.folder / "workflow/rules/train.smk"
    text, count = re.subn(r"\n    message:\n        .*", "", rules.read_text(encoding="utf-8"))
    assert count >= 1
    rules.write_text(text, encoding="utf-8")


def gpus_of_trainings(workspace: Workspace, **variables: str) -> list[str]:
    """The `gpu` resource of each training job of a dry run."""
    run = workspace.snakemake("-n", "--cores", "2", "models", **variables)
    assert run.status == 0, run.output
    jobs = re.findall(r"^rule train:\n(?: +.*\n)+", run.output, re.MULTILINE)
    assert len(jobs) == 4, run.output
    return [match.group(1) if (match := re.search(r"\bgpu=(\w+)", job)) else "0" for job in jobs]


def test_default_profile_loads_by_itself(fresh: Workspace) -> None:
    source = str(fresh.results.relative_to(fresh.folder) / "signals/sine/source.wav")
    assert re.search(r"Provided resources: .*\bgpu\b\D*1\b", fresh.make(source))


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


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_training_asks_for_one_gpu_where_there_is_one(fresh: Workspace, gpu: dict[str, str], device: str) -> None:
    show_resources(fresh)
    fresh.edit_config(lambda config: config.update(device=device))
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
