"""What the guitar and the bass of the synthetic device play: a seeded score of notes.

Short passages in different ways of playing follow each other, so that a split by time gives similar material to train,
validation and test: see `score`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

GUITAR_STRINGS_HZ = (82.407, 110.0, 146.832, 195.998, 246.942, 329.628)
"""Open strings E2 A2 D3 G3 B3 E4, in Hz."""

BASS_STRINGS_HZ = (41.203, 55.0, 73.416, 97.999)
"""Open strings E1 A1 D2 G2, in Hz."""

# Frets from the lowest string up; None for a string that is not played.
_CHORD_SHAPES = (
    (0, 2, 2, 1, 0, 0),
    (None, 0, 2, 2, 2, 0),
    (None, None, 0, 2, 3, 2),
    (3, 2, 0, 0, 0, 3),
    (None, 3, 2, 0, 1, 0),
    (0, 2, 2, 0, 0, 0),
    (None, 0, 2, 2, 1, 0),
    (1, 3, 3, 2, 1, 1),
)
_MINOR_PENTATONIC = (0, 3, 5, 7, 10, 12)


@dataclass(frozen=True)
class Note:
    """One plucked note.

    Attributes:
        start_s: when it is plucked, in seconds.
        duration_s: how long it is held, in seconds.
        open_hz: frequency of the open string, in Hz.
        fret: fret of the left hand, 0 for the open string.
        slide_to: fret at the end of the note; the same as `fret` if the finger does not slide.
        force: how hard it is plucked, above 0 to 1.
        palm_muted: whether the palm damps the string at the bridge.
        vibrato_cents: peak deviation of the vibrato, in hundredths of a semitone.
        way: name of its way of playing, in `WAYS`.
    """

    start_s: float
    duration_s: float
    open_hz: float
    fret: int
    slide_to: int
    force: float
    palm_muted: bool = False
    vibrato_cents: float = 0.0
    way: str = ""


_USUAL_PASSAGE_S = 4.0

Passage = Callable[[np.random.Generator, float, float, float], list[Note]]


def score(duration_s: float, random: np.random.Generator, longest_passage_s: float = math.inf) -> list[Note]:
    """Write passages one after the other, with rests between them, until the duration is filled.

    Of any three passages in a row, one is for the bass and two are different ways of playing the guitar. A stretch of
    three times the longest passage reaches into at least three passages, wherever it begins.

    Args:
        duration_s: length of the recording in seconds.
        random: the source of every choice.
        longest_passage_s: a passage and the rest after it are cut to this length, in seconds.

    Returns:
        Notes in the order of their passages; each starts inside the recording.
    """
    notes: list[Note] = []
    # Rests are shorter where passages are.
    rests = min(1.0, longest_passage_s / _USUAL_PASSAGE_S)
    ways = _ways(random)
    start_s = min(0.3, 0.1 * longest_passage_s)
    while start_s < duration_s:
        way = next(ways)
        # Loudness varies over 16 dB: a factor for each passage, times one for each of its notes.
        force = 10.0 ** (random.uniform(-10.0, 0.0) / 20.0)
        beat_s = 60.0 / random.uniform(80.0, 150.0)
        rest_s = rests * random.uniform(0.1, 0.9)
        passage = _cut(WAYS[way](random, start_s, beat_s, force), start_s + longest_passage_s - rest_s)
        notes.extend(replace(note, way=way) for note in passage)
        start_s = max(note.start_s + note.duration_s for note in passage) + rest_s
    return [note for note in notes if note.start_s < duration_s]


def _ways(random: np.random.Generator) -> Iterator[str]:
    """Names of ways of playing without end: two for the guitar, the bass, the other two for the guitar, the bass."""
    guitar_ways = [way for way in WAYS if way != BASS]
    last = ""
    while True:
        order = [guitar_ways[index] for index in random.permutation(len(guitar_ways))]
        if order[0] == last:
            order = order[1:] + order[:1]
        last = order[-1]
        yield from (*order[:2], BASS, *order[2:], BASS)


def _cut(passage: list[Note], end_s: float) -> list[Note]:
    """Leave out the notes of a passage from `end_s` on, and let none last longer."""
    return [
        replace(note, duration_s=min(note.duration_s, end_s - note.start_s)) for note in passage if note.start_s < end_s
    ]


def _accent(random: np.random.Generator, force: float) -> float:
    return float(min(1.0, force * 10.0 ** (random.uniform(-4.0, 2.0) / 20.0)))


def _palm_muted_riff(random: np.random.Generator, start_s: float, beat_s: float, force: float) -> list[Note]:
    """Muted eighths on two low strings, interrupted by open power chords."""
    notes = []
    root = int(random.integers(0, 8))
    for step in range(16):
        at_s = start_s + step * beat_s / 2.0
        is_open = random.random() < 0.25
        fret = root + int(random.choice((0, 0, 0, 3, 5)))
        held_s = beat_s / 2.0 if is_open else 0.4 * beat_s
        for string, interval in ((0, 0), (1, 2)):
            notes.append(
                Note(
                    start_s=at_s + 0.004 * string,
                    duration_s=held_s,
                    open_hz=GUITAR_STRINGS_HZ[string],
                    fret=fret + interval,
                    slide_to=fret + interval,
                    force=_accent(random, 0.7 * force),
                    palm_muted=not is_open,
                )
            )
    return notes


def _strummed_chords(random: np.random.Generator, start_s: float, beat_s: float, force: float) -> list[Note]:
    """Full chords, strummed down and up; each rings until the next, and its strings share the force."""
    notes = []
    for step in range(4):
        shape = _CHORD_SHAPES[int(random.integers(len(_CHORD_SHAPES)))]
        between_strings_s = random.uniform(0.006, 0.03)
        played = [(string, fret) for string, fret in enumerate(shape) if fret is not None]
        order = played if step % 2 == 0 else played[::-1]
        for position, (string, fret) in enumerate(order):
            late_s = position * between_strings_s
            notes.append(
                Note(
                    start_s=start_s + 2.0 * step * beat_s + late_s,
                    duration_s=2.0 * beat_s - late_s,
                    open_hz=GUITAR_STRINGS_HZ[string],
                    fret=fret,
                    slide_to=fret,
                    force=_accent(random, 0.5 * force),
                )
            )
    return notes


def _arpeggio(random: np.random.Generator, start_s: float, beat_s: float, force: float) -> list[Note]:
    """A chord's strings one by one, growing louder, all ringing to the end of the bar."""
    shape = _CHORD_SHAPES[int(random.integers(len(_CHORD_SHAPES)))]
    played = [(string, fret) for string, fret in enumerate(shape) if fret is not None]
    order = played + played[-2:0:-1]
    notes = []
    for step, (string, fret) in enumerate(order):
        notes.append(
            Note(
                start_s=start_s + step * beat_s / 2.0,
                duration_s=3.0 * beat_s if string == order[0][0] else 1.5 * beat_s,
                open_hz=GUITAR_STRINGS_HZ[string],
                fret=fret,
                slide_to=fret,
                force=_accent(random, force * (0.4 + 0.6 * step / len(order))),
            )
        )
    return notes


def _lead(random: np.random.Generator, start_s: float, beat_s: float, force: float) -> list[Note]:
    """A single line on the upper strings, with slides and vibrato."""
    notes = []
    at_s = start_s
    root = int(random.integers(3, 10))
    for _ in range(10):
        length_s = beat_s * float(random.choice((0.25, 0.5, 0.5, 1.0, 2.0)))
        string = int(random.integers(2, 6))
        fret = root + int(random.choice(_MINOR_PENTATONIC))
        slide = int(random.choice((-2, 2, 3, 5))) if random.random() < 0.3 else 0
        notes.append(
            Note(
                start_s=at_s,
                duration_s=length_s,
                open_hz=GUITAR_STRINGS_HZ[string],
                fret=fret,
                slide_to=fret + slide,
                force=_accent(random, force),
                vibrato_cents=random.uniform(5.0, 25.0) if length_s > beat_s / 2.0 else 0.0,
            )
        )
        at_s += length_s
    return notes


def _bass_line(random: np.random.Generator, start_s: float, beat_s: float, force: float) -> list[Note]:
    """Eighths and quarters on a bass, some slid, some muted."""
    notes = []
    at_s = start_s
    root = int(random.integers(0, 6))
    for _ in range(12):
        length_s = beat_s * float(random.choice((0.5, 0.5, 1.0)))
        string = int(random.integers(0, 3))
        fret = root + int(random.choice(_MINOR_PENTATONIC))
        slide = int(random.choice((-2, 2, 4))) if random.random() < 0.15 else 0
        notes.append(
            Note(
                start_s=at_s,
                duration_s=length_s * random.uniform(0.6, 1.0),
                open_hz=BASS_STRINGS_HZ[string],
                fret=fret,
                slide_to=max(0, fret + slide),
                force=_accent(random, force),
                palm_muted=bool(random.random() < 0.2),
            )
        )
        at_s += length_s
    return notes


BASS = "bass line"

WAYS: dict[str, Passage] = {
    "palm-muted riff": _palm_muted_riff,
    "strummed chords": _strummed_chords,
    "arpeggio": _arpeggio,
    "lead": _lead,
    BASS: _bass_line,
}
"""Ways of playing by name: four on the guitar, and one on the bass, which gets about a third of the time."""
