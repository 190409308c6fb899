"""A listening test for webMUSHRA (Schoeffler et al. 2018) and pymushra, which serves webMUSHRA's pages.

Traps of the format, as webMUSHRA's code reads it:

- Its reader of YAML takes `- - random` for something else: the dash of a randomised block stands alone on its line.
- It adds the hidden reference itself, as `reference`; a listed one would be played twice.
- It decodes escapes of double-quoted text wrongly: text is in single quotes, and UTF-8.
- It sends answers without escaping them: names have letters, digits and underscores only, and nothing is asked.
"""

import html
from collections.abc import Mapping
from typing import Any

from rnn_audio.configuration.listening import REFERENCE
from rnn_audio.listening.instructions import instructions
from rnn_audio.listening.plan import TRAINING, Trial, trials

_PAUSE_SAMPLES = 4096
"""Samples that the player computes at a time: fewer switch sooner, but crackle on slow machines."""


def configuration_path(name: str) -> str:
    """Where the test's file lies in webMUSHRA's folder."""
    return f"configs/{name}.yaml"


def sounds_folder(name: str) -> str:
    """Where the test's sounds lie in webMUSHRA's folder."""
    return f"configs/resources/{name}"


def webmushra_configuration(name: str, test: Mapping[str, Any], test_id: str, notes: list[str]) -> str:
    """The test's file for webMUSHRA.

    Args:
        name: the test's name in the configuration, which becomes that of its file and of its sounds' folder.
        test: its entry of the configuration.
        test_id: what its results are stored under.
        notes: what listeners are told in addition to the instructions.
    """
    every = trials(test)
    folder = sounds_folder(name)
    text = "".join(f"<p>{html.escape(line)}</p>" for line in [*instructions(test, slider_starts_at_top=True), *notes])
    lines = [
        f"testname: {_quoted(test['title'])}",
        f"testId: {_quoted(test_id)}",
        f"bufferSize: {_PAUSE_SAMPLES}",
        "stopOnErrors: true",
        "showButtonPreviousPage: false",
        "remoteService: 'service/write.php'",
        "pages:",
        *_page("generic", "welcome", test["title"], text),
        *_page("volume", "volume", "Volume", "<p>Set a comfortable level. Leave it as it is during the test.</p>"),
        f"    stimulus: {_quoted(f'{folder}/{every[0].files[REFERENCE]}')}",
        "    defaultVolume: 0.5",
        *_trial(every[0], folder, TRAINING, "Training", "<p>To get to know the sounds. These scores are not used.</p>"),
        "  -",
        "    - random",
        *(
            f"  {line}"
            for trial in every
            for line in _trial(trial, folder, trial.name, "Trial", f"<p>{html.escape(test['question'])}</p>")
        ),
        "  - type: finish",
        "    name: 'Thank you'",
        "    content: '<p>Send your scores by the button.</p>'",
        "    popupContent: 'Your scores were sent. Thank you.'",
        "    showResults: false",
        "    showErrors: true",
    ]
    return "\n".join(lines) + "\n"


def _page(kind: str, name: str, title: str, content: str) -> list[str]:
    return [
        f"  - type: {kind}",
        f"    id: {name}",
        f"    name: {_quoted(html.escape(title))}",
        f"    content: {_quoted(content)}",
    ]


def _trial(trial: Trial, folder: str, name: str, title: str, content: str) -> list[str]:
    return [
        *_page("mushra", name, title, content),
        "    showWaveform: true",
        "    enableLooping: true",
        "    strict: true",
        "    randomize: true",
        "    showConditionNames: false",
        "    switchBack: false",
        "    createAnchor35: false",
        "    createAnchor70: false",
        f"    reference: {_quoted(f'{folder}/{trial.files[REFERENCE]}')}",
        "    stimuli:",
        *(
            f"      {signal}: {_quoted(f'{folder}/{file}')}"
            for signal, file in trial.files.items()
            if signal != REFERENCE
        ),
    ]


def _quoted(text: str) -> str:
    """Text in YAML's single quotes, on one line."""
    return "'" + " ".join(text.split()).replace("'", "''") + "'"
