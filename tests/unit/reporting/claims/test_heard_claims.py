"""Claims that listeners decide, on simulated ones."""

import math
from typing import Any

import pytest
from support.claims import claim
from support.listening import MEANS, NAME, STIMULI, TEST, simulated

from rnn_audio.listening.analysis import analyse
from rnn_audio.reporting.claims.verdicts import Judgement, Verdict, judge

CLAIM = claim(needs="listeners", heard={"test": NAME, "rising": ["none", "highpass", "a_weighting"]})
MODELS = [name for own in TEST["groups"].values() for name in own.values()]
CONTEXT = {"scaled_down": {}, "synthetic": {}, "compared": {NAME: MODELS}}


def judged(count: int, stimuli: dict[str, Any] = STIMULI, means: dict[str, float] = MEANS, **limits: Any) -> Judgement:  # noqa: ANN401
    analysis = analyse(simulated(count, means=means, spread=3), TEST, stimuli)
    return judge(CLAIM, {}, CONTEXT | limits, {NAME: analysis})


def test_scores_that_rise_confirm_the_claim() -> None:
    judgement = judged(14)
    assert judgement.verdict is Verdict.CONFIRMED
    assert judgement.ours.startswith("Mean scores of 14 listeners for none, highpass, a weighting: size 32 6")
    assert judgement.effect == pytest.approx(10, abs=2)


def test_scores_in_another_order_do_not() -> None:
    judgement = judged(14, means=MEANS | {"highpass": 50.0})
    assert judgement.verdict is Verdict.NOT_CONFIRMED
    assert judgement.reason.startswith("2 of 4 steps")
    assert judgement.effect < 0


@pytest.mark.parametrize("count", [0, 1, 6])
def test_too_few_listeners_decide_nothing(count: int) -> None:
    judgement = judged(count)
    assert judgement.verdict is (Verdict.AT_THIS_SCALE if count else Verdict.NEEDS_LISTENERS)
    assert math.isnan(judgement.effect) == (count == 0)


def test_without_a_test_it_needs_listeners() -> None:
    assert judge(CLAIM, {}, CONTEXT).verdict is Verdict.NEEDS_LISTENERS


@pytest.mark.parametrize(
    ("changes", "verdict", "said"),
    [
        ({"synthetic": {MODELS[0]: "amplifier"}}, Verdict.ON_THESE_RECORDINGS, "the amplifier is synthetic"),
        ({"scaled_down": {MODELS[3]: "epochs"}}, Verdict.AT_THIS_SCALE, "not trained as in the paper"),
        (
            {"stimuli": STIMULI | {"test_id": f"{NAME}-1"}},
            Verdict.AT_THIS_SCALE,
            "14 of 14 listeners heard other",
        ),
    ],
)
def test_a_verdict_is_never_better_than_its_evidence(changes: dict[str, Any], verdict: Verdict, said: str) -> None:
    judgement = judged(14, **changes)
    assert judgement.verdict is verdict
    assert said in judgement.reason
    assert judgement.ours
