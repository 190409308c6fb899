"""The tables of a listening test: scores (paper B, table 2), comparisons, clips with objective distances, listeners."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from rnn_audio.configuration.listening import REFERENCE
from rnn_audio.listening.plan import signal_words, signals, trials, words
from rnn_audio.losses.preemphasis import FILTERS
from rnn_audio.records import Record
from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.rendering import Column, Table

_GROUP = Column("group", "Models", Format.TEXT)
_SIGNAL = Column("signal", "Sound", Format.TEXT)
_MEDIAN = Column("median", "Median\n[quartiles]", interval_keys=("lower_quartile", "upper_quartile"))
_LISTENER_DIGITS = 8

_SCORES = (
    *(_GROUP, _SIGNAL),
    Column("mean", "Mean\n[95 %, t]", interval_keys=("low", "high")),
    Column("same_mean", "Mean [95 %,\nbootstrap]", interval_keys=("bootstrap_low", "bootstrap_high")),
    _MEDIAN,
    Column("paper", "Paper's\nmean"),
)
_COMPARISONS = (
    _GROUP,
    Column("compared", "Compared", Format.TEXT),
    Column("difference", "Difference of means\n[95 %, bootstrap]", interval_keys=("low", "high")),
    Column("p_value", "p"),
    Column("p_holm", "p, Holm"),
    Column("verdict", "At 5 %", Format.TEXT),
)
_CLIPS = (
    Column("clip", "Clip", Format.INTEGER),
    *(_GROUP, _SIGNAL),
    Column("mean", "Mean\nscore"),
    _MEDIAN,
    *(Column(f"esr_{name}", f"ESR after\n{own.header} (%)", Format.PERCENT) for name, own in FILTERS.items()),
    Column("spectral_distance", "Multi-res.\nSTFT"),
)
_LISTENERS = (
    Column("listener", "Listener", Format.TEXT),
    Column("counted", "Counted", Format.TEXT),
    Column("reason", "Why not", Format.TEXT),
    Column("missing", "Missing\nscores", Format.INTEGER),
    Column("low_references", "Hidden reference\nbelow 90 (trials)", Format.INTEGER),
    Column("high_anchors", "7 kHz anchor\nabove 90 (trials)", Format.INTEGER),
    Column("outliers", "Outlying\nscores", Format.INTEGER),
)


def listening_tables(
    name: str, test: Mapping[str, Any], analysis: Record, stimuli: Record, notes: Sequence[str] = ()
) -> dict[str, Table]:
    """Build all tables of a test, by the end of their names: `""`, and those of `configuration.listening.TABLES`.

    Args:
        name: the test's name in the configuration.
        test: its entry there.
        analysis: what `analyse` returned.
        stimuli: the record of its stimuli.
        notes: what else a reader has to know, such as the scale of the run.
    """
    caption = test["caption"]
    took_part = f"{analysis['listeners']} took part, {analysis['counted']} counted."
    warnings = [*([took_part] if analysis["listeners"] else []), *analysis["warnings"], *notes]
    return {
        "": _table(name, caption, _scores(test, analysis), _SCORES, [*_SCORES_NOTES, *warnings]),
        "comparisons": _table(
            f"{name}_comparisons", f"{caption}: comparisons", _compared(analysis), _COMPARISONS, _COMPARISONS_NOTES
        ),
        "clips": _table(
            f"{name}_clips",
            f"{caption}: each clip, and objective distances from the reference",
            _clips(test, analysis, stimuli),
            _CLIPS,
            [*_CLIPS_NOTES, *_cuts(stimuli), *notes],
        ),
        "listeners": _table(
            f"{name}_listeners",
            f"{caption}: listeners and screening",
            _listeners(analysis),
            _LISTENERS,
            [*_LISTENERS_NOTES, *warnings],
        ),
    }


_SCORES_NOTES = (
    "Of each listener, the mean over the clips counts, from 0 to 100; intervals and quartiles are over listeners.",
    "t: Student's interval, most likely that of the paper's figure 5. Bootstrap: BCa over listeners.",
    "Paper's mean: value published in the paper, not measured here.",
)
_COMPARISONS_NOTES = (
    "Each comparison: the second minus the first, over listeners. p: two-sided, exact over all changes of signs within "
    "listeners; Holm: adjusted for the comparisons of one group.",
    "Any difference: Friedman's test over the conditions. It does not see that a filter helps with one clip only.",
    "Too few listeners: no difference at all could be significant with so many, so that nothing is decided. Reference "
    "and anchors are shown, not tested.",
)
_CLIPS_NOTES = (
    "ESR and STFT distance are computed, not heard: a stand-in for listeners, who may rank models otherwise.",
    "ESR: power of the error over that of the reference, after each pre-emphasis filter, of the file that is played.",
    "Multi-res. STFT: spectral convergence plus log-magnitude distance, mean over windows of 512, 1024, 2048 samples.",
)
_LISTENERS_NOTES = (
    "BS.1534-3: excluded is who rates the hidden reference below 90, or the 7 kHz anchor above 90, in more than 15 % "
    "of the trials, and here also who left scores out or heard other sounds. A trial in which more than a quarter of "
    "the listeners rate that anchor so high does not count against them.",
    "Outlying scores lie beyond 1.5 interquartile ranges from those of all listeners. They are no reason to exclude: "
    "look for an error first.",
)


def _table(
    name: str, caption: str, records: list[dict[str, Cell]], columns: Sequence[Column], notes: Sequence[str]
) -> Table:
    keys = list(dict.fromkeys(itertools.chain.from_iterable(map(Column.keys, columns))))
    # Objects, so that whole numbers stay whole next to missing ones.
    frame = pd.DataFrame([{key: record[key] for key in keys} for record in records], columns=keys, dtype=object)
    # A column without any value would only take room; the CSV has it.
    shown = tuple(column for column in columns if frame.empty or frame[[*column.keys()]].notna().any(axis=None))
    return Table(name, caption, frame, shown, tuple(notes))


def _scores(test: Mapping[str, Any], analysis: Record) -> list[dict[str, Cell]]:
    published = test.get("published", {})
    return [
        _spread(own)
        | {key: (own or {}).get(key) for key in ("low", "high", "bootstrap_low", "bootstrap_high")}
        | {"same_mean": (own or {}).get("mean"), "paper": published.get(group, {}).get(signal)}
        | {"group": words(group), "signal": signal_words(signal)}
        for group, signal, own in _each_score(test, analysis)
    ]


def _each_score(test: Mapping[str, Any], analysis: Record) -> Iterator[tuple[str, str, Record | None]]:
    for group, found in analysis["groups"].items():
        for signal in [*signals(test)[1:], REFERENCE]:
            yield group, signal, found["scores"][signal]


def _compared(analysis: Record) -> list[dict[str, Cell]]:
    records = []
    for group, found in analysis["groups"].items():
        friedman = found["friedman"]
        missing = dict.fromkeys(("difference", "low", "high", "p_holm", "verdict"))
        if len(found["comparisons"]) > 1:
            p_value = friedman["p_value"] if friedman else None
            records.append(missing | {"group": words(group), "compared": "any difference", "p_value": p_value})
        for own in found["comparisons"]:
            compared = f"{signal_words(own['second'])} − {signal_words(own['first'])}"
            records.append(dict(own) | {"group": words(group), "compared": compared})
    return records


def _clips(test: Mapping[str, Any], analysis: Record, stimuli: Record) -> list[dict[str, Cell]]:
    return [
        _spread(analysis["groups"][trial.group]["clips"][trial.name][signal])
        | dict(stimuli["distances"][file])
        | {"clip": trial.clip, "group": words(trial.group), "signal": signal_words(signal)}
        for trial in trials(test)
        for signal, file in trial.files.items()
    ]


def _cuts(stimuli: Record) -> Iterator[str]:
    """A note on where the clips come from."""
    cuts = []
    for number, clip in enumerate(stimuli["clips"], start=1):
        preferred = "" if clip["preferred"] is None else f", {100 * clip['preferred']:.0f} % of it preferred"
        limited = " (limited by the peak)" if clip["limited_by_peak"] else ""
        cuts.append(
            f"{number}: {clip['seconds']:.3g} s from {clip['start_s']:.1f} s on{preferred}, "
            f"gain {clip['gain_db']:+.1f} dB{limited}"
        )
    yield f"Clips of the test recording: {'; '.join(cuts)}."
    if any(clip["preferred"] is not None for clip in stimuli["clips"]):
        yield "Preferred are stretches with a bass, where they are known, or those of clips.within_s."


def _listeners(analysis: Record) -> list[dict[str, Cell]]:
    return [
        dict(own)
        | {"listener": own["listener"][:_LISTENER_DIGITS], "counted": "yes" if own["counted"] else "no"}
        | {"reason": own["reason"] or None}
        for own in analysis["screening"]
    ]


def _spread(own: Record | None) -> dict[str, Cell]:
    return {key: (own or {}).get(key) for key in ("mean", "median", "lower_quartile", "upper_quartile")}
