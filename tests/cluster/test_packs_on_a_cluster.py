"""Packs on a cluster: one job trains a pack, and the others are submitted when it has ended."""

from pathlib import Path

import pytest
from support.cluster_run import add_profile, make
from support.slurm import Cluster
from support.workspace import Workspace, finished, tiny_config

pytestmark = pytest.mark.cluster


def test_jobs_of_a_pack_wait_for_the_one_that_trains_it(
    cluster: Cluster, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reference, _ = finished(tmp_path_factory.getbasetemp())
    workspace = Workspace.create(tmp_path / "packed", tiny_config() | {"packing": 2})
    add_profile(workspace)
    models = [f"models/{name}/seed-{seed}/model.safetensors" for name in ("steady", "chopped") for seed in (1, 2)]
    make(workspace, *(str((workspace.results / model).relative_to(workspace.folder)) for model in models))
    logs = [path.read_text(encoding="utf-8") for path in workspace.results.glob("logs/train/*/*.log")]
    assert [text.count("trains a pack of 2") for text in sorted(logs)].count(1) == 2
    assert len(logs) == 4
    for model in models:
        assert (workspace.results / model).read_bytes() == (reference.results / model).read_bytes(), model
    assert [path for path in (workspace.results / "checkpoints").rglob("*") if path.is_file()] == []
