from collections.abc import Iterator

import pytest
from support.slurm import Cluster
from support.slurm_daemons import obstacle, running_cluster


@pytest.fixture(scope="session")
def started_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    reason = obstacle()
    if reason is not None:
        pytest.skip(f"no test on a cluster: {reason}")
    with running_cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def cluster(started_cluster: Cluster) -> Iterator[Cluster]:
    """A SLURM cluster of one machine with two simulated GPUs and without jobs."""
    yield started_cluster
    started_cluster.cancel_all()
