"""Error of several models over frequency, relative to the target (paper B, figure 4): one panel per hidden size.

A model has the same line in all panels. Colour, dashes or markers alone suffice to distinguish the models. The band
from 1 to 2 kHz, which the paper compares, is shaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from rnn_audio.errors import InputError
from rnn_audio.evaluation.error_spectra import ErrorSpectrum, error_spectrum, third_octaves
from rnn_audio.reporting.figures.style import (
    BLACK,
    BLUE,
    GREY,
    SKY_BLUE,
    VERMILLION,
    Files,
    grid_of_panels,
    is_first_in_row,
    set_frequency_axis,
)
from rnn_audio.types import Settings
from rnn_audio.wav import read_wav

BAND_HZ = (1000.0, 2000.0)
"""The band that paper B compares (section 5.1)."""

_MAX_COLUMNS = 2
_PANEL_HEIGHT_INCHES = 2.3
_MARKS = 11
_BAND_COLOUR = "#e8e8e8"
LINES = (
    {"color": BLACK, "linestyle": "-", "marker": "o"},
    {"color": SKY_BLUE, "linestyle": "-", "marker": "s"},
    {"color": BLUE, "linestyle": (0, (4, 1.2)), "marker": "^"},
    {"color": VERMILLION, "linestyle": (0, (1.2, 1)), "marker": "D"},
    {"color": GREY, "linestyle": "-", "marker": "v"},
    {"color": BLACK, "linestyle": (0, (4, 1.2)), "marker": "P"},
    {"color": SKY_BLUE, "linestyle": (0, (1.2, 1)), "marker": "X"},
    {"color": BLUE, "linestyle": "-", "marker": "*"},
)
_LINE = {"linewidth": 0.9, "markersize": 3.2, "markeredgewidth": 0}
_LEGEND_COLUMNS_PER_INCH = 0.9
_RESOLUTIONS = {"third octaves": third_octaves, "fine": error_spectrum}


@dataclass(frozen=True)
class ErrorSpectrumPanel:
    """The models of one hidden size.

    Attributes:
        title: what the panel shows.
        curves: name and error spectrum of each model; at most eight models in a figure.
    """

    title: str
    curves: tuple[tuple[str, ErrorSpectrum], ...]

    def __post_init__(self) -> None:
        """Refuse values that would draw a wrong figure."""
        if not self.curves:
            raise InputError(f"figure panel {self.title!r}: there is no curve")


def from_files(declaration: Settings, files: Files, notes: Sequence[str]) -> Figure:
    """Draw the figure of a declaration from its curves' `targets` and `predictions`, each group in two resolutions."""
    sounds = {}
    for panel, target_path, prediction in zip(
        declaration["panels"], files["targets"], files["predictions"], strict=True
    ):
        target, rate_hz = read_wav(target_path)
        sounds[panel["group"], panel["title"]] = (target, read_wav(prediction)[0], rate_hz)
    panels = [
        ErrorSpectrumPanel(f"{group}, {name}", tuple((key[1], measure(*sounds[key])) for key in keys))
        for group, members in groupby(sorted(sounds, key=lambda key: key[0]), key=lambda key: key[0])
        for keys in [list(members)]
        for name, measure in _RESOLUTIONS.items()
    ]
    return plot_error_spectra(panels, notes)


def plot_error_spectra(panels: Sequence[ErrorSpectrumPanel], notes: Sequence[str] = ()) -> Figure:
    """Draw the panels in rows of two, labelled (a), (b) and so on, with shared axes.

    Args:
        panels: at least one.
        notes: small lines below the figure.

    Returns:
        A figure of one column's width (3.5 in) for one panel, else of two (7.16 in).

    Raises:
        InputError: there are no panels, or more than eight models.
    """
    if not panels:
        raise InputError("a figure of error spectra needs at least one panel")
    styles = _styles(panels)
    titles = [panel.title for panel in panels]
    with grid_of_panels(titles, _MAX_COLUMNS, _PANEL_HEIGHT_INCHES, notes, share="xy") as (figure, grid):
        for axes, panel in zip(grid, panels, strict=True):
            _draw_panel(axes, panel, styles)
            if is_first_in_row(axes):
                axes.set_ylabel("Error re target (dB)")
        set_frequency_axis(grid[0], *_frequency_range(panels))
        _add_legend(figure, styles)
    return figure


def _styles(panels: Sequence[ErrorSpectrumPanel]) -> dict[str, dict[str, object]]:
    labels = list(dict.fromkeys(label for panel in panels for label, _ in panel.curves))
    if len(labels) > len(LINES):
        raise InputError(f"a figure of error spectra can show at most {len(LINES)} models, not {len(labels)}")
    return {label: _LINE | style for label, style in zip(labels, LINES, strict=False)}


def _draw_panel(axes: Axes, panel: ErrorSpectrumPanel, styles: dict[str, dict[str, object]]) -> None:
    axes.axvspan(*BAND_HZ, color=_BAND_COLOUR, linewidth=0, zorder=0)
    axes.axhline(0, color="#999999", linewidth=0.6, zorder=1)
    for index, (label, spectrum) in enumerate(panel.curves):
        marks = _marks(spectrum, (index + 0.5) / len(panel.curves))
        axes.plot(spectrum.frequencies_hz, spectrum.relative_db, label=label, markevery=marks, **styles[label])
    axes.set_xlabel("Frequency (Hz)")


def _marks(spectrum: ErrorSpectrum, offset: float) -> list[int]:
    """Indices of the points with markers: evenly spaced on the logarithmic axis, shifted by `offset` steps (0 to 1)."""
    log_frequencies = np.log(spectrum.frequencies_hz)
    step = (log_frequencies[-1] - log_frequencies[0]) / _MARKS
    wanted = log_frequencies[0] + step * (np.arange(_MARKS) + offset)
    return sorted({int(np.argmin(np.abs(log_frequencies - mark))) for mark in wanted})


def _frequency_range(panels: Sequence[ErrorSpectrumPanel]) -> tuple[float, float]:
    spectra = [spectrum for panel in panels for _, spectrum in panel.curves]
    return min(s.frequencies_hz[0] for s in spectra), max(s.frequencies_hz[-1] for s in spectra)


def _add_legend(figure: Figure, styles: dict[str, dict[str, object]]) -> None:
    handles: list[Line2D | Patch] = [Line2D([], [], label=label, **style) for label, style in styles.items()]
    low, high = (edge / 1000 for edge in BAND_HZ)
    handles.append(Patch(color=_BAND_COLOUR, label=f"{low:g} to {high:g} kHz"))
    columns = min(len(handles), int(_LEGEND_COLUMNS_PER_INCH * figure.get_figwidth()))
    # Long enough for the dashes to show on both sides of the marker.
    figure.legend(handles=handles, loc="outside upper left", ncols=columns, handlelength=3.2)
