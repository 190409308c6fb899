"""Sweeps of a user's own, of a signal and of a device, from the configuration to table and figure."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.format_readers import play_coreaudioml, play_rtneural, play_safetensors
from support.results import FIGURE_SUFFIXES, TABLE_SUFFIXES, read_json, read_rows
from support.small_device import use_device, write_pair
from support.workspace import Config, Plan, Workspace, tiny_config

from rnn_audio.wav import read_wav

SEEDS = (1,)
OTHER_OUTPUTS = (".md", ".tex", ".html", ".png", "history.csv", "run.json")

# `lengths` shows the declared configuration `chopped` and one of its own; `rates` three of its own.
POINTS = {"lengths": ["chopped", "lengths_32"], "rates": ["rates_0_01", "rates_0_001", "rates_0_1"]}
EXPORTED = "rates_0_1"
JSON_FILES = (".nam", ".aida-x.json", ".coreaudioml.json")


def swept_config() -> Config:
    config = tiny_config()
    paper = next(iter(config["papers"]))
    config["configurations"] = {"chopped": config["configurations"]["chopped"]}
    config["tables"], config["figures"], config["seeds"] = {}, {}, list(SEEDS)
    use_device(config)
    config["sweeps"] = {
        "lengths": {
            "paper": paper,
            "caption": "Update lengths of a sine",
            "configuration": dict(config["configurations"]["chopped"]),
            "vary": "update_length_samples",
            "values": [16, 32],
            "quantities": ["prediction_mse", "generation.effective_length_samples"],
        },
        "rates": {
            "paper": paper,
            "caption": "Learning rates of an amplifier",
            "configuration": {"preset": "amplifier"},
            "vary": "learning_rate",
            "values": [0.01, 0.001, 0.1],
            "quantities": ["test_loss", "validation_loss"],
        },
    }
    return config


def create(folder: Path) -> Workspace:
    workspace = Workspace.create(folder, swept_config())
    write_pair(folder)
    return workspace


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Both sweeps, run by their targets, and the exports of one model. Tests only read in it."""
    workspace = create(tmp_path_factory.mktemp("sweeps") / "workspace")
    workspace.make("sweep_lengths", "sweep_rates", f"results/exports/{EXPORTED}")
    return workspace


@pytest.fixture
def done(finished: Workspace, tmp_path: Path) -> Workspace:
    return finished.copy_to(tmp_path / "done")


def artefacts(*sweeps: str) -> set[str]:
    tables = {f"tables/{sweep}.{suffix}" for sweep in sweeps for suffix in TABLE_SUFFIXES}
    return tables | {f"figures/{sweep}.{suffix}" for sweep in sweeps for suffix in FIGURE_SUFFIXES}


def jobs_of(*configurations: str) -> set[str]:
    """One file of each job that makes models, sounds and metrics."""
    folders = {f"models/{name}/seed-{seed}/model.safetensors" for name in configurations for seed in SEEDS}
    behind = {f"models/{name}/selection.json" for name in configurations}
    return folders | behind | {f"metrics/{name}.json" for name in configurations}


def jobs(plan: Plan) -> set[str]:
    files = {file for file in plan.files if not file.endswith(OTHER_OUTPUTS)}
    return {file for file in files if file.split("/")[0] in ("models", "metrics", "tables", "figures")}


def rows_of(workspace: Workspace, sweep: str) -> list[dict[str, str]]:
    return read_rows(workspace.results / f"tables/{sweep}.csv")


def read_losses(workspace: Workspace, configuration: str, loss: str) -> list[float]:
    runs = [workspace.results / f"models/{configuration}/seed-{seed}/run.json" for seed in SEEDS]
    return [read_json(path)["losses"][loss] for path in runs]


@pytest.mark.parametrize("sweep", POINTS)
def test_a_sweep_is_a_target_and_plans_its_own_configurations_alone(tmp_path: Path, sweep: str) -> None:
    plan = create(tmp_path / "fresh").plan(f"sweep_{sweep}")
    assert jobs(plan) == jobs_of(*POINTS[sweep]) | {f"tables/{sweep}.csv", f"figures/{sweep}.svg"}
    trained = {file.split("/")[1] for file in plan.made_by("train")}
    assert trained == set(POINTS[sweep])


@pytest.mark.parametrize("sweep", POINTS)
def test_a_table_has_a_row_for_each_value_in_every_form(finished: Workspace, sweep: str) -> None:
    declared = finished.read_config()["sweeps"][sweep]
    rows = rows_of(finished, sweep)
    assert [row["configuration"] for row in rows] == POINTS[sweep]
    assert [float(row[declared["vary"]]) for row in rows] == declared["values"]
    for suffix in TABLE_SUFFIXES[1:]:
        assert declared["caption"] in (finished.results / f"tables/{sweep}.{suffix}").read_text(encoding="utf-8")


@pytest.mark.parametrize(("sweep", "loss"), [("lengths", "prediction_mse"), ("rates", "test_loss")])
def test_a_table_states_the_losses_of_the_runs(finished: Workspace, sweep: str, loss: str) -> None:
    for row in rows_of(finished, sweep):
        losses = read_losses(finished, row["configuration"], loss)
        assert float(row[f"best_{loss}"]) == pytest.approx(min(losses))
        assert float(row[f"mean_{loss}"]) == pytest.approx(sum(losses) / len(losses))
        assert float(row[f"zero_baseline_{loss}"]) > 0


def test_a_claim_reads_the_sweeps_and_trains_nothing(done: Workspace) -> None:
    of_all = {"quantity": "prediction_mse", "of": "lengths", "at_least": 0}
    rules = [
        of_all | {"kind": "value"},
        of_all | {"kind": "value", "quantity": "generation.effective_length_samples"},
        {"kind": "best", "quantity": "test_loss", "of": "rates_0_01", "over": "rates"},
    ]
    mine = {"statement": "a < b & {c}", "paper": next(iter(done.read_config()["papers"])), "rules": rules}
    done.edit_config(lambda config: config.update(claims={"mine": mine}))
    assert done.plan("claims").files == {"claims.csv", "claims.md", "claims.html"}
    done.make("claims")
    (row,) = read_rows(done.results / "claims.csv")
    assert row["statement"] == mine["statement"]
    assert (row["verdict"], row["seeds"]) == ("undecided at this scale", "1")
    assert row["configurations"].split() == [*POINTS["lengths"], *POINTS["rates"]]
    assert "a &lt; b &amp; {c}" in (done.results / "claims.html").read_text(encoding="utf-8")


def test_the_value_is_what_was_trained_with(finished: Workspace) -> None:
    for row in rows_of(finished, "rates"):
        run = finished.results / f"models/{row['configuration']}/seed-1/run.json"
        settings = read_json(run)["configuration"]
        assert settings["learning_rate"] == float(row["learning_rate"])


def test_an_export_plays_as_the_workflow_played_its_model(finished: Workspace) -> None:
    folder = finished.results / "exports" / EXPORTED
    source, rate_hz = read_wav(finished.results / "devices/amplifier/test/input.wav")
    played, _ = read_wav(finished.results / f"predictions/{EXPORTED}.wav")
    sound = source[:2000].astype(float)
    files = {suffix: json.loads((folder / f"{EXPORTED}{suffix}").read_text(encoding="utf-8")) for suffix in JSON_FILES}
    outputs = [
        play_safetensors(folder / f"{EXPORTED}.safetensors", sound),
        play_rtneural(files[".aida-x.json"], sound),
        play_coreaudioml(files[".coreaudioml.json"], sound),
    ]
    for output in outputs:
        assert np.sum(np.square(output - played[:2000])) < 1e-9 * np.sum(np.square(output))
    metadata = files[".nam"]["metadata"]["rnn_audio"]
    target, _ = read_wav(finished.results / "devices/amplifier/test/target.wav")
    error = np.sum(np.square(target - played, dtype=float)) / np.sum(np.square(target, dtype=float))
    assert metadata["esr"] == pytest.approx(error, rel=1e-4)
    assert metadata["recordings"] == "recording input.wav and target.wav"
    assert metadata["training"]["learning_rate"] == 0.1
    assert f"{rate_hz} Hz" in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("sweep", POINTS)
def test_a_figure_has_both_forms(finished: Workspace, sweep: str) -> None:
    assert "</svg>" in (finished.results / f"figures/{sweep}.svg").read_text(encoding="utf-8")
    assert (finished.results / f"figures/{sweep}.png").read_bytes().startswith(b"\x89PNG")


def test_a_further_value_trains_the_new_configuration_alone(done: Workspace) -> None:
    assert not done.plan("sweep_lengths", "sweep_rates").files
    done.edit_config(lambda config: config["sweeps"]["lengths"]["values"].append(8))
    plan = done.plan("sweep_lengths", "sweep_rates")
    assert jobs(plan) == jobs_of("lengths_8") | {"tables/lengths.csv", "figures/lengths.svg"}


def test_a_dropped_value_trains_nothing(done: Workspace) -> None:
    done.edit_config(lambda config: config["sweeps"]["rates"]["values"].remove(0.01))
    assert done.plan("sweep_lengths", "sweep_rates").files == artefacts("rates")
    done.edit_config(lambda config: config["sweeps"]["rates"]["values"].remove(0.1))
    assert not done.plan("sweep_lengths", "sweep_rates").files  # one value is no comparison


def test_a_changed_base_trains_every_value_again(done: Workspace) -> None:
    done.edit_config(lambda config: config["sweeps"]["rates"]["configuration"].update(hidden_size=3))
    plan = done.plan("sweep_lengths", "sweep_rates")
    assert jobs(plan) == jobs_of(*POINTS["rates"]) | {"tables/rates.csv", "figures/rates.svg"}


def test_a_mistake_is_told_before_anything_is_made(tmp_path: Path) -> None:
    workspace = create(tmp_path / "fresh")
    workspace.edit_config(lambda config: config["sweeps"]["rates"].update(values=[0.01, -1]))
    run = workspace.snakemake("--cores", "2")
    assert run.status != 0
    assert run.output.count("sweeps.rates.values[1]") == 1
    assert "Traceback" not in run.output
    assert not workspace.results.exists()
