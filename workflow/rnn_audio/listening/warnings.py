"""What a reader of a listening test's scores has to be warned of (BS.1534-3, and what this test lacks)."""

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_audio.listening.plan import conditions, is_mushra, trials
from rnn_audio.listening.results import HIGHEST, Listener
from rnn_audio.records import Record

_USUAL_LISTENERS = 20
_LEAST_CLIPS = 5
_SHORTEST_S = 5.0
_TOP = 80  # where the uppermost fifth of the scale begins


def warnings_of(
    listeners: Mapping[str, Listener], counted: Sequence[str], test: Mapping[str, Any], stimuli: Record
) -> list[str]:
    """Sentences for the notes of tables.

    Args:
        listeners: all who took part, by name.
        counted: those who passed the screening.
        test: the test's entry of the configuration.
        stimuli: the record of its stimuli.
    """
    found = []
    if not listeners:
        found.append(f"No listeners have taken part. Put their CSV files into {test['results']}.")
    elif len(counted) < _USUAL_LISTENERS:
        found.append(f"Usually {_USUAL_LISTENERS} listeners are enough (BS.1534-3); the paper had 14.")
    foreign = sum(own.tests != {stimuli["test_id"]} for own in listeners.values())
    if foreign:
        found.append(
            f"{foreign} of {len(listeners)} listeners heard other sounds than those of this run "
            f"({stimuli['test_id']}), and do not count."
        )
    own = [listeners[name].scores for name in counted]
    if own:
        found += _of_scores(own, test)
    if not is_mushra(test):
        found.append(
            "After the paper, MUSHRA-like: BS.1534-3 asks for anchors low-passed at 3.5 and 7 kHz, which the paper's "
            "test did not have."
        )
    if test["clips"]["count"] < _LEAST_CLIPS:
        found.append(f"{test['clips']['count']} clips; BS.1534-3 asks for at least {_LEAST_CLIPS}.")
    return [*found, *short_clips(stimuli["clips"])]


def short_clips(clips: Sequence[Record]) -> list[str]:
    """A warning if clips are too short to be judged."""
    shortest_s = min(clip["seconds"] for clip in clips)
    if shortest_s >= _SHORTEST_S - 0.05:
        return []
    return [
        f"The clips last {shortest_s:.2g} s, because the test recording is short; they should last {_SHORTEST_S:g} to "
        "12 s. Such a test shows how it works, and decides nothing."
    ]


def _of_scores(own: Sequence[Mapping[str, Mapping[str, int]]], test: Mapping[str, Any]) -> list[str]:
    found = []
    every = [scores[trial.name] for scores in own for trial in trials(test)]
    models = [scores[condition] for scores in every for condition in conditions(test)]
    top = sum(score >= _TOP for score in models) / len(models)
    if top > 0.5:
        found.append(
            f"{100 * top:.0f} % of the models' scores lie between {_TOP} and {HIGHEST}: the test may be too easy on "
            "the models to tell them apart (BS.1534-3)."
        )
    without = sum(max(scores.values()) < HIGHEST for scores in every)
    if without:
        found.append(
            f"In {without} of {len(every)} trials no sound got {HIGHEST}, although one of them is the reference itself."
        )
    return found
