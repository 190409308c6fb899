"""Synthesised sounds: the generators that the configuration can name."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.signals.guitar import check_rate, playing
from rnn_audio.signals.noise import noise
from rnn_audio.signals.room import check_image_count, check_room, furnished_room
from rnn_audio.signals.sine import damped_sine, sine
from rnn_audio.signals.vibraphone import vibraphone


def guitar(*, rate_hz: int, samples: int, seed: int) -> NDArray[np.float64]:
    """Synthesise playing for the simulated amplifier, shape (samples,): see `rnn_audio.signals.guitar.playing`.

    Raises InputError if the rate is below `rnn_audio.signals.guitar.LOWEST_RATE_HZ`.
    """
    return playing(samples / rate_hz, rate_hz, seed)


GENERATORS: dict[str, Callable[..., NDArray[np.float64]]] = {
    "damped_sine": damped_sine,
    "furnished_room": furnished_room,
    "guitar": guitar,
    "noise": noise,
    "sine": sine,
    "vibraphone": vibraphone,
}
"""Each takes `rate_hz`, `samples` and keywords of its own, and returns float64 samples of shape (samples,)."""


def check_generator(name: str, own_keys: Mapping[str, Any]) -> None:
    """Check that `name` is a generator and that `own_keys` are exactly its keywords; raises InputError."""
    if name not in GENERATORS:
        raise InputError(f"generator: there is no {name!r}; choose one of {', '.join(GENERATORS)}")
    known = set(inspect.signature(GENERATORS[name]).parameters) - {"rate_hz", "samples"}
    if missing := sorted(known - set(own_keys)):
        raise InputError(f"{missing[0]}: missing; {name} needs {', '.join(sorted(known))}")
    if unknown := sorted(set(own_keys) - known):
        raise InputError(f"{unknown[0]}: not a key of {name}; remove it, or choose from {', '.join(sorted(known))}")


def check_values(name: str, *, rate_hz: int, seconds: float, own_keys: Mapping[str, Any]) -> None:
    """Check a generator's keys and values by making two samples; raises InputError that names the key at fault.

    Every run begins with this check, so it must be fast. A room takes seconds even if it is short, and the guitar
    loads scipy's filters, which takes one second. For these two, only what the schema cannot check is checked: the
    room's positions, its loudspeaker's range and the number of its image sources for a signal of `seconds`, and the
    guitar's rate.
    """
    check_generator(name, own_keys)
    if name == "furnished_room":
        checked = {key: own_keys[key] for key in ("dimensions_m", "source_m", "microphone_m", "highest_hz")}
        check_room(**checked, rate_hz=rate_hz)
        check_image_count(own_keys["dimensions_m"], max(seconds, own_keys["t30_s"]))
    elif name == "guitar":
        check_rate(rate_hz)
    else:
        synthesise(name, rate_hz=rate_hz, samples=2, own_keys=own_keys)


def synthesise(name: str, *, rate_hz: int, samples: int, own_keys: Mapping[str, Any]) -> NDArray[np.float64]:
    """Run the generator `name`: shape (samples,), float64; raises InputError that names the key at fault."""
    check_generator(name, own_keys)
    return GENERATORS[name](rate_hz=rate_hz, samples=samples, **own_keys)
