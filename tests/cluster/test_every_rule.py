"""The whole workflow through sbatch: it makes the same files as a run on one machine, and jobs wait for GPUs."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from support.cluster_run import add_profile, make, shipped_profile
from support.every_rule import create
from support.results import compared
from support.slurm import Cluster, Job
from support.workspace import Workspace

pytestmark = pytest.mark.cluster

TARGETS = {
    "all",
    "tables",
    "figures",
    "signals",
    "models",
    "sounds",
    "exports",
    "listening",
    "impulse_response",
    "amplifier",
    "sweep_rates",
}
# Not part of `all`: it times the machine that it runs on.
BENCHMARK = {"benchmark", "benchmark_training", "benchmark_workflow", "benchmark_tables", "plot_benchmark"}
BENCHMARK |= {"gpu_check", "measure_gpu"}
# All recordings are files; end_to_end/test_faults.py downloads from a server.
DOWNLOADS = {"download_signal", "download_device", "download_model"}


@dataclass(frozen=True)
class Runs:
    """The same workflow, run on this machine and through sbatch, and SLURM's jobs of the latter."""

    here: Workspace
    on_cluster: Workspace
    jobs: list[Job]


@pytest.fixture(scope="module")
def runs(started_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The workflow, run in both ways at the same time. Tests must not change it."""
    here = create(tmp_path_factory.mktemp("here") / "workspace")
    on_cluster = create(tmp_path_factory.mktemp("cluster") / "workspace")
    add_profile(on_cluster)
    earlier = {job.jobid for job in started_cluster.jobs()}
    with ThreadPoolExecutor() as pool:
        made = pool.submit(here.make)
        make(on_cluster)
        made.result()
    return Runs(here, on_cluster, [job for job in started_cluster.jobs() if job.jobid not in earlier])


def test_every_rule_is_run(runs: Runs) -> None:
    lines = runs.here.snakemake("--list-rules").stdout.splitlines()
    rules = {line.split()[0] for line in lines}
    assert rules > TARGETS | BENCHMARK | DOWNLOADS
    assert {path.stem for path in (runs.here.results / "logs").iterdir()} == rules - TARGETS - BENCHMARK - DOWNLOADS


def test_every_result_is_that_of_a_run_on_one_machine(runs: Runs) -> None:
    files = compared(runs.here.results)
    folders = {name.split("/")[0] for name in files}
    assert folders >= {"models", "signals", "predictions", "metrics", "tables", "figures"}
    other = compared(runs.on_cluster.results)
    assert files.keys() == other.keys()
    assert [name for name, content in files.items() if content != other[name]] == []


def test_no_more_trainings_run_at_once_than_there_are_gpus(started_cluster: Cluster, runs: Runs) -> None:
    asking = [job for job in runs.jobs if job.gpus]
    assert len(asking) > started_cluster.gpus
    # Times are whole seconds: if one job ends and another starts in the same second, they do not overlap.
    at_once = [sum(other.gpus for other in asking if other.start <= job.start < other.end) for job in asking]
    assert max(at_once) == started_cluster.gpus


def test_only_what_trains_asks_for_a_gpu(runs: Runs) -> None:
    asking = {re.sub("_wildcards_.*", "", job.comment) for job in runs.jobs if job.gpus}
    assert asking == {"rule_train", "rule_measure_training_time"}


def test_small_jobs_share_a_job_of_the_cluster(runs: Runs) -> None:
    groups = set(shipped_profile()["groups"].values())
    shared = {group: [job for job in runs.jobs if job.comment.startswith(f"rule_{group}_")] for group in groups}
    configurations = len(list(runs.here.results.glob("models/*")))
    counts = {group: len(jobs) for group, jobs in shared.items()}
    assert counts == {"signals": 1, "sounds": configurations, "tables": 1, "figures": 1, "listening": 1}
    # Its members run one after another, so it requests the memory of one and the time of all.
    (figures,) = shared["figures"]
    assert (figures.cores, figures.memory, figures.time_limit) == (1, "2000M", "01:20:00")


def test_a_second_run_has_nothing_to_do(runs: Runs) -> None:
    run = runs.on_cluster.snakemake("-n", "--profile", "profiles/rig")
    assert "Nothing to be done" in run.output
