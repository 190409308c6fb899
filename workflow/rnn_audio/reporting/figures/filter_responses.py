"""Magnitude responses of the pre-emphasis filters (paper B, figure 3), one panel per filter.

Drawn as computed: no filter is scaled to match another. All panels share their axes. A filter that was fitted is drawn
over the curve that it was fitted to, such as the standard's A-weighting with the low-pass.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from rnn_audio.losses.preemphasis import FILTERS, MINIMUM_PHASE, magnitude_response, taps
from rnn_audio.reporting.figures.style import (
    BLACK,
    SINGLE_COLUMN_INCHES,
    SKY_BLUE,
    Files,
    letter,
    new_figure,
    set_frequency_axis,
)
from rnn_audio.types import Settings

_LOWEST_HZ = 20.0
_POINTS = 1000
_LEVELS_DB = (-50.0, 12.0)
_PANEL_HEIGHT_INCHES = 1.15
_FILTER = {"color": BLACK, "linewidth": 1.0}
_WANTED = {"color": SKY_BLUE, "linewidth": 2.6, "solid_capstyle": "butt"}
_SHOWN = {name: own for name, own in FILTERS.items() if name != "none"}


def from_files(declaration: Settings, files: Files, notes: Sequence[str], *, design: str) -> Figure:
    """Draw the figure of a declaration, at its rate; it reads no files."""
    return plot_filter_responses(declaration["rate_hz"], notes, design)


def plot_filter_responses(rate_hz: float, notes: Sequence[str] = (), design: str = MINIMUM_PHASE) -> Figure:
    """Draw the responses from 20 Hz to half the rate, in decibels.

    Args:
        rate_hz: sampling rate in Hz.
        notes: small lines below the figure.
        design: how the A-weighting is fitted, one of `preemphasis.DESIGNS`.

    Returns:
        A figure of one column's width (3.5 in).

    Raises:
        InputError: the rate is too low for the A-weighting.
    """
    responses = {name: taps(name, rate_hz, design) for name in _SHOWN}
    # Half the rate is excluded: rounding could put the grid's last point above it.
    frequencies_hz = np.geomspace(_LOWEST_HZ, rate_hz / 2, _POINTS, endpoint=False)
    with new_figure(SINGLE_COLUMN_INCHES, _PANEL_HEIGHT_INCHES * len(_SHOWN), notes, has_legend=False) as figure:
        panels = figure.subplots(len(_SHOWN), 1, sharex=True, sharey=True)
        for index, (axes, (name, shown)) in enumerate(zip(panels, _SHOWN.items(), strict=True)):
            if shown.fitted is not None:
                label, wanted_db = shown.fitted
                axes.plot(frequencies_hz, wanted_db(frequencies_hz, rate_hz), label=label, **_WANTED)
            magnitude = magnitude_response(responses[name], frequencies_hz, rate_hz)
            axes.plot(frequencies_hz, 20 * np.log10(magnitude), label=f"filter, {len(responses[name])} taps", **_FILTER)
            axes.set_title(f"{letter(index)} {shown.title}", loc="left")
            axes.set_ylabel("Gain (dB)")
            axes.axhline(0, color="#cccccc", linewidth=0.6, zorder=0)
            set_frequency_axis(axes, _LOWEST_HZ, rate_hz / 2)
            axes.label_outer()
        panels[-1].legend(loc="lower center")
        panels[0].set_ylim(*_LEVELS_DB)
        panels[0].locator_params(axis="y", nbins=4)
    return figure
