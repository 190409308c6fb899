"""Sounds that are computed, each by a generator that the configuration names."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.synthesis.room import furnished_room
from rnn_audio.synthesis.sine import sine
from rnn_audio.synthesis.vibraphone import vibraphone

GENERATORS: dict[str, Callable[..., NDArray[np.float64]]] = {
    "furnished_room": furnished_room,
    "sine": sine,
    "vibraphone": vibraphone,
}
"""Each takes the keywords `rate_hz` and `samples` and its own, and returns float64 samples of shape (samples,)."""


def check_generator(name: str, own_keys: Mapping[str, Any]) -> None:
    """Check that `name` is a generator and that `own_keys` are its keywords, all and only; raises InputError."""
    if name not in GENERATORS:
        raise InputError(f"generator: there is no {name!r}; choose one of {', '.join(GENERATORS)}")
    known = set(inspect.signature(GENERATORS[name]).parameters) - {"rate_hz", "samples"}
    if missing := sorted(known - set(own_keys)):
        raise InputError(f"{missing[0]}: missing; {name} needs {', '.join(sorted(known))}")
    if unknown := sorted(set(own_keys) - known):
        raise InputError(f"{unknown[0]}: not a key of {name}; remove it, or choose from {', '.join(sorted(known))}")


def synthesise(name: str, *, rate_hz: int, samples: int, own_keys: Mapping[str, Any]) -> NDArray[np.float64]:
    """Run the generator `name`: shape (samples,), float64; raises InputError that names the key at fault."""
    check_generator(name, own_keys)
    return GENERATORS[name](rate_hz=rate_hz, samples=samples, **own_keys)
