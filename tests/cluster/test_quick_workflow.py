"""The whole quick workflow through sbatch makes the same bytes as `make quick` on one machine."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.cluster_run import add_profile, make
from support.configurations import shipped_config
from support.results import compared
from support.slurm import Cluster
from support.workspace import Workspace

pytestmark = [pytest.mark.cluster, pytest.mark.long]

QUICK = "profiles/quick/settings.yaml"
LIMIT_S = 3600.0


def test_the_quick_workflow_makes_what_it_makes_on_one_machine(cluster: Cluster, tmp_path: Path) -> None:
    here = Workspace.create(tmp_path / "here", shipped_config())
    on_cluster = Workspace.create(tmp_path / "cluster", shipped_config())
    add_profile(on_cluster)
    with ThreadPoolExecutor() as pool:
        made = pool.submit(here.make, "--configfile", QUICK)
        make(on_cluster, "--configfile", QUICK, limit_s=LIMIT_S)
        made.result()
    expected, found = (compared(workspace.folder / "results/quick") for workspace in (here, on_cluster))
    assert {name.split("/")[0] for name in expected} >= {"models", "metrics", "tables", "figures", "predictions"}
    assert found.keys() == expected.keys()
    assert [name for name, content in expected.items() if found[name] != content] == []
    assert max(job.gpus for job in cluster.jobs()) == 1
