"""The synthetic sounds that ship, made once for each process, and the figures that docs/stand-ins.md gives for them."""

import re
import tempfile
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rnn_audio.signals.resampling import normalise, resample
from rnn_audio.signals.sources import load_source
from support.configurations import read_yaml
from support.places import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "stand-ins.md"


@cache
def shipped_signal(name: str, rate_hz: int | None = None) -> NDArray[np.float64]:
    """A signal of config.yaml at its source's rate, or as a network learns it at `rate_hz`; not to be changed."""
    settings = read_yaml("config.yaml")["signals"][name]
    if rate_hz is None:
        with tempfile.TemporaryDirectory() as folder:
            samples = load_source(name, settings, folder)[0]
    else:
        samples = resample(shipped_signal(name), settings["synthetic"]["rate_hz"], rate_hz)
        samples = normalise(samples, settings["normalise"])
    samples.setflags(write=False)
    return samples


def documented(section: str, figure: str) -> float:
    """The number that a section of docs/stand-ins.md gives in the column "now" of the row `figure`."""
    part = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    assert part, f"{DOCUMENT.name} has no section {section!r}"
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in part[1].splitlines() if "|" in line]
    column = rows[0].index("now")
    (row,) = [row for row in rows if row[0] == figure]
    return float(row[column].split()[0])


def predictor_error(samples: NDArray[np.float64], taps: int) -> float:
    """Share of the power that the best linear predictor of `taps` samples leaves, from the second sample on."""
    past = [np.concatenate([np.zeros(delay), samples[:-delay]])[1:] for delay in range(1, taps + 1)]
    wanted = samples[1:]
    weights = np.linalg.lstsq(np.stack(past, axis=1), wanted, rcond=None)[0]
    return float(np.mean(np.square(wanted - np.stack(past, axis=1) @ weights)) / np.mean(np.square(wanted)))
