"""Which listeners count."""

import pytest
from support.listening import STIMULI, TEST, changed, simulated

from rnn_audio.listening.plan import trials
from rnn_audio.listening.results import Listener
from rnn_audio.listening.screening import Verdict, screen

TEST_ID = STIMULI["test_id"]
WITH_ANCHORS = changed(anchors=["tanh", "low_pass_3500", "low_pass_7000"])
MEANS = {"none": 60, "highpass": 70, "a_weighting": 80, "tanh": 5, "low_pass_3500": 30, "low_pass_7000": 55}


def with_references(*scores: int) -> Listener:
    """A listener who gives the hidden reference these scores in the first trials."""
    (listener,) = simulated(1).values()
    for trial, score in zip(trials(TEST), scores, strict=False):
        listener.scores[trial.name]["reference"] = score
    return listener


def verdict_of(listener: Listener, test=TEST) -> Verdict:  # noqa: ANN001
    return screen({**simulated(9, test, MEANS, seed=3), "own": listener}, test, TEST_ID)["own"]


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ((100,), ""),
        ((89,), ""),  # one of eight trials is 12.5 %
        ((90, 90, 90, 90), ""),
        ((89, 89), "hidden reference below 90 in 2 of 8 trials"),
        ((0, 100, 50, 20), "hidden reference below 90 in 3 of 8 trials"),
    ],
)
def test_a_reference_below_90_in_more_than_15_percent_of_the_trials_excludes(
    scores: tuple[int, ...], reason: str
) -> None:
    assert verdict_of(with_references(*scores)).reason == reason


def test_missing_scores_exclude_whatever_the_others_are() -> None:
    listener = with_references(100)
    del listener.scores["clip_4_size_64"]
    del listener.scores["clip_1_size_32"]["none"]
    verdict = verdict_of(listener)
    assert (verdict.missing, verdict.reason) == (6, "6 scores are missing")


@pytest.mark.parametrize("tests", [{"amplifier_listening-11111111"}, {TEST_ID, "amplifier_listening-1"}, set()])
def test_scores_of_other_sounds_exclude(tests: set[str]) -> None:
    listener = with_references(100)
    listener.tests = tests
    assert verdict_of(listener).reason == "heard other sounds than those of this run"


@pytest.mark.parametrize(("high", "reason"), [(1, ""), (2, "7 kHz anchor above 90 in 2 of 8 trials")])
def test_a_7_khz_anchor_above_90_excludes_where_the_test_has_one(high: int, reason: str) -> None:
    (listener,) = simulated(1, WITH_ANCHORS, MEANS).values()
    for trial in trials(WITH_ANCHORS)[:high]:
        listener.scores[trial.name]["low_pass_7000"] = 91
    assert verdict_of(listener, WITH_ANCHORS).reason == reason
    assert verdict_of(listener, WITH_ANCHORS).high_anchors == high
    assert verdict_of(with_references(100)).high_anchors is None


def test_a_clip_in_which_many_do_not_hear_the_anchor_excludes_nobody() -> None:
    listeners = simulated(8, WITH_ANCHORS, MEANS)
    for number, listener in enumerate(listeners.values()):
        for trial in trials(WITH_ANCHORS)[:2]:
            listener.scores[trial.name]["low_pass_7000"] = 95 if number < 3 else 50
    assert {verdict.reason for verdict in screen(listeners, WITH_ANCHORS, TEST_ID).values()} == {""}


def test_an_outlier_is_counted_and_kept() -> None:
    listeners = simulated(9, spread=2)
    listeners["listener-000"].scores["clip_2_size_32"]["tanh"] = 70
    verdict = screen(listeners, TEST, TEST_ID)["listener-000"]
    assert verdict.outliers >= 1
    assert verdict.reason == ""


def test_nobody_is_screened_without_listeners() -> None:
    assert screen({}, TEST, TEST_ID) == {}
