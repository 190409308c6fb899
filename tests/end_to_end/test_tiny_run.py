from pathlib import Path
from typing import Any

import pytest
import soundfile
from support.results import read_json, read_rows
from support.workspace import Workspace, finished, tiny_config

CONFIG = tiny_config()
RATES_HZ = {"steady": 8000, "chopped": 4000}
SAMPLES = {"steady": 128, "chopped": 64}
RUNS = [(name, seed) for name in CONFIG["configurations"] for seed in CONFIG["seeds"]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tiny configuration was run, in a place that does not tell of it. Tests only read in it."""
    workspace, _ = finished(tmp_path_factory.getbasetemp())
    return workspace.copy_to(tmp_path_factory.mktemp("tiny") / "workspace").folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Path:
    return Workspace(folder).results


def read_run(results: Path, name: str, seed: int) -> dict[str, Any]:
    return read_json(results / f"models/{name}/seed-{seed}/run.json")


@pytest.mark.parametrize("name", CONFIG["tables"])
def test_table_has_every_form_and_every_row(results: Path, name: str) -> None:
    declared = CONFIG["tables"][name]
    rows = read_rows(results / f"tables/{name}.csv")
    assert [row["configuration"] for row in rows] == [row["configuration"] for row in declared["rows"]]
    for suffix in ("md", "tex", "html"):
        text = (results / f"tables/{name}.{suffix}").read_text(encoding="utf-8")
        assert declared["caption"] in text
        assert [row["labels"]["method"] for row in declared["rows"] if row["labels"]["method"] not in text] == []


def test_table_states_the_chosen_losses_and_the_published_ones(results: Path) -> None:
    rows = {row["configuration"]: row for row in read_rows(results / "tables/losses.csv")}
    for name, row in rows.items():
        losses = [read_run(results, name, seed)["losses"]["prediction_mse"] for seed in CONFIG["seeds"]]
        assert float(row["best_mse"]) == pytest.approx(min(losses), rel=1e-6)
        assert float(row["mean_mse"]) == pytest.approx(sum(losses) / len(losses), rel=1e-6)
    assert float(rows["steady"]["paper_mse"]) == 0.5
    assert rows["chopped"]["paper_mse"] == ""


@pytest.mark.parametrize("name", CONFIG["figures"])
def test_figure_has_both_forms(results: Path, name: str) -> None:
    svg = (results / f"figures/{name}.svg").read_text(encoding="utf-8")
    assert svg.rstrip().endswith("</svg>")
    assert svg.count("<path") > 10
    png = (results / f"figures/{name}.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(png) > 10_000


@pytest.mark.parametrize("sound", ["predictions", "generations"])
@pytest.mark.parametrize("name", CONFIG["configurations"])
def test_sound_has_its_rate_and_length(results: Path, name: str, sound: str) -> None:
    samples, rate_hz = soundfile.read(results / sound / f"{name}.wav")
    assert rate_hz == RATES_HZ[name]
    # A prediction of n samples has n - 1: each from the one before. A generation's first one is its seed.
    assert samples.ndim == 1
    assert SAMPLES[name] - 1 <= len(samples) <= SAMPLES[name]
    assert samples.any()


@pytest.mark.parametrize(("name", "seed"), RUNS)
def test_run_records_what_was_trained(results: Path, name: str, seed: int) -> None:
    run = read_run(results, name, seed)
    assert (run["name"], run["seed"]) == (name, seed)
    assert (run["rate_hz"], run["samples"]) == (RATES_HZ[name], SAMPLES[name])
    asked = {key: value for key, value in CONFIG["configurations"][name].items() if key != "preset"}
    assert run["configuration"] | asked == run["configuration"]
    assert {"prediction_mse", "generation_mse", "training_mse"} <= run["losses"].keys()
    assert {"torch", "numpy", "snakemake"} <= run["versions"].keys()
    assert run["measured"]["accelerator"] == "cpu"
    assert run["measured"]["wall_time_s"] > 0
    assert run["measured"]["peak_memory_mib"] > 0
    assert "source_revision" in run


@pytest.mark.parametrize(("name", "seed"), RUNS)
def test_history_has_every_epoch(results: Path, name: str, seed: int) -> None:
    rows = read_rows(results / f"models/{name}/seed-{seed}/history.csv")
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    assert float(rows[-1]["training_mse"]) == read_run(results, name, seed)["losses"]["training_mse"]


def test_seeds_differ(results: Path) -> None:
    models = {(results / f"models/{name}/seed-{seed}/model.safetensors").read_bytes() for name, seed in RUNS}
    assert len(models) == len(RUNS)


@pytest.mark.parametrize("name", CONFIG["configurations"])
def test_selection_keeps_every_seed_and_chooses_the_lowest_loss(results: Path, name: str) -> None:
    selection = read_json(results / f"models/{name}/selection.json")
    runs = {seed: read_run(results, name, seed) for seed in CONFIG["seeds"]}
    assert {seed: entry["losses"] for seed, entry in selection["seeds"].items()} == {
        str(seed): run["losses"] for seed, run in runs.items()
    }
    assert selection["chosen_seed"] == min(runs, key=lambda seed: runs[seed]["losses"]["prediction_mse"])


def test_no_checkpoint_is_left(results: Path) -> None:
    assert [path for path in results.rglob("checkpoints/**/*") if path.is_file()] == []


def test_no_half_written_file_is_left(results: Path) -> None:
    assert list(results.rglob("*.partial")) == []


def test_every_job_has_its_log(folder: Path) -> None:
    logs = folder / CONFIG["pathvars"]["logs"]
    assert all((logs / f"train/{name}/seed-{seed}.log").stat().st_size for name, seed in RUNS)
    assert all((logs / f"table/{name}.log").is_file() for name in CONFIG["tables"])


def test_no_result_names_a_folder_of_this_machine(
    folder: Path, results: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, _ = finished(tmp_path_factory.getbasetemp())
    folders = [str(path).encode() for path in (folder, first.folder, Path.home()) if len(path.parts) > 1]
    read = [path for path in results.rglob("*") if path.is_file() and "logs" not in path.parts]
    assert {path.suffix for path in read} >= {".safetensors", ".json", ".csv", ".md", ".tex", ".html", ".svg", ".wav"}
    assert [path for path in read if any(name in path.read_bytes() for name in folders)] == []


def test_second_run_elsewhere_gives_the_same_bytes(results: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "a folder of another name", CONFIG)
    workspace.make()
    compared = {"model.safetensors", "history.csv"}
    same = {
        path.relative_to(results): path.read_bytes() == (workspace.results / path.relative_to(results)).read_bytes()
        for path in results.rglob("*")
        if path.name in compared or path.suffix in {".wav", ".svg", ".png"}
    }
    assert len(same) == 8 + 3 + 4 + 4, "models and histories, signals, sounds, figures"
    assert [path for path, is_same in same.items() if not is_same] == []
