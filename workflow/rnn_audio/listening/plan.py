"""What a listening test consists of: its trials, the signals of each, and their files (paper B, section 5.2).

A trial plays one clip through the device and through the models of one group. Its signals are the hidden reference, the
group's models, which are the conditions, and the anchors. References and anchors are the same files for all groups.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_audio.configuration.listening import REFERENCE
from rnn_audio.losses.preemphasis import FILTERS

TRAINING = "training"
"""The trial before the test, which is a copy of its first trial; its scores are not used."""

ANCHORS = {"tanh": "tanh", "low_pass_3500": "3.5 kHz low-pass", "low_pass_7000": "7 kHz low-pass"}
"""Anchors and what they are."""


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes:
        name: its name in results, `clip_1_size_32`.
        clip: number of its clip, from 1.
        group: its group of models.
        files: file of each signal, by the signal's name, relative to the folder of the stimuli; the hidden reference
            first, then the conditions, then the anchors.
    """

    name: str
    clip: int
    group: str
    files: Mapping[str, str]


def trials(test: Mapping[str, Any]) -> list[Trial]:
    """The trials of a test that the configuration declares, clip by clip."""
    return [
        Trial(f"{_folder(clip)}_{group}", clip, group, _files(test, clip, group))
        for clip in range(1, test["clips"]["count"] + 1)
        for group in test["groups"]
    ]


def signals(test: Mapping[str, Any]) -> list[str]:
    """Names of the signals of any trial: the hidden reference, the conditions, the anchors."""
    return [REFERENCE, *conditions(test), *test["anchors"]]


def conditions(test: Mapping[str, Any]) -> list[str]:
    """The conditions of any group, which the models are compared by."""
    return list(next(iter(test["groups"].values())))


def words(name: str) -> str:
    """A name of the configuration as it is shown: `size_32` is "size 32"."""
    return name.replace("_", " ")


def signal_words(signal: str) -> str:
    """A trial's signal as it is shown: filters by their names, and what is no model as what it is."""
    if signal == REFERENCE:
        return "hidden reference"
    if signal in ANCHORS:
        return f"{ANCHORS[signal]} (anchor)"
    return FILTERS[signal].words if signal in FILTERS else words(signal)


def is_mushra(test: Mapping[str, Any]) -> bool:
    """Whether the test has both low-pass anchors, without which BS.1534-3 (section 5.1) reserves the name MUSHRA."""
    return {"low_pass_3500", "low_pass_7000"} <= set(test["anchors"])


def _files(test: Mapping[str, Any], clip: int, group: str) -> dict[str, str]:
    named = {REFERENCE: REFERENCE} | {condition: f"{group}_{condition}" for condition in conditions(test)}
    named |= {anchor: anchor for anchor in test["anchors"]}
    return {signal: f"{_folder(clip)}/{stem}.wav" for signal, stem in named.items()}


def _folder(clip: int) -> str:
    return f"clip_{clip}"
