"""Snakemake on the cluster of the tests: the shipped profile, changed to be fast and to need no real GPU."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.configurations import read_yaml
from support.workspace import Run, Workspace

PROFILE = "profiles/rig"
# The two ways to request a GPU.
GPUS = {"gpu": 1}
GRES = {"gpu": 0, "gres": "gpu:1"}
_LIMIT_S = 600.0


def shipped_profile() -> dict[str, Any]:
    return read_yaml("profiles/slurm/config.yaml")


def add_profile(workspace: Workspace, asking: Mapping[str, int | str] = GPUS) -> None:
    """Write the shipped profile into a workspace as `PROFILE`, changed for a cluster with simulated GPUs.

    Trainings request a GPU but compute on the CPU. SLURM is queried earlier, and more jobs share one.

    Args:
        workspace: where the profile is written.
        asking: how a GPU is requested.
    """
    profile = shipped_profile()
    profile["config"]["accelerator"] = "cpu"
    for rule in ("train", "measure_training_time"):
        profile["set-resources"][rule] |= asking
    profile["group-components"] |= {"tables": 20, "figures": 20}
    profile |= {"slurm-init-seconds-before-status-checks": 5, "latency-wait": 10, "max-jobs-per-second": 20}
    path = workspace.folder / PROFILE / "config.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")


@dataclass(frozen=True)
class ClusterRun:
    """A run of Snakemake in progress."""

    process: subprocess.Popen[bytes]
    output: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def finish(self, limit_s: float = _LIMIT_S) -> Run:
        """Wait for its end, but at most `limit_s`; then kill it and return status -1."""
        try:
            status = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            status = -1
        text = self.output.read_text(encoding="utf-8")
        return Run(status, text, text)


@contextmanager
def started(workspace: Workspace, *arguments: str) -> Iterator[ClusterRun]:
    """Start Snakemake with the changed profile; it is killed at the end of the context."""
    output = workspace.folder / "run.log"
    with output.open("wb") as file:
        process = subprocess.Popen(
            workspace.command(*arguments, "--profile", PROFILE),
            cwd=workspace.folder,
            env=workspace.environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    run = ClusterRun(process, output)
    try:
        yield run
    finally:
        run.kill()


def run_to_end(workspace: Workspace, *arguments: str, limit_s: float = _LIMIT_S) -> Run:
    with started(workspace, *arguments) as run:
        return run.finish(limit_s)


def make(workspace: Workspace, *arguments: str, limit_s: float = _LIMIT_S) -> str:
    """Run Snakemake to its end, which must succeed; return its output."""
    run = run_to_end(workspace, *arguments, limit_s=limit_s)
    assert run.status == 0, run.output
    return run.output
