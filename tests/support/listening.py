"""A small listening test, recordings for it, and simulated listeners with known means. Nobody listened."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.listening.plan import signals, trials
from rnn_audio.listening.results import Listener
from rnn_audio.types import Floats

RATE_HZ = 16_000
NAME = "amplifier_listening"
TEST: dict[str, Any] = {
    "paper": "amplifier",
    "caption": "Scores of the listening test",
    "title": "Models & an amplifier's sound",
    "question": "How accurately does each sound match the reference?",
    "groups": {
        size: {name: f"amplifier_{size}_{name}" for name in ("none", "highpass", "a_weighting")}
        for size in ("32", "64")
    },
    "anchors": ["tanh"],
    "clips": {"count": 4, "seconds": 1.0},
    "results": "listeners/amplifier",
    "published": {"32": {"none": 74, "tanh": 3}},
}
TEST["groups"] = {f"size_{size}": own for size, own in TEST["groups"].items()}
TEST["published"] = {f"size_{size}": own for size, own in TEST["published"].items()}

STIMULI = {"test_id": f"{NAME}-00000000", "clips": [{"seconds": 8.0}] * 4}
"""As much of the record of the stimuli as the analysis reads."""

MEANS = {"none": 60.0, "highpass": 70.0, "a_weighting": 80.0, "tanh": 5.0, "reference": 100.0}


def changed(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any setting)
    """The test with some keys replaced."""
    return copy.deepcopy(TEST) | changes


def tones(seconds: float, rate_hz: int = RATE_HZ) -> tuple[Floats, Floats]:
    """A device's input and output, [N] each: a tone that swells, and the same distorted."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    source = 0.3 * (1.2 + np.sin(2 * np.pi * 0.3 * time_s)) * np.sin(2 * np.pi * 110 * time_s)
    return source, 0.5 * np.tanh(4 * source)


def outputs(target: Floats, test: Mapping[str, Any] = TEST) -> dict[str, Floats]:
    """Outputs of the models that a test compares, each with some error, which is larger without a filter."""
    noise = target.std() * np.random.default_rng(4).standard_normal(len(target))
    error = {"none": 0.05, "highpass": 0.03, "a_weighting": 0.01}
    return {
        configuration: target + error[condition] * noise
        for own in test["groups"].values()
        for condition, configuration in own.items()
    }


def simulated(
    count: int, test: Mapping[str, Any] = TEST, means: Mapping[str, float] = MEANS, seed: int = 1, spread: float = 6.0
) -> dict[str, Listener]:
    """Listeners with a bias of their own and noise in each score; the hidden reference always gets 100."""
    random = np.random.default_rng(seed)
    listeners = {}
    for number in range(count):
        bias = random.normal(0, spread / 2)
        scores = {
            trial.name: {
                signal: 100
                if signal == "reference"
                else int(np.clip(round(means[signal] + bias + random.normal(0, spread)), 0, 100))
                for signal in signals(test)
            }
            for trial in trials(test)
        }
        listeners[f"listener-{number:03d}"] = Listener(scores, {STIMULI["test_id"]})
    return listeners


def write_csv(path: Path, listeners: Mapping[str, Listener], *, pymushra: bool = False) -> None:
    """The scores as webMUSHRA or pymushra writes them; the two order and name their columns differently."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if pymushra:
        header = "wm_id;responses_stimulus;responses_score;wm_type;responses_time;questionaire_uuid;wm_testId;wm_date"
        row = "{trial};{signal};{score};mushra;5542;{listener};{test};2026-11-26"
    else:
        header = "session_test_id,age,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,rating_comment"
        row = '{test},"30, or so",{listener},{trial},{signal},{score},5542,'
    lines = [
        row.format(test=next(iter(own.tests)), listener=name, trial=trial, signal=signal, score=score)
        for name, own in listeners.items()
        for trial, scores in own.scores.items()
        for signal, score in scores.items()
    ]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
