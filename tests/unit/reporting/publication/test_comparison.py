import pytest

from rnn_audio.records import Record
from rnn_audio.reporting.publication.comparison import (
    ABSENT,
    AGREES,
    DIFFERS,
    IDENTICAL,
    OTHER,
    TOLERANCE,
    agree,
    compare_runs,
)


def record(losses: dict[str, float], *, epochs: int = 100, machine: str = "first") -> Record:
    return {
        "settings": {"epochs": epochs, "select_by": "prediction_mse"},
        "select_by": "prediction_mse",
        "losses": {seed: {"prediction_mse": loss, "training_mse": 2 * loss} for seed, loss in losses.items()},
        "histories": {seed: f"{machine} {seed}" for seed in losses},
    }


PUBLISHED = {"a": record({"1": 1.0, "2": 3.0, "3": 2.0})}


def compared(ours: Record | None, published: Record = PUBLISHED["a"]) -> tuple:
    (row,) = compare_runs({"a": published}, {} if ours is None else {"a": ours})
    return row.verdict, row.ratio


def test_the_same_histories_are_the_same_bytes() -> None:
    assert compared(record({"1": 1.0, "2": 3.0})) == (IDENTICAL, 1.0)


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(1.0, AGREES), (TOLERANCE, AGREES), (1 / TOLERANCE, AGREES), (1.3, DIFFERS), (0.7, DIFFERS)],
)
def test_other_bytes_agree_within_the_tolerance(factor: float, verdict: str) -> None:
    ours = record({"1": factor, "2": 3.0 * factor, "3": 2.0 * factor}, machine="second")
    assert compared(ours) == (verdict, pytest.approx(factor))


def test_models_are_paired_by_seed() -> None:
    """Seeds 1 and 3 alone have the published median 1.5, and ours is twice the published losses of these seeds."""
    assert compared(record({"1": 2.0, "3": 4.0, "9": 0.1}, machine="second")) == (DIFFERS, 2.0)


def test_one_odd_seed_of_three_does_not_decide() -> None:
    assert compared(record({"1": 1.1, "2": 30.0, "3": 2.0}, machine="second")) == (AGREES, pytest.approx(1.1))


def test_other_settings_are_told_and_not_judged() -> None:
    (row,) = compare_runs(PUBLISHED, {"a": record({"1": 50.0}, epochs=20)})
    assert (row.verdict, row.reason, row.ours) == (OTHER, "epochs 20, published 100", 50.0)
    assert agree([row])


def test_no_seed_in_common_cannot_be_compared() -> None:
    (row,) = compare_runs(PUBLISHED, {"a": record({"7": 1.0})})
    assert (row.verdict, row.reason, row.ratio) == (OTHER, "no seed in common", None)


def test_what_a_run_lacks_is_told_with_the_published_median() -> None:
    (row,) = compare_runs(PUBLISHED, {"b": record({"1": 1.0})})
    assert (row.verdict, row.published, row.ours) == (ABSENT, 2.0, None)


def test_one_row_that_differs_is_no_agreement() -> None:
    published = {"a": record({"1": 1.0}), "b": record({"1": 1.0})}
    ours = {"a": record({"1": 1.0}), "b": record({"1": 2.0}, machine="second")}
    assert not agree(compare_runs(published, ours))


def test_zeros_are_compared() -> None:
    zero = record({"1": 0.0})
    assert compared(record({"1": 0.0}, machine="second"), zero) == (AGREES, 1.0)
    assert compared(record({"1": 0.1}, machine="second"), zero)[0] == DIFFERS
