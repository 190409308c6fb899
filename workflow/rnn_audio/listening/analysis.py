"""The analysis of a listening test: scores, comparisons, screening and warnings in one record.

Screened listeners are the units. What is compared of a listener is the mean over the clips, within one group of models;
clips are reported one by one, because a test of means does not see that a filter helps with one clip and harms another.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from rnn_audio.evaluation.heard import DECIDED, TOO_FEW, UNDECIDED
from rnn_audio.listening.inference import (
    bootstrap_interval,
    friedman_test,
    holm,
    least_p_value,
    sign_flip_test,
    t_interval,
)
from rnn_audio.listening.plan import conditions, signals, trials
from rnn_audio.listening.results import Listener
from rnn_audio.listening.screening import Verdict, screen
from rnn_audio.listening.warnings import warnings_of
from rnn_audio.records import Record
from rnn_audio.types import Floats

SIGNIFICANT = 0.05
"""Level at which a comparison is decided, after Holm's adjustment."""


def analyse(listeners: Mapping[str, Listener], test: Mapping[str, Any], stimuli: Record) -> Record:
    """Analyse the scores of all listeners.

    Args:
        listeners: what `read_results` returns.
        test: the test's entry of the configuration.
        stimuli: the record of its stimuli, for its identity, and for the warnings.

    Returns:
        `listeners` (how many took part), `counted`, `screening` (each listener's verdict), `warnings`, and of each of
        the `groups`: `scores` by signal, `friedman`, `comparisons` and `clips`. Numbers that too few listeners do not
        have are None.
    """
    verdicts = screen(listeners, test, stimuli["test_id"])
    counted = [name for name, verdict in verdicts.items() if not verdict.reason]
    scores = {name: listeners[name].scores for name in counted}
    return {
        "listeners": len(listeners),
        "counted": len(counted),
        "screening": [_person(name, verdict) for name, verdict in sorted(verdicts.items())],
        "groups": {group: _group(scores, test, group) for group in test["groups"]},
        "warnings": warnings_of(listeners, counted, test, stimuli),
    }


def _person(name: str, verdict: Verdict) -> Record:
    own = {key: getattr(verdict, key) for key in ("missing", "low_references", "high_anchors", "outliers", "reason")}
    return {"listener": name, "counted": not verdict.reason, **own}


def _group(scores: Mapping[str, Mapping[str, Mapping[str, int]]], test: Mapping[str, Any], group: str) -> Record:
    names = [trial.name for trial in trials(test) if trial.group == group]
    # [listeners, clips] for each signal.
    by_signal = {
        signal: np.array([[own[trial][signal] for trial in names] for own in scores.values()], dtype=np.int64).reshape(
            len(scores), len(names)
        )
        for signal in signals(test)
    }
    tested = np.array([by_signal[condition].mean(axis=1) for condition in conditions(test)]).T if scores else None
    friedman = friedman_test(tested) if tested is not None else None
    return {
        "scores": {signal: _summary(own.mean(axis=1)) if scores else None for signal, own in by_signal.items()},
        "friedman": None if friedman is None else {"statistic": friedman[0], "p_value": friedman[1]},
        "comparisons": _comparisons(by_signal, conditions(test)),
        "clips": {
            trial: {
                signal: _spread(own[:, index].astype(float)) if scores else None for signal, own in by_signal.items()
            }
            for index, trial in enumerate(names)
        },
    }


def _summary(values: Floats) -> Record:
    """Of one value per listener."""
    (low, high), (bootstrap_low, bootstrap_high) = (
        interval(values) or (None, None) for interval in (t_interval, bootstrap_interval)
    )
    intervals = {"low": low, "high": high, "bootstrap_low": bootstrap_low, "bootstrap_high": bootstrap_high}
    return _spread(values) | intervals


def _spread(values: Floats) -> Record:
    lower, median, upper = (float(value) for value in np.quantile(values, [0.25, 0.5, 0.75]))
    return {"mean": float(values.mean()), "lower_quartile": lower, "median": median, "upper_quartile": upper}


def _comparisons(by_signal: Mapping[str, np.ndarray], names: Sequence[str]) -> list[Record]:
    """Each pair of conditions: the second minus the first."""
    pairs = list(combinations(names, 2))
    differences = [by_signal[second] - by_signal[first] for first, second in pairs]
    listeners = len(differences[0]) if pairs else 0
    p_values = [sign_flip_test(each.sum(axis=1).tolist()) for each in differences] if listeners else []
    too_few = len(pairs) * least_p_value(listeners) >= SIGNIFICANT
    compared = []
    for index, (first, second) in enumerate(pairs):
        record: Record = {"first": first, "second": second, "difference": None, "low": None, "high": None}
        record |= {"p_value": None, "p_holm": None, "verdict": TOO_FEW}
        if listeners:
            means = differences[index].mean(axis=1)
            low, high = bootstrap_interval(means) or (None, None)
            adjusted = holm(p_values)[index]
            verdict = TOO_FEW if too_few else DECIDED if adjusted < SIGNIFICANT else UNDECIDED
            record |= {"difference": float(means.mean()), "low": low, "high": high, "p_value": p_values[index]}
            record |= {"p_holm": adjusted, "verdict": verdict}
        compared.append(record)
    return compared
