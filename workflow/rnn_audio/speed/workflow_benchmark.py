"""Times the rest besides training: Snakemake's own work, and the start of a training job."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnn_audio.errors import InputError

_MOST_SEEDS = 1000  # that a configuration may have
_TOTAL = re.compile(r"^total\s+(\d+)\s*$", re.MULTILINE)


def time_workflow(snakefile: Path, config: Mapping[str, Any], configurations: int, jobs: int) -> list[dict[str, Any]]:
    """Time dry runs of the workflow, as it is and enlarged, and the start of a training job.

    A dry run does everything that a run does before its first job. It writes only temporary files.

    Args:
        snakefile: the workflow's Snakefile.
        config: the whole configuration.
        configurations: number of configurations that are trained.
        jobs: approximate number of jobs of the enlarged workflow, which gets more seeds.

    Returns:
        Records of `what`, `jobs` (None if there are none) and `seconds`.

    Raises:
        InputError: a dry run fails; the message has its last line.
    """
    seeds = list(range(1, min(_MOST_SEEDS, max(2, round(jobs / configurations))) + 1))
    elsewhere = f"{config['pathvars']['results']}/benchmark/nothing_here"
    empty = {"pathvars": {"results": elsewhere, "logs": f"{elsewhere}/logs"}}
    return [
        _time_dry_run("dry run of this configuration, with the results that there are", snakefile, dict(config)),
        _time_dry_run("dry run of this configuration from nothing", snakefile, dict(config) | empty),
        _time_dry_run(f"dry run with {len(seeds)} seeds from nothing", snakefile, {**config, **empty, "seeds": seeds}),
        _time_imports("rnn_audio.jobs.training_job"),
    ]


def _time_dry_run(what: str, snakefile: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.json"
        settings.write_text(json.dumps(config), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--dry-run", "--quiet", "rules"]
        record = _time_command(what, [*command, "--configfile", str(settings)])
    total = _TOTAL.search(record.pop("output"))
    return record | {"jobs": int(total.group(1)) if total else 0}


def _time_imports(module: str) -> dict[str, Any]:
    record = _time_command("start of a training job: its imports", [sys.executable, "-c", f"import {module}"])
    return {key: record[key] for key in ("what", "jobs", "seconds")}


def _time_command(what: str, command: Sequence[str]) -> dict[str, Any]:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise InputError(f"{what}: it fails: {lines[-1] if lines else f'status {done.returncode}'}")
    return {"what": what, "jobs": None, "seconds": seconds, "output": done.stdout + done.stderr}
