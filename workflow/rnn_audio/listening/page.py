"""A listening test as one page: it opens from disk, needs no server and no network, and gives its results as files.

The mechanics are those of BS.1534-3: one position for all signals, 5 ms fades and no cross-fade at a switch, loops,
only the slider of what plays can be moved, a random order for each listener, and a training first. The player is that
of the page of results.
"""

import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from rnn_audio.listening.instructions import LABELS, instructions, not_real
from rnn_audio.listening.plan import TRAINING, Trial, is_mushra, trials
from rnn_audio.listening.stimuli import Sound
from rnn_audio.records import Record
from rnn_audio.reporting.page.sound import pack, player_script

_SCRIPTS = ("session.js", "wave.js", "trial.js", "page.js")
_KIND = {True: "A MUSHRA test (ITU-R BS.1534-3).", False: "A test after the method of MUSHRA (ITU-R BS.1534-3)."}


def listening_page(
    test: Mapping[str, Any], record: Record, sounds: Mapping[str, Sound], notes: Sequence[str] = ()
) -> str:
    """The page of a test.

    Args:
        test: the test's entry of the configuration.
        record: the record of its stimuli.
        sounds: what `read_sounds` returned.
        notes: why the test is not a real one, such as the scale of the run.
    """
    every = trials(test)
    numbers = {file: number for number, file in enumerate(sounds)}
    content = {
        "id": record["test_id"],
        "rate": record["rate_hz"],
        "training": _trial(TRAINING, every[0], numbers),
        "trials": [_trial(trial.name, trial, numbers) for trial in every],
    }
    told = "".join(f"<p>{html.escape(line)}</p>" for line in instructions(test))
    small = "".join(
        f'<p class="note">{html.escape(line)}</p>'
        for line in [_KIND[is_mushra(test)], *not_real(notes, record["clips"])]
    )
    return Template(_static("page.html")).substitute(
        title=html.escape(test["title"]),
        question=html.escape(test["question"]),
        style=_static("style.css"),
        instructions=told + small,
        labels="".join(f"<li>{label}</li>" for label in LABELS),
        # In a script, "<" could end it or begin a comment.
        test=json.dumps(content).replace("<", "\\u003c"),
        sounds="\n".join(
            f'<script type="text/plain" id="sound-{number}">{pack(sounds[file])}</script>'
            for file, number in numbers.items()
        ),
        player=player_script(),
        script="\n".join(_static(name) for name in _SCRIPTS),
    )


def _trial(name: str, trial: Trial, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {"name": name, "signals": {signal: numbers[file] for signal, file in trial.files.items()}}


def _static(name: str) -> str:
    return (files("rnn_audio.listening") / "static" / name).read_text(encoding="utf-8")
