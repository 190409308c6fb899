"""Sounds that are heard against each other: each deck has one target, and is played at one rate and at one position."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnn_audio.configuration.words import capitalised
from rnn_audio.evaluation.convolved_sounds import make_playable
from rnn_audio.reporting.page.pictures import frequency_ticks, loudest, outline, spectrogram
from rnn_audio.reporting.page.sound import pack, to_pcm16
from rnn_audio.types import Samples, Settings
from rnn_audio.wav import read_wav

EXCERPT_S = 5
"""What is heard of a device's test recording: the stretch of this length in which the target has the most power."""

_PEAK = 0.7  # of the target: some of the others are larger
_MOST = 0.999


@dataclass
class Sound:
    """One sound of a deck.

    Attributes:
        kind: what it is: "Target", "Prediction", ...
        samples: at its own rate, shape (n,), in the unit of its files.
        file: its path, seen from the results; None for what no file holds.
    """

    kind: str
    samples: Samples
    file: str | None = None


@dataclass
class Row:
    """The sounds of one configuration, or, with no configuration, those that all rows share."""

    configuration: str | None
    sounds: list[Sound]


@dataclass
class Deck:
    """Sounds that are switched at one position.

    Attributes:
        name: an identifier.
        title: what is heard.
        note: where it comes from, and which part of it is heard.
        rate_hz: the rate of its files.
        top_hz: the highest frequency in them.
        rows: in the order of the configuration.
        missing: configurations whose sounds have not been made.
    """

    name: str
    title: str
    note: str
    rate_hz: int
    top_hz: float
    rows: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def signal_decks(results: Path, plan: Settings) -> list[Deck]:
    """One deck for each signal at each rate: the target, and predictions, their errors and generations."""
    learned = [(name, own) for name, own in plan["configurations"].items() if "signal" in own["settings"]]
    places = {name: (own["settings"]["signal"], own["settings"]["rate_hz"]) for name, own in learned}
    decks = []
    for signal, rate_hz in dict.fromkeys(places.values()):
        names = [name for name, place in places.items() if place == (signal, rate_hz)]
        target = _sound(results, "Target", f"signals/{signal}/{rate_hz}.wav")
        if target is None:
            continue
        own = plan["signals"][signal]
        title, note = f"{capitalised(own['label'])}, {_hertz(rate_hz)}", f"{capitalised(own['origin'])}."
        deck = Deck(f"{signal}-{rate_hz}", title, note, rate_hz, rate_hz / 2)
        deck.rows.append(Row(None, [target]))
        for name in names:
            prediction = _sound(results, "Prediction", f"predictions/{name}.wav")
            generation = _sound(results, "Generation", f"generations/{name}.wav")
            sounds = [prediction, _error(target, prediction), generation]
            _add(deck, name, sounds)
        decks.append(deck)
    return decks


def device_decks(results: Path, plan: Settings) -> list[Deck]:
    """One deck for each device: input and target of the test set, predictions and their errors."""
    decks = []
    for device, own in plan["devices"].items():
        folder = f"devices/{device}/test"
        source, target = (_sound(results, side.capitalize(), f"{folder}/{side}.wav") for side in ("input", "target"))
        if source is None or target is None:
            continue
        rate_hz = read_wav(results / folder / "target.wav")[1]
        start = loudest_stretch(target.samples, EXCERPT_S * rate_hz, rate_hz)
        end = min(start + EXCERPT_S * rate_hz, len(target.samples))
        heard = f"Seconds {start / rate_hz:g} to {end / rate_hz:.3g} of the test set, where the target is loudest."
        deck = Deck(device, capitalised(own["label"]), f"{capitalised(own['origin'])}. {heard}", rate_hz, rate_hz / 2)
        deck.rows.append(Row(None, [source, target]))
        for name, configuration in plan["configurations"].items():
            if configuration["settings"].get("device") == device:
                prediction = _sound(results, "Prediction", f"predictions/{name}.wav")
                _add(deck, name, [prediction, _sound(results, "Error", f"errors/{name}.wav")])
        for row in deck.rows:
            for sound in row.sounds:
                sound.samples = sound.samples[start:end]
        decks.append(deck)
    return decks


def convolution_decks(results: Path, plan: Settings, convolution: str) -> list[Deck]:
    """One deck for each rate of a convolution: the dry sound in the learned rooms, and in the generated ones."""
    own = plan["convolutions"][convolution]
    rate_of = {name: plan["configurations"][name]["settings"]["rate_hz"] for name in own["configurations"]}
    decks = []
    for rate_hz, names in groupby(sorted(own["configurations"], key=rate_of.__getitem__), rate_of.__getitem__):
        deck = Deck(f"{convolution}-{rate_hz}", f"{own['caption']}, {_hertz(rate_hz)}", "", rate_hz, rate_hz / 2)
        for name in names:
            folder = f"convolutions/{convolution}/{name}"
            sounds = [
                _sound(results, words, f"{folder}-{side}.wav")
                for words, side in (("In the learned room", "target"), ("In the generated room", "generation"))
            ]
            _add(deck, name, sounds)
        if deck.rows:
            deck.rate_hz = read_wav(results / deck.rows[0].sounds[0].file)[1]
        decks.append(deck)
    return decks


def loudest_stretch(samples: Samples, length: int, step: int) -> int:
    """Where the stretch of `length` samples with the most power begins, among multiples of `step`.

    >>> loudest_stretch(np.array([0, 0, 3, 3, 0, 0, 1, 1]), 2, 2)
    2
    """
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = range(0, max(1, len(samples) - length + 1), step)
    return max(starts, key=lambda start: energy[min(start + length, len(samples))] - energy[start])


def packed_deck(deck: Deck) -> tuple[Settings, list[Settings]]:
    """A deck for the page: what its script reads, and its sounds in the order of the rows.

    All sounds have one gain, unless one would exceed full scale; that one says by how much it is quieter.
    """
    sounds = [sound for row in deck.rows for sound in row.sounds]
    reference = next((sound for sound in sounds if sound.kind in ("Target", "In the learned room")), sounds[0])
    played_hz = make_playable(sounds[0].samples, deck.rate_hz)[1]
    gain = _PEAK / (np.abs(reference.samples).max(initial=0.0) or 1.0)
    bright = loudest(reference.samples, deck.rate_hz, deck.top_hz)
    told = {"rate": played_hz, "ticks": frequency_ticks(deck.top_hz)}
    return told, [_packed(sound, deck, gain, bright) for sound in sounds]


def _packed(sound: Sound, deck: Deck, gain: float, bright: float) -> Settings:
    raised = make_playable(sound.samples, deck.rate_hz)[0] * gain
    peak = float(np.abs(raised).max(initial=0.0))
    less = max(1.0, peak / _MOST)
    samples = to_pcm16(raised / less)
    return {
        "sound": pack(samples),
        "outline": outline(samples),
        "picture": spectrogram(sound.samples, deck.rate_hz, deck.top_hz, bright),
        "quieter_db": round(20 * math.log10(less), 1),
    }


def _add(deck: Deck, name: str, sounds: Iterable[Sound | None]) -> None:
    made = [sound for sound in sounds if sound is not None]
    if made:
        deck.rows.append(Row(name, made))
    else:
        deck.missing.append(name)


def _sound(results: Path, kind: str, file: str) -> Sound | None:
    path = results / file
    return Sound(kind, read_wav(path)[0], file) if path.is_file() else None


def _error(target: Sound, prediction: Sound | None) -> Sound | None:
    if prediction is None:
        return None
    length = min(len(target.samples), len(prediction.samples))
    difference: NDArray[np.float32] = target.samples[:length] - prediction.samples[:length]
    return Sound("Error", difference)


def _hertz(rate_hz: int) -> str:
    return f"{rate_hz} Hz" if rate_hz < 10_000 else f"{rate_hz / 1000:g} kHz"
