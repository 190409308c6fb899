"""`snakemake benchmark`: its own target, on tiny settings."""

import pytest
from support.results import FIGURE_SUFFIXES, TABLE_SUFFIXES, read_json, read_rows
from support.workspace import Workspace, tiny_config

METHOD = {"batch_size": 2, "samples": 60, "update_length_samples": 20, "learning_rate": 0.001, "packs": [1]}
BENCHMARK = {
    "rounds": 1,
    "hidden_sizes": [4],
    "methods": {"truncated": METHOD, "device": METHOD | {"pre_emphasis": "none", "warm_up_samples": 5, "packs": [2]}},
    "growth": {"method": "truncated", "hidden_size": 4, "samples": [40], "hidden_sizes": [4], "packs": [1]},
    "workflow_jobs": 60,
}


@pytest.fixture(scope="module")
def benchmarked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace.create(tmp_path_factory.mktemp("benchmark") / "run", tiny_config() | {"benchmark": BENCHMARK})
    run = workspace.snakemake("benchmark", "--cores", "2")
    assert run.status == 0, run.output
    return workspace


def test_the_tables_and_the_figure_are_there(benchmarked: Workspace) -> None:
    folder = benchmarked.results / "benchmark"
    for table in ("training", "growth", "workflow"):
        for suffix in TABLE_SUFFIXES:
            assert (folder / f"{table}.{suffix}").stat().st_size > 0
    for suffix in FIGURE_SUFFIXES:
        assert (folder / f"benchmark.{suffix}").stat().st_size > 0


def test_ours_and_the_reference_were_timed_side_by_side(benchmarked: Workspace) -> None:
    timed = read_rows(benchmarked.results / "benchmark" / "training.csv")
    assert [(row["method"], row["recipe"], row["models"]) for row in timed] == [
        ("truncated", "reference", "1"),
        ("truncated", "ours", "1"),
        ("device", "reference", "1"),
        ("device", "ours", "2"),
    ]
    assert all(float(row["seconds"]) > 0 for row in timed)


def test_the_larger_workflow_has_about_as_many_jobs_as_were_asked_for(benchmarked: Workspace) -> None:
    timed = read_json(benchmarked.results / "benchmark" / "workflow.json")["workflow"]
    _, small, large, start = timed
    assert large["jobs"] > 60 > small["jobs"] > 0
    assert start["jobs"] is None


def test_nothing_was_trained_and_all_does_not_ask_for_it(benchmarked: Workspace) -> None:
    assert not (benchmarked.results / "models").exists()
    assert not any(file.startswith("benchmark/") for file in benchmarked.plan("all").files)
