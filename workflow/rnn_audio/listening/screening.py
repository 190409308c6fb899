"""Which listeners count: the rules of BS.1534-3 (section 4.1.2), and for each listener what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_audio.configuration.listening import REFERENCE
from rnn_audio.listening.plan import Trial, signals, trials
from rnn_audio.listening.results import Listener

GOOD_ENOUGH = 90
"""The score from which the hidden reference counts as recognised, and above which a low-pass anchor as not."""
TOLERATED = 0.15
"""Share of the trials in which a listener may fail."""

_ANCHOR = "low_pass_7000"
_HARD = 0.25  # share of the listeners who rate the anchor that high: then the clip is hard, not the listeners poor
_FENCE = 1.5  # interquartile ranges


@dataclass(frozen=True)
class Verdict:
    """What was found about one listener.

    Attributes:
        missing: scores that the listener did not give. With any, or of other sounds, nothing else is judged.
        low_references: trials whose hidden reference has less than 90.
        high_anchors: trials whose 7 kHz anchor has more than 90, hard ones left out; None without that anchor.
        outliers: scores beyond 1.5 interquartile ranges from those of all complete listeners; no reason to exclude.
        reason: why the listener does not count; empty for one who does.
    """

    missing: int
    low_references: int
    high_anchors: int | None
    outliers: int
    reason: str


def screen(listeners: Mapping[str, Listener], test: Mapping[str, Any], test_id: str) -> dict[str, Verdict]:
    """Judge every listener.

    Args:
        listeners: by name.
        test: the test's entry of the configuration.
        test_id: the identity of its sounds. Scores of other sounds say nothing about this run's models.
    """
    complete = {name: own for name, own in listeners.items() if not _flaw(own, test, test_id)}
    every = trials(test)
    judged = [trial for trial in every if not _is_hard(trial, complete)] if _ANCHOR in test["anchors"] else None
    outliers = _outliers(complete, test)
    verdicts = {}
    for name, own in listeners.items():
        flaw = _flaw(own, test, test_id)
        if flaw:
            verdicts[name] = Verdict(own.lacks(test), 0, None, 0, flaw)
            continue
        low = sum(own.scores[trial.name][REFERENCE] < GOOD_ENOUGH for trial in every)
        high = None if judged is None else sum(own.scores[each.name][_ANCHOR] > GOOD_ENOUGH for each in judged)
        verdicts[name] = Verdict(0, low, high, outliers[name], _reason(low, high, len(every)))
    return verdicts


def _flaw(listener: Listener, test: Mapping[str, Any], test_id: str) -> str:
    """Why nothing can be learned from a listener's scores; empty if something can."""
    if listener.tests != {test_id}:
        return "heard other sounds than those of this run"
    missing = listener.lacks(test)
    return f"{missing} scores are missing" if missing else ""


def _reason(low: int, high: int | None, of: int) -> str:
    if low > TOLERATED * of:
        return f"hidden reference below {GOOD_ENOUGH} in {low} of {of} trials"
    if high is not None and high > TOLERATED * of:
        return f"7 kHz anchor above {GOOD_ENOUGH} in {high} of {of} trials"
    return ""


def _is_hard(trial: Trial, listeners: Mapping[str, Listener]) -> bool:
    high = [own.scores[trial.name][_ANCHOR] > GOOD_ENOUGH for own in listeners.values()]
    return bool(high) and np.mean(high) > _HARD


def _outliers(listeners: Mapping[str, Listener], test: Mapping[str, Any]) -> dict[str, int]:
    counts = dict.fromkeys(listeners, 0)
    for trial in trials(test) if listeners else []:
        for signal in signals(test):
            scores = {name: own.scores[trial.name][signal] for name, own in listeners.items()}
            low, high = np.quantile(list(scores.values()), [0.25, 0.75])
            reach = _FENCE * (high - low)
            for name, score in scores.items():
                counts[name] += bool(score < low - reach or score > high + reach)
    return counts
