"""Every kind of rule on results made to satisfy it, to violate it, and to leave it open."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.claims import AT_THE_PAPERS_SCALE, MadeResults, Rule, claim

from rnn_audio.reporting.claims.verdicts import Judgement, Verdict, judge

YES, NO, SCALE = Verdict.CONFIRMED, Verdict.NOT_CONFIRMED, Verdict.AT_THIS_SCALE
MSE = "prediction_mse"


@pytest.fixture
def made(tmp_path: Path) -> MadeResults:
    return MadeResults(tmp_path)


def of_seeds(made: MadeResults, **values: Sequence[float]) -> None:
    """Configurations with these prediction MSEs by seed; that of zero output is 1."""
    for name, losses in values.items():
        made.add(name, {MSE: losses})


def judged(made: MadeResults, *rules: Rule, **context: object) -> Judgement:
    return judge(claim(*rules), made.results, {**AT_THE_PAPERS_SCALE, **context})


VALUE = {"kind": "value", "quantity": MSE, "of": ["a"], "at_most": 0.5}
PAIRED = {"kind": "paired", "quantity": MSE, "of": ["a"], "over": ["b"], "at_most": 0.5}
ORDER = {"kind": "order", "quantity": MSE, "of": ["a", "b", "c"]}
BEST = {"kind": "best", "quantity": MSE, "of": ["a"], "over": ["a", "b", "c"]}
COVERS = {"kind": "covers", "quantity": MSE, "of": ["a"], "value": 0.3}
SPREAD = {"kind": "spread", "quantity": MSE, "of": ["a", "b"], "over": ["c", "d"], "at_most": 1}
SCATTER = {"kind": "scatter", "quantity": MSE, "of": ["a"], "at_least": 10}

LOW, MIDDLE, HIGH = [0.1, 0.11, 0.12, 0.13, 0.14], [0.3, 0.31, 0.32, 0.33, 0.34], [0.6, 0.61, 0.62, 0.63, 0.64]
MIXED = [0.1, 0.11, 0.12, 0.13, 0.6]
ZEROS = [0.96, 0.97, 0.98, 0.99, 1.2]


@pytest.mark.parametrize(
    ("rule", "values", "verdict"),
    [
        (VALUE, {"a": LOW}, YES),
        (VALUE, {"a": HIGH}, NO),
        (VALUE, {"a": MIXED}, NO),
        (VALUE, {"a": LOW[:4]}, SCALE),
        (VALUE | {"at_most": 2}, {"a": ZEROS}, SCALE),
        (PAIRED, {"a": LOW, "b": HIGH}, YES),
        (PAIRED, {"a": HIGH, "b": LOW}, NO),
        (PAIRED, {"a": MIXED, "b": HIGH}, NO),
        (PAIRED, {"a": LOW[:1], "b": HIGH[:1]}, SCALE),
        (PAIRED | {"at_most": 2}, {"a": ZEROS, "b": ZEROS}, SCALE),
        (PAIRED, {"a": LOW, "b": ZEROS}, YES),
        (ORDER, {"a": LOW, "b": MIDDLE, "c": HIGH}, YES),
        (ORDER, {"a": HIGH, "b": MIDDLE, "c": LOW}, NO),
        (ORDER, {"a": LOW[:1], "b": MIDDLE[:1], "c": HIGH[:1]}, SCALE),
        (ORDER, {"a": ZEROS, "b": [2.0] * 5, "c": [3.0] * 5}, SCALE),
        (BEST, {"a": LOW, "b": MIDDLE, "c": HIGH}, YES),
        (BEST, {"a": MIDDLE, "b": LOW, "c": HIGH}, NO),
        (BEST, {"a": [0.10, 0.3, 0.3, 0.3, 0.3], "b": [0.11] * 5, "c": HIGH}, NO),
        (BEST, {"a": LOW[:4], "b": MIDDLE[:4], "c": HIGH[:4]}, SCALE),
        (COVERS, {"a": [0.1, 0.2, 0.3, 0.4, 0.5]}, YES),
        (COVERS, {"a": LOW}, NO),
        (COVERS, {"a": [0.1, 0.5]}, SCALE),
        (SPREAD, {"a": LOW, "b": LOW, "c": LOW, "d": HIGH}, YES),
        (SPREAD, {"a": LOW, "b": HIGH, "c": LOW, "d": MIDDLE}, NO),
        (SPREAD, {"a": LOW[:3], "b": LOW[:3], "c": LOW[:3], "d": HIGH[:3]}, SCALE),
        (SCATTER, {"a": LOW}, YES),
        (SCATTER, {"a": [0.5, 0.5, 0.5, 0.5, 0.51]}, NO),
        (SCATTER, {"a": [0.1]}, SCALE),
    ],
)
def test_a_rule_is_met_or_not_or_left_open(
    made: MadeResults, rule: Rule, values: dict[str, list[float]], verdict: Verdict
) -> None:
    of_seeds(made, **values)
    judgement = judged(made, rule)
    assert judgement.verdict is verdict, judgement
    assert judgement.reason.endswith(".")
    assert judgement.ours


def test_the_effect_is_the_median_over_the_seeds_with_its_interval(made: MadeResults) -> None:
    """Of five seeds, the interval of the median is their range."""
    of_seeds(made, a=[0.1, 0.2, 0.3, 0.4, 0.5], b=[1.0, 1.0, 1.0, 1.0, 2.5])
    judgement = judged(made, PAIRED)
    assert (judgement.effect, judgement.low, judgement.high) == pytest.approx((0.2, 0.1, 0.4))
    assert judgement.seeds == 5
    assert "0.200 [0.100, 0.400]" in judgement.ours


def test_the_best_of_the_seeds_are_compared(made: MadeResults) -> None:
    of_seeds(made, a=LOW, b=MIDDLE, c=HIGH)
    assert judged(made, BEST).effect == pytest.approx(0.1 / 0.3)


def test_levels_are_compared_by_their_difference(made: MadeResults) -> None:
    bands = {"target": [50.0, 50.0]}
    for name, energy in (("a", 1.0), ("b", 10.0)):
        errors = {str(seed): [energy, energy] for seed in range(1, 6)}
        made.add(
            name,
            {"test_loss": [0.1] * 5},
            rule="test_loss",
            errors={"bands": {"error_1_2_khz_db": bands | {"errors": errors}}},
        )
    rule = PAIRED | {"quantity": "prediction.error_1_2_khz_db", "at_most": -3}
    judgement = judged(made, rule)
    assert judgement.effect == pytest.approx(-10)
    assert judgement.verdict is YES
    assert "a minus b −10 dB" in judgement.ours


def test_a_share_of_zero_output_is_judged_even_of_networks_that_learned_nothing(made: MadeResults) -> None:
    """A paper may claim just that: a network without teacher forcing collapses."""
    made.add("a", {MSE: [2.0, 2.0, 1.98, 2.0, 2.1]}, zero={MSE: 2.0})
    judgement = judged(made, {"kind": "value", "quantity": MSE, "of": ["a"], "of_zero_output": True, "at_least": 95})
    assert judgement.verdict is YES
    assert judgement.effect == pytest.approx(100)


def test_one_rule_that_is_not_met_decides_against_the_claim(made: MadeResults) -> None:
    of_seeds(made, a=LOW, b=HIGH, c=ZEROS)
    open_rule = PAIRED | {"of": ["c"], "over": ["c"]}
    assert judged(made, VALUE, VALUE | {"of": ["b"]}).verdict is NO
    assert judged(made, VALUE, open_rule).verdict is SCALE
    assert judged(made, open_rule, VALUE | {"of": ["b"]}).verdict is NO


def test_the_reason_names_the_comparison_that_decides(made: MadeResults) -> None:
    of_seeds(made, a=LOW, b=HIGH, c=MIXED)
    against = judged(made, VALUE | {"of": ["a", "b"]})
    assert against.reason == "b: no seed agrees with the rule (sign test, p = 1)."
    assert against.effect == pytest.approx(0.62)
    some = judged(made, VALUE | {"of": ["c"]})
    assert some.reason == "Only 4 of 5 seeds agree with the rule (sign test, p = 0.19)."
    together = judged(made, VALUE, PAIRED)
    both, least_clear = together.reason.split(". ", 1)
    assert both == "Both comparisons agree with the rules"
    assert least_clear == "The least clear: 5 of 5 seeds agree with the rule (sign test, p = 0.031)."


def test_of_many_comparisons_their_number_and_one_that_disagrees_are_told(made: MadeResults) -> None:
    of_seeds(made, a=LOW, b=HIGH, c=LOW, d=LOW, e=LOW)
    judgement = judged(made, VALUE | {"of": list("acdeb")})
    assert judgement.ours.startswith(
        "4 of 5 comparisons agree with the rules. One that does not: Prediction MSE: b 0.620"
    )


def test_a_configuration_that_the_run_lacks_leaves_the_claim_open(made: MadeResults) -> None:
    of_seeds(made, a=LOW)
    judgement = judged(made, VALUE, PAIRED | {"over": ["elsewhere"]})
    assert judgement.verdict is SCALE
    assert judgement.reason == "This run does not train elsewhere."
    assert "a 0.120" in judgement.ours


def test_a_scaled_down_configuration_leaves_the_claim_open_with_its_number(made: MadeResults) -> None:
    of_seeds(made, a=LOW, b=LOW)
    judgement = judged(made, VALUE, scaled_down={"a": "epochs 2 (100)"})
    assert judgement.verdict is SCALE
    assert judgement.reason == "In this run, a does not train as in the paper."
    assert judgement.effect == pytest.approx(0.12)
    assert judged(made, VALUE, scaled_down={"b": "epochs 2 (100)"}).verdict is YES


@pytest.mark.parametrize(("parameters", "verdict"), [((100, 100), YES), ((100, 101), NO)], ids=["as many", "more"])
def test_what_no_training_changes_is_decided_at_any_scale_and_from_one_seed(
    made: MadeResults, parameters: tuple[int, int], verdict: Verdict
) -> None:
    for name, count in zip("ab", parameters, strict=True):
        made.add(name, {"test_loss": [1.0]}, rule="test_loss", parameters=count)
    rule = PAIRED | {"quantity": "parameters", "at_least": 1, "at_most": 1}
    judgement = judged(made, rule, scaled_down={"a": "epochs 2 (100)", "b": "epochs 2 (100)"})
    assert judgement.verdict is verdict
    assert judgement.seeds is None


def test_a_synthetic_sound_cannot_decide_what_needs_recordings(made: MadeResults) -> None:
    of_seeds(made, a=LOW)
    context = {**AT_THE_PAPERS_SCALE, "synthetic": {"a": "amplifier"}}
    judgement = judge(claim(VALUE, needs="recordings"), made.results, context)
    assert judgement.verdict is Verdict.ON_THESE_RECORDINGS
    assert judgement.reason == "The claim is about a recording, and the amplifier of this run is synthetic."
    assert judgement.effect == pytest.approx(0.12)
    assert judge(claim(VALUE, needs="recordings"), made.results, AT_THE_PAPERS_SCALE).verdict is YES
    assert judge(claim(VALUE), made.results, context).verdict is YES


def test_what_needs_listeners_is_left_to_them(made: MadeResults) -> None:
    judgement = judge(claim(needs="listeners"), made.results, AT_THE_PAPERS_SCALE)
    assert judgement.verdict is Verdict.NEEDS_LISTENERS
    assert judgement.ours == ""
    assert math.isnan(judgement.effect)


def listened(made: MadeResults, means: tuple[float, float], listeners: int, verdict: str, p_holm: float) -> None:
    """The analysis of a listening test `heard` of the models `a` and `b`, as none and filtered of the group `size`."""
    scores = dict(zip(("none", "filtered"), ({"mean": mean} for mean in means), strict=True)) if listeners else {}
    comparison = {"first": "none", "second": "filtered", "p_holm": p_holm if listeners else None, "verdict": verdict}
    group = {"comparisons": [comparison], "scores": {"none": None, "filtered": None} | scores}
    made.add("heard", {"test_loss": [1.0]}, rule="test_loss", heard={"counted": listeners, "groups": {"size": group}})
    for name in "ab":
        made.add(name, {"test_loss": [0.1]}, rule="test_loss")


@pytest.mark.parametrize(
    ("means", "listeners", "verdict", "p_holm", "expected"),
    [
        ((70, 80), 14, "significant", 0.01, YES),
        ((80, 70), 14, "significant", 0.01, NO),
        ((70, 71), 14, "not significant", 0.5, NO),
        ((70, 90), 3, "too few listeners", 0.25, Verdict.NEEDS_LISTENERS),
        ((0, 0), 0, "too few listeners", 1.0, Verdict.NEEDS_LISTENERS),
    ],
)
def test_listeners_decide_what_they_heard(
    made: MadeResults, means: tuple[float, float], listeners: int, verdict: str, p_holm: float, expected: Verdict
) -> None:
    listened(made, means, listeners, verdict, p_holm)
    rule = {"kind": "heard", "quantity": "score", "test": "heard", "group": "size", "of": ["a", "b"]}
    judgement = judged(made, rule | {"conditions": ["none", "filtered"]})
    assert judgement.verdict is expected, judgement
    assert judgement.seeds is None
    if not listeners:
        assert judgement.ours == ""
        return
    assert judgement.effect == means[1] - means[0]
    assert judgement.ours == (
        f"Mean score of the listeners: filtered {means[1]}, none {means[0]} of 100, {listeners} listeners "
        "(rule: the first is higher)."
    )


def test_what_was_heard_of_a_stand_in_does_not_decide_a_claim_about_a_recording(made: MadeResults) -> None:
    rule = {"kind": "heard", "quantity": "score", "test": "heard", "group": "size", "of": ["a", "b"]}
    own = claim(rule | {"conditions": ["none", "filtered"]}, needs="recordings")
    context = {**AT_THE_PAPERS_SCALE, "synthetic": {"a": "amplifier", "b": "amplifier"}}
    listened(made, (70, 80), 14, "significant", 0.01)
    assert judge(own, made.results, context).verdict is Verdict.ON_THESE_RECORDINGS
    listened(made, (0, 0), 0, "too few listeners", 1.0)
    judgement = judge(own, made.results, context)
    assert judgement.verdict is Verdict.NEEDS_LISTENERS
    assert judgement.reason == "Nobody has taken part in the listening test yet."


def test_the_sound_of_the_chosen_seed_stands_for_all_seeds(made: MadeResults) -> None:
    metrics = {"chosen_seed": 1, "generation": {"mse": 0.1}, "target": {"samples": 11}}
    made.add("a", {MSE: LOW}, metrics=metrics)
    made.add("b", {MSE: LOW[:1]}, metrics=metrics)
    rule = VALUE | {"quantity": "generation.mse"}
    assert judged(made, rule).verdict is YES
    assert judged(made, rule | {"at_most": 0.01}).verdict is NO
    assert judged(made, rule | {"of": ["b"]}).verdict is SCALE


def test_a_number_that_could_not_be_measured_is_not_as_claimed(made: MadeResults) -> None:
    states = {"seeds": {str(seed): {"generation": {"dominant_frequency_hz": None}} for seed in range(1, 6)}}
    made.add("a", {MSE: LOW}, states=states)
    judgement = judged(made, VALUE | {"quantity": "generation.dominant_frequency_hz"})
    assert judgement.verdict is NO
    assert "a not measured" in judgement.ours
