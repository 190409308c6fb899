"""A training that takes seconds, and its checkpoints, for tests that interrupt it and see whether it resumes."""

import re

from support.workspace import Config, Workspace, tiny_config


def long_config(seeds: list[int], epochs: int = 50) -> Config:
    """One configuration; each of its models trains for a second or more, an epoch in one or two hundredths of one."""
    config = tiny_config()
    config["seeds"] = seeds
    config["signals"]["sine"]["duration_samples"] = 1024
    steady = config["configurations"]["steady"] | {"hidden_size": 16, "batch_size": 8, "epochs": epochs}
    config["configurations"] = {"steady": steady}
    config["tables"] = {}
    config["figures"] = {}
    return config


def save_often(workspace: Workspace) -> None:
    """Write checkpoints every tenth of a second, so that there is one when a training is killed."""
    path = workspace.folder / "workflow/rnn_audio/jobs/training_loop.py"
    text = path.read_text(encoding="utf-8")
    text, count = re.subn(r"^CHECKPOINT_INTERVAL_S = .*$", "CHECKPOINT_INTERVAL_S = 0.1", text, flags=re.MULTILINE)
    assert count == 1
    path.write_text(text, encoding="utf-8")


def checkpoint_time(workspace: Workspace, seed: int) -> int:
    """When the last checkpoint of a seed was written, in ns; 0 if there is none."""
    files = workspace.results.glob(f"checkpoints/steady/seed-{seed}.*.safetensors")
    return max((path.stat().st_mtime_ns for path in files), default=0)
