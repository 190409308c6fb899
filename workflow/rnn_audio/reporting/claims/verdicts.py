"""The verdict on a claim: never better than its evidence.

What stands against a decision comes in this order: nobody listened; a configuration is not in this run; a sound only
stands in for a recording; the run is scaled down; the networks have learned nothing; there are too few seeds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rnn_audio.configuration.claims import LISTENERS, OWN_QUANTITIES, RECORDINGS, configurations_of
from rnn_audio.configuration.words import capitalised
from rnn_audio.reporting.claims.evidence import Results
from rnn_audio.reporting.claims.reader import listed, write
from rnn_audio.reporting.claims.rules import LISTENERS as HEARD
from rnn_audio.reporting.claims.rules import SIGN_TEST, Part, evaluate
from rnn_audio.reporting.tables.rows import MISSING
from rnn_audio.types import Settings

SIGNIFICANCE = 0.05
"""A claim is confirmed below this probability."""

_MOST_PARTS, _MOST_NAMES = 4, 3  # that are written out


_NO_PART = Part("", "", "", "", MISSING, MISSING, MISSING, 0, (), 1.0, 1.0)


class Verdict(StrEnum):
    """What a run says about a claim."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not confirmed"
    AT_THIS_SCALE = "undecided at this scale"
    ON_THESE_RECORDINGS = "undecided on these recordings"
    NEEDS_LISTENERS = "needs listeners"


@dataclass(frozen=True)
class Judgement:
    """A claim with what a run says about it.

    Attributes:
        ours: the numbers of this run, in words.
        effect: the number of the part that decides.
        low: lower end of its interval over the seeds; NaN without one.
        high: upper end.
        seeds: number of seeds; None if no training changes the numbers, or there are none.
        verdict: the verdict.
        reason: why, in one sentence.
    """

    ours: str
    effect: float
    low: float
    high: float
    seeds: int | None
    verdict: Verdict
    reason: str


def judge(claim: Settings, results: Mapping[str, Results], context: Settings) -> Judgement:
    """The verdict on one claim.

    Args:
        claim: its rules and what it needs.
        results: those of the configurations of this run.
        context: what limits the verdicts: `configuration.claims_of_run.claims_context`.

    Raises:
        InputError: a configuration does not have the quantity of a rule.
    """
    if claim.get("needs") == LISTENERS:
        reason = "Only people who listen can decide this, and this run has no listening test."
        return Judgement("", MISSING, MISSING, MISSING, None, Verdict.NEEDS_LISTENERS, reason)
    names = configurations_of(*claim["rules"])
    missing = [name for name in names if name not in results]
    complete = [rule for rule in claim["rules"] if not set(configurations_of(rule)) & set(missing)]
    parts = [part for rule in complete for part in evaluate(rule, results)]
    limit = _unheard(parts) or _limit(claim, names, missing, context)
    if limit is None:
        part, verdict, reason = _decided(parts)
    else:
        verdict, reason = limit
        part = next((each for each in parts if not each.agrees), parts[0] if parts else _NO_PART)
    seeds = None if part.test == HEARD else part.seeds or None
    return Judgement(_ours(parts), part.effect, part.low, part.high, seeds, verdict, reason)


def _decided(parts: Sequence[Part]) -> tuple[Part, Verdict, str]:
    """What the parts decide together, and by which one: one that speaks against the claim, or leaves it open, or else
    the least clear of those that speak for it."""
    for wanted in (Verdict.NOT_CONFIRMED, Verdict.AT_THIS_SCALE):
        for part in parts:
            verdict, reason = _of_part(part)
            if verdict is wanted:
                is_of_part = len(parts) > 1 and verdict is Verdict.NOT_CONFIRMED
                return part, verdict, f"{part.subject}: {reason[0].lower()}{reason[1:]}" if is_of_part else reason
    part = max(parts, key=lambda each: each.p_value)
    verdict, reason = _of_part(part)
    if len(parts) > 1:
        count = "Both" if len(parts) == 2 else f"All {len(parts)}"
        least_clear = f" The least clear: {reason[0].lower()}{reason[1:]}" if part.seeds else ""
        reason = f"{count} comparisons agree with the rules.{least_clear}"
    return part, verdict, reason


def _unheard(parts: Sequence[Part]) -> tuple[Verdict, str] | None:
    """Whether a listening test has too few listeners to decide; this comes first, for nothing else can replace them."""
    for part in parts:
        if part.test == HEARD and part.least_p >= SIGNIFICANCE:
            if part.seeds == 0:
                return Verdict.NEEDS_LISTENERS, "Nobody has taken part in the listening test yet."
            return Verdict.NEEDS_LISTENERS, f"Too few listeners to rule out chance: {part.seeds}."
    return None


def _limit(
    claim: Settings, names: Sequence[str], missing: Sequence[str], context: Settings
) -> tuple[Verdict, str] | None:
    """What keeps this run from deciding the claim, whatever its numbers are."""
    if missing:
        return Verdict.AT_THIS_SCALE, f"This run does not train {listed(missing)}."
    stand_ins = list(dict.fromkeys(context["synthetic"][name] for name in names if name in context["synthetic"]))
    if claim.get("needs") == RECORDINGS and stand_ins:
        what = f"the {listed(stand_ins)} of this run {'is' if len(stand_ins) == 1 else 'are'} synthetic"
        return Verdict.ON_THESE_RECORDINGS, f"The claim is about a recording, and {what}."
    scaled = [rule for rule in claim["rules"] if _depends_on_scale(rule["quantity"])]
    reduced = [name for name in configurations_of(*scaled) if name in context["scaled_down"]]
    if reduced:
        several = len(reduced) > _MOST_NAMES
        what = f"{len(reduced)} of the claim's configurations" if several else listed(reduced)
        verb = "does" if len(reduced) == 1 else "do"
        return Verdict.AT_THIS_SCALE, f"In this run, {what} {verb} not train as in the paper."
    return None


def _depends_on_scale(quantity: str) -> bool:
    return quantity not in OWN_QUANTITIES or OWN_QUANTITIES[quantity].scaled


def _of_part(part: Part) -> tuple[Verdict, str]:
    if part.near_zero:
        reason = "All networks concerned are within 5 % of an output of zeros, or worse: they have learned nothing."
        return Verdict.AT_THIS_SCALE, reason
    if part.least_p >= SIGNIFICANCE:
        seeds = "One seed was" if part.seeds == 1 else f"{part.seeds} seeds were"
        return Verdict.AT_THIS_SCALE, f"{seeds} trained: too few to rule out chance."
    if part.p_value < SIGNIFICANCE:
        return Verdict.CONFIRMED, _confirmed(part)
    return Verdict.NOT_CONFIRMED, _not_confirmed(part)


def _confirmed(part: Part) -> str:
    if part.seeds == 0:
        return "The number agrees with the rule."
    if part.test == SIGN_TEST:
        return f"{sum(part.met)} of {len(part.met)} seeds agree with the rule{_probability(part)}."
    if part.test == HEARD:
        return f"The listeners agree with the rule{_probability(part)}."
    if part.one_sound:
        return f"The sound of the best of {part.seeds} seeds agrees with the rule."
    return f"The {part.seeds} seeds agree with the rule{_probability(part)}."


def _not_confirmed(part: Part) -> str:
    if part.seeds == 0:
        return f"It is {part.number}, and the rule says {part.rule}."
    if part.test == SIGN_TEST:
        agree = "No seed agrees" if not any(part.met) else f"Only {sum(part.met)} of {len(part.met)} seeds agree"
        return f"{agree} with the rule{_probability(part)}."
    if part.test == HEARD:
        return f"The listeners do not agree with the rule{_probability(part)}."
    if part.one_sound:
        return f"The sound of the best of {part.seeds} seeds does not agree with the rule."
    if part.agrees:
        return f"The {part.seeds} seeds agree with the rule, but chance could explain that{_probability(part)}."
    return f"The {part.seeds} seeds do not agree with the rule{_probability(part)}."


def _probability(part: Part) -> str:
    return f" ({part.test}, p = {part.p_value:.2g})" if part.test else ""


def _ours(parts: Sequence[Part]) -> str:
    """The numbers of all parts, a sentence for each quantity; of many, how many agree and the first that does not."""
    if parts and all(math.isnan(part.effect) for part in parts):
        return "" if parts[0].test == HEARD else _sentence(parts[:1])
    if len(parts) > _MOST_PARTS:
        others = [part for part in parts if not part.agrees]
        count = f"{len(parts) - len(others)} of {len(parts)} comparisons agree with the rules."
        shown = f"One that does not: {_sentence(others[:1])}" if others else f"One of them: {_sentence(parts[:1])}"
        return f"{count} {shown}"
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.quantity, part.rule), []).append(part)
    return " ".join(_sentence(group) for group in groups.values())


def _sentence(parts: Sequence[Part]) -> str:
    numbers = "; ".join(f"{part.subject} {part.number}{_interval(part)}" for part in parts)
    return f"{capitalised(parts[0].quantity)}: {numbers} (rule: {parts[0].rule})."


def _interval(part: Part) -> str:
    return "" if math.isnan(part.low) or part.test != SIGN_TEST else f" [{write(part.low)}, {write(part.high)}]"
