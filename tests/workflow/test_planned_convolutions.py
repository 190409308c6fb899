"""What is planned for a dry sound in rooms, and what is told of it before anything is made."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.rooms import RATE_HZ, SOUNDS, rooms_config, write_recordings
from support.workspace import Workspace

TABLE = {f"tables/claps.{suffix}" for suffix in ("csv", "md", "tex", "html")}


@pytest.fixture
def rooms(tmp_path: Path) -> Workspace:
    workspace = Workspace.create(tmp_path / "rooms", rooms_config())
    write_recordings(workspace)
    return workspace


def test_a_dry_run_shows_the_sounds_their_table_and_the_dry_sound_at_the_rooms_rate(rooms: Workspace) -> None:
    plan = rooms.plan()
    assert plan.made_by("convolve") >= SOUNDS
    assert plan.made_by("table") >= TABLE
    assert plan.made_by("plot_decays") == {"figures/decays.svg", "figures/decays.png"}
    assert f"signals/dry/{RATE_HZ}.wav" in plan.made_by("resample_signal")
    dry_run = rooms.snakemake("-n", "--cores", "2")
    assert dry_run.status == 0, dry_run.output
    assert "claps of chopped" in dry_run.output


def test_the_sounds_belong_to_their_paper_and_to_all_sounds(rooms: Workspace) -> None:
    paper = rooms_config()["convolutions"]["claps"]["paper"]
    other = next(name for name in rooms_config()["papers"] if name != paper)
    assert rooms.plan(paper).files >= SOUNDS | TABLE
    sounds = rooms.plan("sounds").files
    assert sounds >= SOUNDS
    assert not sounds & TABLE
    assert not rooms.plan(other).files & SOUNDS


def test_a_dry_recording_below_the_rooms_rate_is_told_before_anything_is_made(rooms: Workspace) -> None:
    rooms.edit_config(lambda config: config["signals"]["dry"]["file"].update(path="slow.wav"))
    soundfile.write(rooms.folder / "slow.wav", np.random.default_rng(1).uniform(-1, 1, 4000), 2000, subtype="FLOAT")
    run = rooms.snakemake("--cores", "2")
    assert run.status != 0
    assert "signals.dry.file.path: slow.wav: its rate is 2000 Hz, below the 4000 Hz" in run.output
    assert "Traceback" not in run.output
