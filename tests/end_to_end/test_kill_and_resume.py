import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
from support.workspace import Config, Workspace, tiny_config

KILLS = 5
MODEL = "models/steady/seed-1"


def long_config() -> Config:
    """One model that trains for seconds."""
    config = tiny_config()
    config["seeds"] = [1]
    config["signals"]["sine"]["duration_samples"] = 1024
    steady = config["configurations"]["steady"] | {"hidden_size": 16, "batch_size": 8, "epochs": 150}
    config["configurations"] = {"steady": steady}
    config["tables"] = {}
    config["figures"] = {}
    return config


def save_often(workspace: Workspace) -> None:
    """Checkpoints every tenth of a second, so that a kill finds one."""
    path = workspace.folder / "workflow/rnn_audio/training_job.py"
    text = path.read_text(encoding="utf-8")
    text, count = re.subn(r"^CHECKPOINT_INTERVAL_S = .*$", "CHECKPOINT_INTERVAL_S = 0.1", text, flags=re.MULTILINE)
    assert count == 1
    path.write_text(text, encoding="utf-8")


def checkpoint_time(workspace: Workspace) -> int:
    """When the last checkpoint was written, 0 while there is none."""
    files = workspace.results.glob("checkpoints/steady/*.safetensors")
    return max((path.stat().st_mtime_ns for path in files), default=0)


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
    undisturbed = Workspace.create(tmp_path / "undisturbed", long_config())
    reference = start(undisturbed)
    killed = Workspace.create(tmp_path / "killed", long_config())
    save_often(killed)

    dice = random.Random(11)
    kills = 0
    while kills < KILLS:
        before = checkpoint_time(killed)
        process = start(killed)
        # Every third time at any moment, also while it starts; otherwise shortly behind a new checkpoint.
        if kills % 3 == 2:
            time.sleep(dice.uniform(0.2, 3.0))
        else:
            while process.poll() is None and checkpoint_time(killed) == before:
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
    log = killed.folder / long_config()["pathvars"]["logs"] / "train/steady/seed-1.log"
    assert re.search(r"resumed behind epoch [1-9]", log.read_text(encoding="utf-8"))
    for name in ("model.safetensors", "history.csv"):
        assert (killed.results / MODEL / name).read_bytes() == (undisturbed.results / MODEL / name).read_bytes(), name
    assert checkpoint_time(killed) == 0
    assert not killed.plan("models").files
