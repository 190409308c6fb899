"""A trained model on a recording, without PyTorch: what the recurrence that trains it puts out."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from support.places import REPOSITORY

from rnn_audio.errors import InputError
from rnn_audio.evaluation.device_performance import process_recording
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, initialise, load_model, save_model
from rnn_audio.networks.model_file import read_model
from rnn_audio.networks.random_streams import RandomStreams

SHAPES = [ModelShape(5), ModelShape(32, skip=True), ModelShape(7, initial_state=True)]
RECORDING = (0.3 * np.random.default_rng(1).standard_normal(700)).astype(np.float32)


@pytest.fixture(params=SHAPES, ids=["plain", "skip", "stored state"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, request.param, initialise(request.param, RandomStreams([1, 2])), index=1)
    return path


def test_the_outputs_are_those_of_the_recurrence(model: Path) -> None:
    shape, parameters = load_model(model)
    rest = torch.zeros(1, 1, shape.hidden_size)
    inputs = torch.from_numpy(RECORDING).view(1, 1, -1)
    expected, _ = recurrence.run(parameters, inputs, (rest, rest), skip=shape.skip)
    heard = process_recording(model, RECORDING)
    assert heard.dtype == np.float32
    np.testing.assert_allclose(heard, expected[0, 0].numpy(), atol=2e-6)


def test_the_weights_are_those_that_pytorch_reads(model: Path) -> None:
    (shape, weights), (expected_shape, parameters) = read_model(model), load_model(model)
    assert shape == expected_shape
    assert weights.keys() == parameters.keys()
    for name, weight in weights.items():
        np.testing.assert_array_equal(weight, parameters[name][0].numpy())


def test_a_changed_model_is_refused(model: Path) -> None:
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(bytes(content))
    with pytest.raises(InputError, match="has changed since it was written"):
        process_recording(model, RECORDING)


def test_jobs_that_train_nothing_do_not_import_pytorch() -> None:
    script = "import sys\n"
    for name in ("process_test_set", "table", "plot", "select_best", "convolve", "prepare_device"):
        lines = (REPOSITORY / "workflow" / "scripts" / f"{name}.py").read_text(encoding="utf-8").splitlines()
        imports = [line for line in lines if line.startswith(("import ", "from "))]
        assert imports
        script += "\n".join([*imports, f"assert 'torch' not in sys.modules, {name!r}", ""])
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY / "workflow", check=False)
    assert done.returncode == 0
