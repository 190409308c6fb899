"""The auxiliary loss from the configuration to its figures, on a short sine."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.results import read_json, read_rows
from support.workspace import Config, Workspace, tiny_config

AUXILIARY = {
    "pretraining_epochs": 2,
    "anchors": 2,
    "segment_samples": 24,
    "hidden_size": 3,
    "first_state": "bridge",
    "second_state": "zeros",
    "cell_state": "main",
    "feed": "true_samples",
    "gradient_into_main": "full",
    "normalise": "per_segment",
}


def config() -> Config:
    """The tiny configuration's `steady` beside a network with an auxiliary loss, and a figure of either kind."""
    tiny = tiny_config()
    paper = next(iter(tiny["papers"]))
    steady = tiny["configurations"]["steady"]
    observations = {
        "paper": paper,
        "kind": "observations",
        "caption": "Reconstruction",
        "labels": {"what": "What"},
        "rows": [{"configuration": "assisted", "quantity": "auxiliary_mse", "labels": {"what": "segments"}}],
    }
    waves = {
        "paper": paper,
        "kind": "waveforms",
        "caption": "A segment and the signal",
        "panels": [
            {"configuration": "assisted", "shows": "reconstruction", "title": "Segment"},
            {"configuration": "assisted", "shows": "prediction", "title": "Signal", "zoom_samples": [0, 40]},
        ],
    }
    curves = {
        "paper": paper,
        "kind": "compared_losses",
        "caption": "Losses with and without",
        "panels": [
            {"configuration": "steady", "group": "Sine", "title": "main network only"},
            {"configuration": "assisted", "group": "Sine", "title": "with auxiliary loss"},
        ],
    }
    return tiny | {
        "configurations": {"steady": steady | {"epochs": 5}, "assisted": steady | {"auxiliary": AUXILIARY}},
        "tables": {"observed": observations},
        "figures": {"figure_a": waves, "figure_b": curves},
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was run. Tests only read in it."""
    workspace = Workspace.create(tmp_path_factory.mktemp("auxiliary") / "workspace", config())
    workspace.make()
    return workspace.results


def test_both_phases_are_in_the_history(results: Path) -> None:
    rows = read_rows(results / "models/assisted/seed-1/history.csv")
    assert [row["phase"] for row in rows] == ["0", "0", "1", "1", "1"]
    assert all(float(row["auxiliary_mse"]) > 0 and float(row["training_mse"]) > 0 for row in rows)


def test_the_first_losses_of_the_main_network_are_those_without_an_auxiliary_loss(results: Path) -> None:
    histories = [read_rows(results / f"models/{name}/seed-2/history.csv") for name in ("steady", "assisted")]
    alone, assisted = (float(history[0]["training_mse"]) for history in histories)
    assert alone == pytest.approx(assisted, rel=1e-6)


def test_a_segment_of_the_signal_is_reconstructed_and_measured(results: Path) -> None:
    reconstruction, _ = soundfile.read(results / "reconstructions/assisted.wav")
    target, rate_hz = soundfile.read(results / "reconstructions/assisted-target.wav")
    signal, _ = soundfile.read(results / "signals/sine/8000.wav")
    measured = read_json(results / "metrics/assisted.json")["reconstruction"]
    first = measured["first_sample"]
    assert rate_hz == 8000
    assert len(reconstruction) == len(target) == measured["segment_samples"] == 24
    assert np.array_equal(target, signal[first : first + 24])
    assert reconstruction[0] == target[0]
    assert measured["mse"] == pytest.approx(np.mean((reconstruction[1:] - target[1:]) ** 2), rel=1e-6)
    assert "reconstruction" not in read_json(results / "metrics/steady.json")


def test_the_table_sets_the_auxiliary_error_beside_predicting_zero(results: Path) -> None:
    (row,) = read_rows(results / "tables/observed.csv")
    runs = [read_json(results / f"models/assisted/seed-{seed}/run.json")["losses"]["auxiliary_mse"] for seed in (1, 2)]
    assert float(row["mean"]) == pytest.approx(sum(runs) / 2, rel=1e-6)
    measured = read_json(results / "metrics/assisted.json")["reconstruction"]
    assert float(row["zero_baseline_mse"]) == pytest.approx(measured["evaluated_power"], rel=1e-6)


@pytest.mark.parametrize("name", ["figure_a", "figure_b"])
def test_figures_have_both_forms(results: Path, name: str) -> None:
    assert (results / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (results / f"figures/{name}.svg").read_text(encoding="utf-8")
