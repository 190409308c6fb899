"""Temporary copies of the workflow, each with its own configuration, on which Snakemake runs as started by a user."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import yaml

from support.configurations import Config, shipped_config, without_claims
from support.loaded_snakemake import Command
from support.places import REPOSITORY

SNAKEMAKE = Path(sys.executable).with_name("snakemake")

_WORKFLOW = ("Snakefile", "workflow", "profiles", "envs")
# Numba's cache is copied too: it is valid for files with the same time of modification. Files that numba is writing in
# another test's process are not copied.
_BYTECODE = shutil.ignore_patterns("*.pyc", "*.tmp.*")
_SNAKEMAKE_VARIABLES = ("SNAKEMAKE_PROFILE", "SNAKEMAKE_OUTPUT_CACHE")
# By the linker and by Python: a process that has started already would not see them.
_READ_AT_START = {"LD_LIBRARY_PATH", "PYTHONPATH"}


@dataclass(frozen=True)
class Run:
    """Result of a run of Snakemake: exit status, standard output, and standard output and error together."""

    status: int
    stdout: str
    output: str


def ended(command: Command) -> Run:
    """Wait for a run's end."""
    status = command.wait()
    stdout, stderr = command.said()
    return Run(status, stdout, stdout + stderr)


@dataclass(frozen=True)
class Plan:
    """The outputs that Snakemake would make, relative to the results folder, and the rule of each."""

    rules: dict[str, str]

    @property
    def files(self) -> set[str]:
        return set(self.rules)

    def made_by(self, rule: str) -> set[str]:
        return {file for file, maker in self.rules.items() if maker == rule}


@dataclass(frozen=True)
class Workspace:
    """A folder with the workflow, a configuration and results."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, config: Config) -> "Workspace":
        """Copy the workflow into a new folder and write its configuration."""
        folder.mkdir(parents=True)
        for name in _WORKFLOW:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=_BYTECODE)
            else:
                shutil.copy2(source, folder / name)
        workspace = cls(folder)
        workspace.write_config(config)
        return workspace

    def copy_to(self, folder: Path) -> "Workspace":
        """Copy the workspace, including results and Snakemake's records, with all times of modification."""
        shutil.copytree(self.folder, folder, ignore=_BYTECODE)
        return Workspace(folder)

    @property
    def results(self) -> Path:
        return self.folder / self.read_config()["pathvars"]["results"]

    def read_config(self) -> Config:
        return yaml.safe_load((self.folder / "config.yaml").read_text(encoding="utf-8"))

    def write_config(self, config: Config) -> None:
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def edit_config(self, change: Callable[[Config], object]) -> None:
        """Change the configuration in place: `change` gets its mapping."""
        config = self.read_config()
        change(config)
        self.write_config(config)

    def edit_library(self, module: str) -> None:
        """Change the content, but not the meaning, of a file in `workflow`."""
        path = self.folder / "workflow" / module
        path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [str(SNAKEMAKE), *arguments]

    def environment(self, **variables: str) -> dict[str, str]:
        """The environment of a run, without GPUs and without the user's own settings of Snakemake."""
        inherited = {key: value for key, value in os.environ.items() if key not in _SNAKEMAKE_VARIABLES}
        return inherited | {"CUDA_VISIBLE_DEVICES": "-1", "PYTHONDONTWRITEBYTECODE": "1"} | variables

    def snakemake(self, *arguments: str, **variables: str) -> Run:
        """Run Snakemake to its end, successful or not; `variables` are added to the environment."""
        if not _READ_AT_START & variables.keys():
            return ended(self.start(*arguments, **variables))
        process = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(process.returncode, process.stdout, process.stdout + process.stderr)

    def start(self, *arguments: str, **variables: str) -> Command:
        """Start Snakemake; `variables` are added to the environment."""
        return Command(arguments, self.folder, self.environment(**variables))

    def make(self, *arguments: str, **variables: str) -> str:
        """Run Snakemake on two cores, which must succeed; return its output."""
        run = self.snakemake("--cores", "2", *arguments, **variables)
        assert run.status == 0, run.output
        return run.output

    def plan(self, *arguments: str) -> Plan:
        """The outputs that Snakemake would make now. To say so, it needs no cores."""
        run = self.snakemake("--summary", *arguments)
        assert run.status == 0, run.output
        header, *lines = run.stdout.splitlines()
        columns = header.split("\t")
        rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
        results = self.read_config()["pathvars"]["results"]
        return Plan(
            {
                row["output_file"].removeprefix(f"{results}/"): row["rule"]
                for row in rows
                if row["plan"] == "update pending"
            }
        )


def tiny_config() -> Config:
    """Two configurations that train in seconds, with two tables and two figures; everything else is as shipped.

    `steady` is in both tables and in the figure `waves`; `chopped` is in the table `losses` and the figure `curves`.
    """
    config = without_claims(shipped_config())
    paper = next(iter(config["papers"]))
    sine = config["signals"]["sine"]
    sine |= {"duration_samples": 128, "synthetic": sine["synthetic"] | {"rate_hz": 8000}}
    small = {"preset": "overfit", "signal": "sine", "hidden_size": 4, "batch_size": 2, "epochs": 3}
    labels = {"labels": {"method": "Training"}}
    row = {"quantity": "prediction_mse"}
    return config | {
        "accelerator": "auto",
        "seeds": [1, 2],
        "signals": {"sine": sine},
        "configurations": {
            "steady": small | {"rate_hz": 8000},
            "chopped": small | {"rate_hz": 4000, "update_length_samples": 16},
        },
        "tables": {
            "losses": {"paper": paper, "kind": "losses", "caption": "Losses of both", **labels}
            | {
                "rows": [
                    row | {"configuration": "steady", "labels": {"method": "full BPTT"}, "published": {"value": 0.5}},
                    row | {"configuration": "chopped", "labels": {"method": "truncated BPTT"}},
                ]
            },
            "sounds_of_steady": {"paper": paper, "kind": "generations", "caption": "Generation", **labels}
            | {"rows": [{"configuration": "steady", "labels": {"method": "full BPTT"}}]},
        },
        "figures": {
            "waves": {
                "paper": paper,
                "kind": "waveforms",
                "caption": "Both sounds of steady",
                "panels": [
                    {"configuration": "steady", "shows": "prediction", "title": "Prediction"},
                    {"configuration": "steady", "shows": "generation", "title": "Generation"},
                ],
            },
            "curves": {
                "paper": paper,
                "kind": "loss_curves",
                "caption": "Losses of chopped",
                "panels": [{"configuration": "chopped", "title": "Truncated BPTT"}],
            },
        },
        "sweeps": {},
        "convolutions": {},
        "listening": {},
    }


def finished(base: Path) -> tuple[Workspace, Run]:
    """A run of the tiny configuration, made once per test session, and its output. Copy it; do not change it.

    Args:
        base: pytest's folder of this process. If several processes share the tests, they share the folder above it.
    """
    workspace, run = _run_once((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished")
    assert run.status == 0, run.output
    return workspace, run


@cache
def _run_once(folder: Path) -> tuple[Workspace, Run]:
    told = folder.with_suffix(".json")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            run = Workspace.create(folder, tiny_config()).snakemake("--cores", "2")
            told.write_text(json.dumps(asdict(run)), encoding="utf-8")
    return Workspace(folder), Run(**json.loads(told.read_text(encoding="utf-8")))
