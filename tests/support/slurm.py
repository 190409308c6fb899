"""Queries of a running SLURM: its running and finished jobs."""

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")

PARTITIONS = ("main", "urgent")


@dataclass(frozen=True)
class Job:
    """SLURM's data about a job, running or finished; times are in whole seconds since the epoch."""

    jobid: int
    comment: str
    state: str
    start: int
    end: int
    cores: int
    gpus: int
    restarts: int
    time_limit: str
    memory: str


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
        folder: the folder of all its files.
        gpus: number of GPUs of its node.
    """

    folder: Path
    gpus: int

    def ask(self, *command: str) -> str:
        """Run one of SLURM's commands, which must succeed; return its output."""
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr}"
        return ended.stdout

    def jobs(self) -> list[Job]:
        """All jobs so far; their comments contain rule and wildcards."""
        lines = self.ask("scontrol", "--oneliner", "show", "jobs").splitlines()
        return [_read_job(line) for line in lines if line.startswith("JobId=")]

    def job(self, jobid: int) -> Job:
        return next(job for job in self.jobs() if job.jobid == jobid)

    def running_jobs(self, words: str) -> list[Job]:
        """The running jobs whose comments contain these words."""
        return [job for job in self.jobs() if job.state == "RUNNING" and words in job.comment]

    def cancel_all(self) -> None:
        """Cancel every job and wait until none is left."""
        for partition in PARTITIONS:
            self.ask("scancel", f"--partition={partition}")
        wait_for(lambda: not self.ask("squeue", "--noheader"), "the end of all jobs", limit_s=30)


def wait_for(condition: Callable[[], Found], what: str, limit_s: float = 300.0) -> Found:
    """Wait until a condition returns a true value; return that value."""
    end = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {limit_s:.0f} s for {what}"
        time.sleep(0.1)
    return found


def _read_job(line: str) -> Job:
    fields = dict(field.split("=", 1) for field in line.split() if "=" in field)
    # --gpus is in the first of these fields, --gres in the second.
    gpus = re.search(r"gpu:(?:[a-z]\w*:)?(\d+)", fields.get("TresPerJob", fields.get("TresPerNode", "")))
    return Job(
        jobid=int(fields["JobId"]),
        comment=fields.get("Comment", ""),
        state=fields["JobState"],
        start=_seconds(fields["StartTime"]),
        end=_seconds(fields["EndTime"]),
        cores=int(fields["NumCPUs"]),
        gpus=int(gpus.group(1)) if gpus else 0,
        restarts=int(fields["Restarts"]),
        time_limit=fields["TimeLimit"],
        memory=fields["MinMemoryNode"],
    )


def _seconds(text: str) -> int:
    return 0 if text == "Unknown" else int(time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S")))
