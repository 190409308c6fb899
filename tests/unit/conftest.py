from collections.abc import Iterator
from types import ModuleType

import pytest
import torch

from rnn_audio import engines


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The pretended GPU, of which nothing may be asked that a real one would refuse; the CPU has the same LSTM."""
    if torch.cuda.is_available():
        pytest.skip("PyTorch has one kind of GPU at a time, and here is a real one")
    from support import pretended_gpu  # not before: it registers a device for the whole process

    monkeypatch.setattr(torch, "lstm", pretended_gpu.plain_lstm)
    monkeypatch.setenv(engines.OVERRIDE, "pytorch")
    with pretended_gpu.noting() as refused:
        yield pretended_gpu
    assert sorted(set(refused)) == []
