import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from support.faults import half_written
from support.loaded_snakemake import Command
from support.long_training import checkpoint_time, long_config, save_often
from support.results import compared
from support.workspace import Config, Workspace

SEEDS = [1, 2]
# What is killed: a training alone, Snakemake alone (a training that runs goes on without it), or all of them.
KILLS = ["training"] * 8 + ["snakemake"] * 6 + ["all"] * 6
# What is edited after some of the kills, by how many are left. Each setting is as before at the end, so that the older
# of two trainings that run at once belongs sometimes to the settings of the last run and sometimes not.
EDITS = {16: ("learning_rate", 0.003), 13: ("learning_rate", None), 9: ("hidden_size", 8), 5: ("hidden_size", None)}


def config() -> Config:
    """Trainings of seconds, and what is made of them."""
    long = long_config(SEEDS)
    long["figures"] = {
        "curves": {
            "paper": next(iter(long["papers"])),
            "kind": "loss_curves",
            "caption": "Losses",
            "panels": [{"configuration": "steady", "title": "Losses"}],
        }
    }
    return long


def edit(workspace: Workspace, key: str, value: object) -> None:
    """Change a setting of the trained configuration; None gives it back its own."""
    wanted = config()["configurations"]["steady"].get(key) if value is None else value

    def change(edited: Config) -> None:
        edited["configurations"]["steady"][key] = wanted
        if wanted is None:
            del edited["configurations"]["steady"][key]

    workspace.edit_config(change)


def start(workspace: Workspace) -> Command:
    # Without Snakemake's lock, which would cost another start after each kill; test_faults.py has it.
    return workspace.start("--cores", "1", "--nolock")


def wait_until(happens: Callable[[], bool], process: Command) -> None:
    """Wait for what happens while the process runs, or for the process's end."""
    while process.poll() is None and not happens():
        time.sleep(0.03)


def trainings(process: Command) -> list[psutil.Process]:
    """The trainings that a Snakemake runs, without the shells that started them."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            program, *_, last = child.cmdline() or [""] * 2
        except (psutil.NoSuchProcess, psutil.ZombieProcess, ValueError):
            continue
        if "python" in program and last.endswith(".train.py"):
            found.append(child)
    return found


def kill(process: Command, what: str) -> bool:
    """Kill as a power cut would; returns whether there was anything to kill."""
    if process.poll() is not None:
        return False
    if what == "training":
        found = trainings(process)
        for training in found:
            training.kill()
        psutil.wait_procs(found, timeout=10)
        return bool(found)
    if what == "snakemake":
        os.kill(process.pid, signal.SIGKILL)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def still_working(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in argument for argument in process.info["cmdline"] or [])
    ]


def wait_for_orphans(folder: Path) -> None:
    """What Snakemake left alone ends by itself."""
    _, alive = psutil.wait_procs(still_working(folder), timeout=60)
    assert not alive


def last_checkpoint(workspace: Workspace) -> int:
    return max(checkpoint_time(workspace, seed) for seed in SEEDS)


def has_resumed(workspace: Workspace) -> bool:
    logs = (workspace.results / "logs/train/steady").glob("*.log")
    return any(re.search(r"resumed after epoch [1-9]", log.read_text(encoding="utf-8")) for log in logs)


def test_a_run_killed_and_edited_at_twenty_moments_ends_with_the_bytes_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    # One library in both: a record names the code that its training went by.
    undisturbed, killed = (Workspace.create(tmp_path / name, config()) for name in ("undisturbed", "killed"))
    for workspace in (undisturbed, killed):
        save_often(workspace)
    reference = start(undisturbed)

    dice = random.Random(11)
    kills = KILLS.copy()
    dice.shuffle(kills)
    resumed = False
    process = start(killed)
    while kills:
        if process.poll() == 0:
            # It came to its end between two kills: from the beginning.
            wait_for_orphans(killed.folder)
            shutil.rmtree(killed.results / "models")
        if process.poll() is not None:
            process = start(killed)
        # Every other time at any moment, also while it starts; otherwise shortly after a new checkpoint.
        if len(kills) % 2:
            time.sleep(dice.uniform(0.2, 2.0))
        else:
            before = last_checkpoint(killed)
            wait_until(lambda before=before: last_checkpoint(killed) > before, process)
            time.sleep(dice.uniform(0.0, 0.2))
        if kills[-1] == "training":
            wait_until(lambda process=process: bool(trainings(process)), process)
        if kill(process, kills[-1]):
            kills.pop()
            if len(kills) in EDITS:
                if process.poll() is None:  # a training alone was killed: Snakemake says so, and ends
                    process.wait()
                edit(killed, *EDITS[len(kills)])
        resumed = resumed or has_resumed(killed)

    process.wait()
    wait_for_orphans(killed.folder)
    killed.make()
    assert reference.wait() == 0
    assert resumed or has_resumed(killed)
    assert compared(killed.results) == compared(undisturbed.results)
    assert half_written(killed.folder) == []
    assert not list(killed.results.glob("checkpoints/**/*.claim"))
    assert last_checkpoint(killed) == 0
    assert not killed.plan().files
