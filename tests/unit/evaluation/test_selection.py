import copy
import itertools
from typing import Any

import pytest

from rnn_audio.errors import InputError
from rnn_audio.evaluation.selection import select_best


def run(seed: int, prediction: float, generation: float) -> dict[str, Any]:
    return {
        "name": "room",
        "seed": seed,
        "parameters": 449,
        "samples": 512,
        "zero_loss": {"prediction_mse": 0.7, "generation_mse": 0.7},
        "linear_prediction_mse": {"8": 0.6, "32": 0.5},
        "losses": {"prediction_mse": prediction, "generation_mse": generation},
        "measured": {"wall_time_s": 10.0 * seed, "accelerator": "cpu"},
    }


RUNS = [run(1, 0.3, 0.5), run(2, 0.1, 0.9), run(10, 0.2, 0.4)]


@pytest.mark.parametrize(("rule", "seed"), [("prediction_mse", 2), ("generation_mse", 10)])
def test_the_run_with_the_lowest_loss_of_the_rule_is_chosen(rule: str, seed: int) -> None:
    selection = select_best("room", RUNS, rule)
    assert selection["chosen_seed"] == seed
    assert selection["rule"] == rule
    assert selection["configuration"] == "room"


def test_the_order_of_the_runs_makes_no_difference() -> None:
    expected = select_best("room", RUNS, "prediction_mse")
    for runs in itertools.permutations(RUNS):
        selection = select_best("room", runs, "prediction_mse")
        assert selection == expected
        assert list(selection["seeds"]) == ["1", "2", "10"]


def test_among_equals_the_lowest_seed_is_chosen() -> None:
    for runs in itertools.permutations([run(10, 0.1, 0.5), run(9, 0.1, 0.4), run(11, 0.1, 0.3), run(1, 0.2, 0.2)]):
        assert select_best("room", runs, "prediction_mse")["chosen_seed"] == 9


def test_every_seed_keeps_its_losses_and_measurements() -> None:
    seeds = select_best("room", RUNS, "prediction_mse")["seeds"]
    assert seeds["10"] == {
        "losses": {"prediction_mse": 0.2, "generation_mse": 0.4},
        "wall_time_s": 100.0,
        "accelerator": "cpu",
    }


def test_the_seed_that_each_loss_would_have_chosen_is_said() -> None:
    assert select_best("room", RUNS, "prediction_mse")["chosen_seeds"] == {"prediction_mse": 2, "generation_mse": 10}


def test_what_all_runs_share_is_said_once() -> None:
    selection = select_best("room", RUNS, "prediction_mse")
    assert (selection["parameters"], selection["samples"]) == (449, 512)
    assert selection["zero_loss"] == {"prediction_mse": 0.7, "generation_mse": 0.7}
    assert selection["linear_prediction_mse"] == {"8": 0.6, "32": 0.5}


def test_a_single_run_is_the_best() -> None:
    assert select_best("room", [RUNS[0]], "generation_mse")["chosen_seed"] == 1


def test_the_runs_stay_as_they_were() -> None:
    runs = copy.deepcopy(RUNS)
    select_best("room", runs, "prediction_mse")
    assert runs == RUNS


def test_a_loss_that_no_run_states_is_named_with_those_that_they_do() -> None:
    with pytest.raises(InputError, match=r"configuration room.*'test_loss'.*prediction_mse, generation_mse"):
        select_best("room", RUNS, "test_loss")


def test_a_loss_that_one_run_does_not_state_is_named_with_those_that_it_does() -> None:
    incomplete = copy.deepcopy(RUNS)
    del incomplete[1]["losses"]["generation_mse"]
    with pytest.raises(InputError, match=r"configuration room.*'generation_mse'.*prediction_mse"):
        select_best("room", incomplete, "generation_mse")
