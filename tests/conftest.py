import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings
from support.workspace import Workspace, finished, tiny_config

# Read when triton is imported: without a GPU its kernels run in its interpreter.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"
collect_ignore_glob = [] if importlib.util.find_spec("triton") else ["unit/test_triton_*.py"]

# One thread, so that no result depends on how many cores there are; no time limit on an example, for the same reason.
torch.set_num_threads(1)
settings.register_profile("rnn_audio", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("rnn_audio")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 (types of a plugin that may be missing)
    from support.scheduling import ByFile

    return ByFile(config, log)


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    """The tiny configuration, of which nothing has been made yet."""
    return Workspace.create(tmp_path / "fresh", tiny_config())


@pytest.fixture
def done(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Workspace:
    """The tiny configuration, of which everything has been made."""
    workspace, _ = finished(tmp_path_factory.getbasetemp())
    return workspace.copy_to(tmp_path / "done")
