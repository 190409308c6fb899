"""Trainings that are ended early on a cluster resume in their next attempt and end as if undisturbed."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from support.cluster_run import GRES, PROFILE, add_profile, make, run_to_end, started
from support.long_training import checkpoint_time, long_config, save_often
from support.slurm import Cluster, wait_for
from support.workspace import Workspace, finished, tiny_config

pytestmark = pytest.mark.cluster

SEEDS = [1, 2, 3]


def halted_training(cluster: Cluster, workspace: Workspace, halted: set[int]) -> int:
    """The job of a training that is suspended after a checkpoint, so that it cannot end by itself."""

    def found() -> tuple[int, list[psutil.Process]] | None:
        for job in cluster.running_jobs("rule_train_"):
            seed = int(job.comment.rsplit("_", 1)[1])
            if seed not in halted and checkpoint_time(workspace, seed):
                halted.add(seed)
                return job.jobid, scripts_of(job.jobid)
        return None

    jobid, scripts = wait_for(found, "a training with a checkpoint")
    assert len(scripts) == 1, "it ended before it was halted: it needs more epochs"
    scripts[0].suspend()
    return jobid


def scripts_of(jobid: int) -> list[psutil.Process]:
    """The training processes of a job."""

    def is_one(process: psutil.Process) -> bool:
        variables, words = process.info["environ"] or {}, process.info["cmdline"] or [""]
        return variables.get("SLURM_JOB_ID") == str(jobid) and words[-1].endswith(".train.py")

    return [process for process in psutil.process_iter(["cmdline", "environ"]) if is_one(process)]


def test_overdue_cancelled_and_preempted_trainings_go_on(cluster: Cluster, tmp_path: Path) -> None:
    undisturbed = Workspace.create(tmp_path / "undisturbed", long_config(SEEDS, epochs=150))
    disturbed = Workspace.create(tmp_path / "disturbed", long_config(SEEDS, epochs=150))
    save_often(disturbed)
    add_profile(disturbed)

    seeds: set[int] = set()
    # The undisturbed run uses the time for which the other one waits for SLURM.
    with ThreadPoolExecutor() as pool, started(disturbed, "models") as run:
        reference = pool.submit(undisturbed.make, "models")
        overdue = halted_training(cluster, disturbed, seeds)
        cluster.ask("scontrol", "update", f"jobid={overdue}", "EndTime=now+1")
        cancelled = halted_training(cluster, disturbed, seeds)
        cluster.ask("scancel", str(cancelled))
        preempted = halted_training(cluster, disturbed, seeds)
        wait_for(lambda: cluster.job(overdue).state == "TIMEOUT", "the end of an overdue job")
        cluster.ask("sbatch", "--partition=urgent", f"--gpus={cluster.gpus}", "--output=/dev/null", "--wrap=sleep 1")
        ended = run.finish()
        reference.result()
    assert ended.status == 0, ended.output

    assert cluster.job(cancelled).state == "CANCELLED"
    assert (cluster.job(preempted).state, cluster.job(preempted).restarts) == ("COMPLETED", 1)
    tries = [job for job in cluster.jobs() if job.comment == cluster.job(overdue).comment]
    assert [(job.state, job.memory, job.time_limit) for job in tries] == [
        ("TIMEOUT", "8000M", tries[0].time_limit),
        ("COMPLETED", "16000M", "08:00:00"),
    ]
    for seed in SEEDS:
        log = disturbed.results / f"logs/train/steady/seed-{seed}.log"
        assert re.search(r"resumed after epoch [1-9]", log.read_text(encoding="utf-8")), seed
        for name in ("model.safetensors", "history.csv"):
            path = f"models/steady/seed-{seed}/{name}"
            assert (disturbed.results / path).read_bytes() == (undisturbed.results / path).read_bytes(), path
        assert checkpoint_time(disturbed, seed) == 0


def test_killed_run_is_finished_by_the_same_command(
    cluster: Cluster, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reference, _ = finished(tmp_path_factory.getbasetemp())
    workspace = Workspace.create(tmp_path / "killed", tiny_config())
    add_profile(workspace, GRES)
    target = str(workspace.results.relative_to(workspace.folder) / "tables/sounds_of_steady.csv")

    with started(workspace, target) as run:
        training, *_ = wait_for(lambda: cluster.running_jobs("rule_train_"), "a training")
        run.kill()
    # Its jobs outlive it, and the next run would not know them.
    cluster.cancel_all()
    refused = run_to_end(workspace, target)
    assert refused.status != 0
    assert "--unlock" in refused.output
    assert workspace.snakemake("--unlock", "--profile", PROFILE).status == 0
    make(workspace, target)

    assert training.gpus == 1
    for name in ("tables/sounds_of_steady.csv", "generations/steady.wav", "models/steady/seed-2/model.safetensors"):
        assert (workspace.results / name).read_bytes() == (reference.results / name).read_bytes(), name


def test_a_device_that_the_login_node_chose_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "choosing", tiny_config())
    add_profile(workspace)
    run = run_to_end(workspace, "signals", "--config", "accelerator=auto")
    assert run.status != 0
    assert "set accelerator to cuda_on_node or cpu" in run.output
    assert not [job for job in cluster.jobs() if str(tmp_path) in job.comment]
