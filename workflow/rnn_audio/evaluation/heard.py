"""What a listening test has decided, read from the record of its analysis, `listening/{test}/analysis.json`.

A claim about scores asks `compare_heard`; the record's keys are explained in `listening/analysis.py`, which writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_audio.errors import InputError

DECIDED, UNDECIDED, TOO_FEW = "significant", "not significant", "too few listeners"
"""Verdicts of a comparison at 5 %. With too few listeners no difference at all could be significant."""


@dataclass(frozen=True)
class Heard:
    """Two conditions, as listeners judged them.

    Attributes:
        listeners: how many counted after the screening.
        first_mean: mean score of the first condition, from 0 to 100; None without listeners.
        second_mean: that of the second.
        p_value: two-sided, exact, adjusted by Holm over the comparisons of the group; None without listeners.
        verdict: `DECIDED`, `UNDECIDED` or `TOO_FEW`. Which of the two is better, the means say.
    """

    listeners: int
    first_mean: float | None
    second_mean: float | None
    p_value: float | None
    verdict: str


def compare_heard(analysis: Mapping[str, Any], group: str, first: str, second: str) -> Heard:
    """How listeners judged two conditions of a group, such as `none` and `a_weighting` of `size_64`, in either order.

    Raises:
        InputError: the test has no such group or conditions.
    """
    found = analysis["groups"].get(group, {"comparisons": ()})
    for own in found["comparisons"]:
        if {own["first"], own["second"]} == {first, second}:
            means = [(found["scores"][condition] or {}).get("mean") for condition in (first, second)]
            return Heard(analysis["counted"], *means, own["p_holm"], own["verdict"])
    raise InputError(
        f"the listening test compares no '{first}' with '{second}' in a group '{group}'; its groups are "
        f"{', '.join(analysis['groups'])}"
    )
