"""What a run changes of the papers' scale, configuration by configuration: epochs, batches, rates, playing time."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rnn_audio.configuration.words import setting_words
from rnn_audio.types import Settings

_ABSENT = object()


def differences(own: Settings, papers: Settings) -> str:
    """The settings in which a configuration differs from the papers', in words, the papers' value in brackets.

    >>> differences({"epochs": 20, "batch_size": 8, "skip": True}, {"epochs": 100, "batch_size": 64, "skip": True})
    'epochs 20 (100), batch size 8 (64)'

    Args:
        own: a resolved configuration, or the settings of its device or signal.
        papers: the same at the papers' scale.

    Returns:
        An empty text if they are equal.
    """
    if own == papers:
        return ""
    ours, theirs = dict(_flat(own)), dict(_flat(papers))
    first = [key for key in ("epochs", "batch_size") if key in ours]
    keys = dict.fromkeys([*first, *ours, *theirs])
    changed = [key for key in keys if ours.get(key, _ABSENT) != theirs.get(key, _ABSENT)]
    return ", ".join(_words(key, ours.get(key, _ABSENT), theirs.get(key, _ABSENT)) for key in changed)


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _words(key: str, own: Any, papers: Any) -> str:  # noqa: ANN401 (any YAML value)
    name, bracket, unit = setting_words(key).partition(" (")
    text = f"{name} {_value(own)} ({_value(papers)})"
    return f"{text} {unit.removesuffix(')')}" if bracket else text


def _value(value: Any) -> str:  # noqa: ANN401
    if value is _ABSENT or value is None:
        return "none"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value)
    return f"{value:g}"
