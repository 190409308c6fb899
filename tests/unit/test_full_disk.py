from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from support.faults import full, half_written, small_disk

from rnn_audio.errors import InputError
from rnn_audio.jobs.checkpoints import CheckpointStore
from rnn_audio.networks.model import ModelShape, initialise, save_model
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.records import write_history, write_json
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.wav import write_wav

DISK_KIB = 1024


def write_checkpoint(folder: Path) -> None:
    CheckpointStore(folder, "seed-1", "0" * 64).save({"weight": torch.zeros(4096)}, {"elapsed_s": 1.0})


def write_model(folder: Path) -> None:
    save_model(folder / "model.safetensors", ModelShape(32), initialise(ModelShape(32), RandomStreams([1])))


def draw(folder: Path, suffix: str) -> None:
    figure = Figure()
    figure.subplots().plot(np.linspace(0, 1, 1000) ** 2)
    write_figure(figure, [folder / f"figure.{suffix}"])


WRITERS = {
    "checkpoint": write_checkpoint,
    "model": write_model,
    "sound": lambda folder: write_wav(folder / "sound.wav", np.zeros(4096), 8000),
    "record": lambda folder: write_json(folder / "run.json", {"text": "x" * 9000}),
    "history": lambda folder: write_history(folder / "history.csv", {"training_mse": [0.5] * 2000}),
    "figure as SVG": lambda folder: draw(folder, "svg"),
    "figure as PNG": lambda folder: draw(folder, "png"),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("there", [False, True], ids=["new", "in place of an old one"])
def test_write_on_a_full_disk_names_the_file_and_leaves_what_was_there(
    tmp_path: Path, write: Callable[[Path], None], there: bool
) -> None:
    roomy, disk = tmp_path / "roomy", tmp_path / "disk"
    disk.mkdir()
    write(roomy)
    (name,) = [path.name for path in roomy.iterdir()]
    with small_disk(disk, DISK_KIB):
        if there:
            (disk / name).write_bytes(b"old")
        with full(disk), pytest.raises(InputError) as caught:
            write(disk)
        assert str(caught.value) == f"{disk / name}: the disk is full; free some space and run the same command again"
        assert half_written(disk) == []
        assert [path.read_bytes() for path in disk.iterdir()] == [b"old"] * there
        write(disk)
        assert (disk / name).read_bytes() == (roomy / name).read_bytes()
