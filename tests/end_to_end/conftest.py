from pathlib import Path

import pytest
from support.workspace import Workspace, finished, tiny_config


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    """The tiny configuration, of which nothing has been made yet."""
    return Workspace.create(tmp_path / "fresh", tiny_config())


@pytest.fixture
def done(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Workspace:
    """The tiny configuration, of which everything has been made."""
    workspace, _ = finished(tmp_path_factory.getbasetemp())
    return workspace.copy_to(tmp_path / "done")
