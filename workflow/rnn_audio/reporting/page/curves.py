"""Training curves of a run, packed for the page: of long trainings, the extremes of each stretch of epochs."""

import base64
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.records import Record, history_digest, read_columns
from rnn_audio.types import Settings

MOST_EPOCHS = 1500
"""A longer training is shown by the extremes of each stretch of it."""

_STRETCHES = 200
_LEFT_OUT = {"epoch", "phase"}
_LOSSES = ("_mse", "_loss")


def pack_numbers(values: NDArray[np.floating]) -> str:
    """Numbers, shape (n,), as float32: the bytes of all numbers in turn, first bytes first, zlib, base64."""
    planes = np.asarray(values, dtype="<f4").reshape(-1, 1).view(np.uint8).T
    return base64.b64encode(zlib.compress(planes.tobytes(), 9)).decode()


def curve(results: Path, name: str, seeds: Sequence[int], selection: Record | None) -> Settings | None:
    """All columns of the histories of one configuration; None where no seed has one.

    Args:
        results: the folder of the results.
        name: the configuration.
        seeds: those that the run is to train.
        selection: its `selection.json`, if there is one.

    Returns:
        `columns`, their names; `epochs`, packed; `seeds`: for each seed, one packed curve for each column; `thinned`,
        whether epochs are left out.
    """
    histories = {}
    for seed in seeds:
        path = results / "models" / name / f"seed-{seed}" / "history.csv"
        if path.is_file():
            digest = history_digest(selection, seed) if selection and str(seed) in selection["seeds"] else None
            try:
                histories[seed] = read_columns(path, digest)
            except InputError:  # one that a running training is writing
                continue
    if not histories:
        return None
    columns = [column for column in next(iter(histories.values())) if column not in _LEFT_OUT]
    epochs = max((history["epoch"] for history in histories.values()), key=len)
    aligned = {
        (seed, column): _aligned(history, column, epochs) for seed, history in histories.items() for column in columns
    }
    kept = kept_epochs([values for (_, column), values in aligned.items() if column.endswith(_LOSSES)])
    return {
        "columns": columns,
        "epochs": pack_numbers(epochs[kept]),
        "seeds": {seed: [pack_numbers(aligned[seed, column][kept]) for column in columns] for seed in histories},
        "thinned": len(kept) < len(epochs),
    }


def kept_epochs(curves: Sequence[NDArray[np.float64]]) -> NDArray[np.int64]:
    """The places of losses, [epochs] each, that the page shows: all, or the extremes of each stretch of each curve."""
    length = len(curves[0])
    if length <= MOST_EPOCHS:
        return np.arange(length)
    kept = {0, length - 1}
    for stretch in np.array_split(np.arange(length), _STRETCHES):
        for values in curves:
            here = values[stretch]
            if np.isfinite(here).any():
                kept |= {int(stretch[np.nanargmin(here)]), int(stretch[np.nanargmax(here)])}
    return np.array(sorted(kept))


def _aligned(history: Mapping[str, NDArray[np.float64]], column: str, epochs: NDArray) -> NDArray[np.float64]:
    values = np.full(len(epochs), np.nan)
    known = history.get(column, np.array([]))
    values[: len(known)] = known
    return values
