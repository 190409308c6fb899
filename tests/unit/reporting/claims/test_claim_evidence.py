"""The numbers that only claims read, from results with known ones."""

from pathlib import Path

import numpy as np
import pytest
from support.claims import MadeResults

from rnn_audio.errors import InputError
from rnn_audio.reporting.claims.evidence import results_from_files
from rnn_audio.wav import write_wav

RATE_HZ = 8000


@pytest.fixture
def made(tmp_path: Path) -> MadeResults:
    return MadeResults(tmp_path)


def sounds(made: MadeResults, name: str, folder: Path, **samples: np.ndarray) -> None:
    """Sounds of a configuration, by their kind."""
    for kind, own in samples.items():
        made.results[name].files[kind] = [folder / f"{kind}.wav"]
        write_wav(folder / f"{kind}.wav", own, RATE_HZ)


def test_a_late_loss_is_the_geometric_mean_over_the_last_half(made: MadeResults) -> None:
    made.add("a", {"prediction_mse": [1.0, 1.0]}, histories=[[9.0, 9.0, 0.01, 1.0], [9.0, 9.0, 2.0, 8.0]])
    values = made.results["a"].values("late_training_mse")
    assert values.by_seed == pytest.approx({1: 0.1, 2: 4.0})
    assert values.seeds == 2


def test_a_time_is_the_models_share_of_its_job(made: MadeResults) -> None:
    made.add("a", {"prediction_mse": [1.0]}, measured={"wall_time_s": [30.0], "models_at_once": [5]})
    assert made.results["a"].values("wall_time_s").by_seed == {1: 6.0}


def test_the_cost_of_a_choice_is_the_rise_of_the_test_loss(made: MadeResults) -> None:
    made.add("a", {"test_loss": [0.2, 0.1], "validation_loss": [0.3, 0.4]}, rule="test_loss")
    assert made.results["a"].values("choice_cost_percent").by_seed == {1: pytest.approx(100)}


def test_energy_above_10_khz_is_that_of_the_bins_above_it(made: MadeResults) -> None:
    fine = {"frequencies_hz": [5000.0, 9990.0, 10000.0, 15000.0], "target_db": [0.0, None, -10.0, -10.0]}
    made.add("a", {"test_loss": [1.0]}, rule="test_loss", errors={"spectra": {"fine": fine}})
    values = made.results["a"].values("target.above_10_khz_db")
    assert values.by_seed == {0: pytest.approx(10 * np.log10(0.2 / 1.2))}
    assert values.seeds == 0


def test_speeds_are_those_sample_by_sample_and_overheads_per_update(made: MadeResults) -> None:
    speeds = [
        {"how": "blocks", "seconds_per_second": 9.0},
        {"how": "compiled, sample by sample", "seconds_per_second": 0.2},
    ]
    times = {"own_update_s": 0.12, "none_update_s": 0.1}
    made.add("a", {"test_loss": [1.0]}, running_speeds={"speeds": speeds}, training_times=times, rule="test_loss")
    assert made.results["a"].values("running_speed").by_seed == {0: 0.2}
    assert made.results["a"].values("update_overhead_percent").by_seed == {0: pytest.approx(20)}


def test_a_constant_end_is_silent_whatever_its_level(made: MadeResults, tmp_path: Path) -> None:
    signal = np.sin(np.arange(101) * 2 * np.pi / 10)
    made.add("a", {"prediction_mse": [1.0]})
    sounds(made, "a", tmp_path, signals=signal, predictions=np.full(100, 0.5))
    assert made.results["a"].values("prediction.end_level_db").by_seed == {1: -100}
    sounds(made, "a", tmp_path, predictions=signal[1:] / 10 + 3)
    assert made.results["a"].values("prediction.end_level_db").by_seed == {1: pytest.approx(-20, abs=1e-3)}


def test_the_start_of_a_reconstruction_is_compared_with_its_rest_without_the_given_sample(
    made: MadeResults, tmp_path: Path
) -> None:
    made.add("a", {"prediction_mse": [1.0]})
    sounds(made, "a", tmp_path, reconstructions=np.array([9.0, 0.1, -0.6, 0.1, 0.1, 0.2, -0.2, 0.2]))
    assert made.results["a"].values("reconstruction.start_ratio").by_seed == {1: pytest.approx(3.0)}


def test_the_effective_length_of_all_seeds_is_in_shares_of_the_signal(made: MadeResults) -> None:
    states = {"1": {"generation": {"effective_length_samples": {"median": 25.0, "upper_quartile": 90.0}}}}
    made.add("a", {"prediction_mse": [1.0]}, states={"seeds": states}, metrics={"target": {"samples": 101}})
    assert made.results["a"].values("generation.effective_length_percent").by_seed == {1: 25.0}


@pytest.mark.parametrize(
    ("losses", "near"), [([0.94, 0.95, 0.99], False), ([0.90, 0.96, 1.2], True), ([2.0, 2.0, 0.1], True)]
)
def test_a_network_is_near_zero_output_if_its_median_seed_is(
    made: MadeResults, losses: list[float], near: bool
) -> None:
    made.add("a", {"prediction_mse": losses})
    assert made.results["a"].is_near_zero("prediction_mse") is near
    assert made.results["a"].is_near_zero("generation.mse") is near  # by the loss that chooses the seed


def test_an_unknown_quantity_is_told_with_those_that_there_are(made: MadeResults) -> None:
    made.add("a", {"prediction_mse": [1.0]}, metrics={"generation": {}, "chosen_seed": 1})
    with pytest.raises(InputError, match="a has no quantity 'nope'; there are: prediction_mse"):
        made.results["a"].values("nope")
    with pytest.raises(InputError, match=r"a has no quantity 'generation\.nope'"):
        made.results["a"].values("generation.nope")


def test_files_are_sorted_by_configuration_and_kind() -> None:
    kinds = [("selections", "a", 1), ("histories", "a", 2), ("selections", "b", 1)]
    results = results_from_files(["1", "2", "3", "4"], kinds, [7, 8])
    assert results["a"].files == {"selections": [Path("1")], "histories": [Path("2"), Path("3")]}
    assert results["b"].files == {"selections": [Path("4")]}
    assert results["a"].seeds == [7, 8]
