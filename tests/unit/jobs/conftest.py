import functools
from collections.abc import Iterator

import pytest

from rnn_audio.jobs import training_job


@pytest.fixture(scope="session", autouse=True)
def asked_once() -> Iterator[None]:
    """Each job notes the versions of the packages and of the sources, which stay the same: one process asks once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("library_versions", "source_revision"):
            patch.setattr(training_job, name, functools.cache(getattr(training_job, name)))
        yield
