import importlib.util
import os
from pathlib import Path

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name what stays in one process where pytest-xdist shares the tests out: a file, and all tests on a cluster."""
    for item in items:
        group = "cluster" if item.get_closest_marker("cluster") else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    """The tiny configuration, of which nothing has been made yet."""
    return Workspace.create(tmp_path / "fresh", tiny_config())


@pytest.fixture
def done(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Workspace:
    """The tiny configuration, of which everything has been made."""
    workspace, _ = finished(tmp_path_factory.getbasetemp())
    return workspace.copy_to(tmp_path / "done")
