import os
import subprocess
import sys

import pytest
import torch
from support.places import REPOSITORY

from rnn_audio.errors import InputError
from rnn_audio.networks import recurrence
from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.engines import compiled as cpu_recurrence
from rnn_audio.networks.engines.choice import OVERRIDE, pick
from rnn_audio.networks.model import ModelShape, initialise
from rnn_audio.networks.random_streams import RandomStreams

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def no_override(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OVERRIDE, raising=False)


def pretend_gpu(
    monkeypatch: pytest.MonkeyPatch,
    *,
    installed: tuple[str, ...] = engines.FUSED,
    capability: tuple[int, int] = (9, 0),
) -> None:
    engines._serves.cache_clear()
    monkeypatch.setattr(engines, "_is_installed", lambda engine: engine in installed)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)


@pytest.mark.parametrize("hidden", [1, 16, 64, 128, 129, 1024])
def test_a_cpu_has_the_compiled_engine(hidden: int) -> None:
    assert pick(CPU, hidden) == "compiled"


@pytest.mark.parametrize(
    ("hidden", "engine"), [(32, "cuda"), (64, "cuda"), (16, "triton"), (128, "triton"), (129, "pytorch")]
)
def test_a_gpu_has_the_kernels_that_are_written_for_its_hidden_size(
    monkeypatch: pytest.MonkeyPatch, hidden: int, engine: str
) -> None:
    pretend_gpu(monkeypatch)
    assert pick(CUDA, hidden) == engine
    pretend_gpu(monkeypatch, installed=(engines.TRITON,))
    assert pick(CUDA, hidden) == engine.replace("cuda", "triton")


def test_what_a_trial_has_rejected_is_not_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch)
    monkeypatch.setattr(engines, "_rejected", {})
    engines.reject({engines.CUDA: "wrong"})
    assert pick(CUDA, 64) == "triton"
    assert engines.captures(CUDA, 64)
    engines.reject({engines.CAPTURED: "wrong"})
    assert pick(CUDA, 64) == "cuda"
    assert not engines.captures(CUDA, 64)
    engines.reject(dict.fromkeys(engines.FUSED, "wrong"))
    assert pick(CUDA, 64) == "pytorch"
    assert not engines.uses_triton(CUDA)


def test_a_gpu_without_triton_or_with_little_shared_memory_has_pytorchs(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch, installed=())
    assert pick(CUDA, 64) == "pytorch"
    pretend_gpu(monkeypatch, capability=(7, 5))
    assert pick(CUDA, 64) == "pytorch"


def test_a_cpu_without_numba_has_pytorchs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_has_numba", lambda: False)
    assert pick(CPU, 64) == "pytorch"


@pytest.mark.parametrize("engine", engines.OVERRIDES)
def test_the_override_holds_for_every_device(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    pretend_gpu(monkeypatch)
    monkeypatch.setenv(OVERRIDE, engine)
    assert pick(CPU, 64) == pick(CUDA, 64) == engine


def test_pytorchs_engine_on_a_cpu_runs_nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(cpu_recurrence, "run_sequences", fail)
    parameters = initialise(ModelShape(4), RandomStreams([1]))
    state = torch.zeros(1, 1, 4), torch.zeros(1, 1, 4)
    with pytest.raises(AssertionError, match="compiled"):
        recurrence.run(parameters, torch.ones(1, 1, 3), state)
    monkeypatch.setenv(OVERRIDE, "pytorch")
    recurrence.run(parameters, torch.ones(1, 1, 3), state)
    recurrence.mixed_run(parameters, torch.ones(1, 1, 3), torch.ones(1, 1, 3) > 0, torch.ones(1, 1), state)


def test_an_override_that_names_no_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OVERRIDE, "cudnn")
    with pytest.raises(InputError, match=r"RNN_AUDIO_ENGINE is 'cudnn'; set it to one of pytorch, triton"):
        pick(CPU, 64)


def test_an_override_by_an_engine_that_is_not_installed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpu(monkeypatch, installed=())
    for engine in engines.FUSED:
        monkeypatch.setenv(OVERRIDE, engine)
        with pytest.raises(InputError, match=f"'{engine}', which is not installed"):
            pick(CUDA, 64)


def said_by(program: str, **variables: str) -> str:
    """What a new process says, in an environment with these variables and without what this process has chosen."""
    paths = os.pathsep.join(str(REPOSITORY / folder) for folder in ("workflow", "tests"))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MKL_")}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=inherited | {"PYTHONPATH": paths} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


# The second is Intel's older code. Left to itself it looks at addresses, as the code for AMD does; AMD's processors
# ignore the variable.
@pytest.mark.parametrize("variables", [{}, {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}], ids=["own code", "older code"])
def test_a_product_is_the_same_numbers_wherever_its_arrays_lie(variables: dict[str, str]) -> None:
    program = (
        "import itertools, torch, rnn_audio.networks.engines.choice\n"
        "from support.addresses import moved\n"
        "torch.set_num_threads(1)\n"
        "for rows, inner, columns in itertools.product((1, 3, 24), (6, 13, 64), (1, 6)):\n"
        "    left, right = torch.randn(rows, inner), torch.randn(columns, inner).t()\n"
        "    for elements in range(1, 16):\n"
        "        own = moved(left, elements) @ moved(right.t(), 16 - elements).t()\n"
        "        if not torch.equal(own, left @ right):\n"
        "            print(rows, inner, columns, elements)\n"
    )
    assert said_by(program, **variables) == ""


def test_training_on_a_cpu_imports_no_triton_and_leaves_the_users_own_choice_of_mkls_code() -> None:
    program = (
        "import os, sys, torch, rnn_audio.jobs.training_job\n"
        "from rnn_audio.networks import recurrence\n"
        "from rnn_audio.networks.model import ModelShape, initialise\n"
        "from rnn_audio.networks.random_streams import RandomStreams\n"
        "parameters = {name: each.requires_grad_() for name, each in\n"
        "              initialise(ModelShape(4), RandomStreams([1])).items()}\n"
        "outputs, _ = recurrence.run(parameters, torch.ones(1, 1, 3), (torch.zeros(1, 1, 4), torch.zeros(1, 1, 4)))\n"
        "outputs.sum().backward()\n"
        "assert 'triton' not in sys.modules\n"
        "print(os.environ['MKL_CBWR'])\n"
    )
    assert said_by(program, MKL_CBWR="COMPATIBLE").strip() == "COMPATIBLE"
