from collections.abc import Iterator
from types import ModuleType

import pytest
import torch
from support.configurations import shipped_config

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.networks.engines import choice as engines

HAS_GPU = torch.cuda.is_available()

# PyTorch has one kind of GPU, of which it has to know before its first backpropagation.
if not HAS_GPU:
    from support import pretended_gpu


@pytest.fixture(autouse=True)
def no_flush_to_zero() -> Iterator[None]:
    """A job sets the processor to flush tiny numbers to zero; other tests must not see it."""
    yield
    torch.set_flush_denormal(False)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The pretended GPU, of which nothing may be asked that a real one would refuse; the CPU has the same LSTM."""
    if HAS_GPU:
        pytest.skip("a GPU is pretended only where there is none")
    monkeypatch.setattr(torch, "lstm", pretended_gpu.plain_lstm)
    monkeypatch.setenv(engines.OVERRIDE, "pytorch")
    with pretended_gpu.noting() as refused:
        yield pretended_gpu
    assert sorted(set(refused)) == []


@pytest.fixture(scope="session")
def shipped() -> Experiment:
    """The configuration that users start from. Tests only read it."""
    return load_experiment(shipped_config())
