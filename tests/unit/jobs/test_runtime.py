"""Peak memory, in MiB on every system."""

import resource
import sys
from types import SimpleNamespace

import pytest

from rnn_audio.jobs.runtime import peak_memory_mib


@pytest.mark.parametrize(("system", "reported"), [("linux", 3 * 1024), ("darwin", 3 * 1024**2)])
def test_peak_memory_is_in_mib_where_the_system_counts_in_kib_or_in_bytes(
    system: str, reported: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=reported))
    assert peak_memory_mib("cpu") == 3


def test_peak_memory_of_this_process_covers_an_array_that_it_held() -> None:
    held = bytes(200 * 2**20)
    assert len(held) / 2**20 < peak_memory_mib("cpu") < 100_000
