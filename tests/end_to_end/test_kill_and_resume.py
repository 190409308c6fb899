import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
from support.long_training import checkpoint_time, long_config, save_often
from support.workspace import Workspace

KILLS = 5
MODEL = "models/steady/seed-1"


def start(workspace: Workspace) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        workspace.command("--cores", "1", "models"),
        cwd=workspace.folder,
        env=workspace.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes], workspace: Workspace) -> None:
    """End Snakemake and all its jobs as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    left = [other for other in psutil.process_iter(["cmdline"]) if works_in(other, workspace.folder)]
    psutil.wait_procs(left, timeout=10)
    assert not [other for other in left if other.is_running()], "a job outlives Snakemake's process group"


def works_in(process: psutil.Process, folder: Path) -> bool:
    return any(str(folder) in argument for argument in process.info["cmdline"] or [])


def test_killed_run_ends_with_the_bytes_of_an_undisturbed_one(tmp_path: Path) -> None:
    undisturbed = Workspace.create(tmp_path / "undisturbed", long_config([1]))
    reference = start(undisturbed)
    killed = Workspace.create(tmp_path / "killed", long_config([1]))
    save_often(killed)

    dice = random.Random(11)
    kills = 0
    while kills < KILLS:
        before = checkpoint_time(killed, 1)
        process = start(killed)
        # Every third time at any moment, also while it starts; otherwise shortly behind a new checkpoint.
        if kills % 3 == 2:
            time.sleep(dice.uniform(0.2, 3.0))
        else:
            while process.poll() is None and checkpoint_time(killed, 1) == before:
                time.sleep(0.005)
            time.sleep(dice.uniform(0.0, 0.2))
        if process.poll() is not None:
            break
        kill(process, killed)
        assert not (killed.results / MODEL / "model.safetensors").exists()
        kills += 1
        assert killed.snakemake("--unlock").status == 0

    assert kills >= 3, "it ended before it was killed often enough: it needs more epochs"
    killed.make("models")
    assert reference.wait() == 0
    log = killed.folder / long_config([1])["pathvars"]["logs"] / "train/steady/seed-1.log"
    assert re.search(r"resumed behind epoch [1-9]", log.read_text(encoding="utf-8"))
    for name in ("model.safetensors", "history.csv"):
        assert (killed.results / MODEL / name).read_bytes() == (undisturbed.results / MODEL / name).read_bytes(), name
    assert checkpoint_time(killed, 1) == 0
    assert not killed.plan("models").files
