"""Error of several models over frequency, relative to the target (paper B, figure 4): one panel per hidden size.

A line is the chosen seed's error, a shaded area behind it the range over all seeds. A model has the same line in all
panels. Colour, dashes or markers alone suffice to distinguish the models. The band from 1 to 2 kHz, which the paper
compares, is shaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.evaluation.quantities import BANDS_HZ
from rnn_audio.evaluation.seed_errors import RESOLUTIONS, SeedSpectra, read_spectra
from rnn_audio.records import read_json
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
from rnn_audio.types import Floats, Settings

(BAND_HZ,) = BANDS_HZ.values()
"""The band that paper B compares (section 5.1)."""

SILENT_DB = -80.0
"""Where the target is this far below its highest level, its error says nothing and is not drawn."""

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
_RANGE = {"alpha": 0.18, "linewidth": 0}
_RANGE_LABEL = "range over the seeds"
_SILENT_NOTE = f"Not drawn: frequencies at which the target is more than {-SILENT_DB:g} dB below its highest level."


@dataclass(frozen=True)
class ErrorCurve:
    """The error of one configuration's models.

    Attributes:
        label: what distinguishes it, for the legend.
        spectra: the error of each seed.
        chosen_seed: the seed with the line.
    """

    label: str
    spectra: SeedSpectra
    chosen_seed: int

    def __post_init__(self) -> None:
        """Refuse values that would draw a wrong figure."""
        if self.chosen_seed not in self.spectra.relative_db:
            seeds = list(self.spectra.relative_db)
            raise InputError(f"figure curve {self.label!r}: the chosen seed {self.chosen_seed} is not among {seeds}")

    @property
    def frequencies_hz(self) -> Floats:
        """The frequencies that are drawn, [F]: those at which the target is not silent."""
        return self.spectra.frequencies_hz[self._heard()]

    def chosen_db(self) -> Floats:
        """Error over target of the chosen seed in dB, [F]."""
        return self.spectra.relative_db[self.chosen_seed][self._heard()]

    def range_db(self) -> tuple[Floats, Floats] | None:
        """Lowest and highest error over target of the seeds in dB, [F] each; None for a single seed."""
        if len(self.spectra.relative_db) == 1:
            return None
        levels = np.array([relative_db[self._heard()] for relative_db in self.spectra.relative_db.values()])
        return levels.min(axis=0), levels.max(axis=0)

    def leaves_out(self) -> bool:
        """Whether there are frequencies that are not drawn."""
        return not self._heard().all()

    def _heard(self) -> NDArray[np.bool_]:
        target_db = self.spectra.target_db
        return np.isfinite(target_db) & (target_db >= target_db.max() + SILENT_DB)


@dataclass(frozen=True)
class ErrorSpectrumPanel:
    """The models of one hidden size.

    Attributes:
        title: what the panel shows.
        curves: one per configuration; at most eight labels in a figure.
    """

    title: str
    curves: tuple[ErrorCurve, ...]

    def __post_init__(self) -> None:
        """Refuse values that would draw a wrong figure."""
        if not self.curves:
            raise InputError(f"figure panel {self.title!r}: there is no curve")


def from_files(declaration: Settings, files: Files, notes: Sequence[str]) -> Figure:
    """Draw the figure of a declaration from its curves' `errors`, each group in two resolutions."""
    curves = [
        (panel["group"], panel["title"], read_json(path))
        for panel, path in zip(declaration["panels"], files["errors"], strict=True)
    ]
    panels = [
        ErrorSpectrumPanel(
            f"{group}, {resolution.replace('_', ' ')}",
            tuple(
                ErrorCurve(label, read_spectra(record, resolution), record["chosen_seed"])
                for own, label, record in curves
                if own == group
            ),
        )
        for group in sorted({group for group, _, _ in curves})
        for resolution in RESOLUTIONS
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
    if any(curve.leaves_out() for panel in panels for curve in panel.curves):
        notes = [*notes, _SILENT_NOTE]
    with grid_of_panels(titles, _MAX_COLUMNS, _PANEL_HEIGHT_INCHES, notes, share="xy") as (figure, grid):
        for axes, panel in zip(grid, panels, strict=True):
            _draw_panel(axes, panel, styles)
            if is_first_in_row(axes):
                axes.set_ylabel("Error re target (dB)")
        set_frequency_axis(grid[0], *_frequency_range(panels))
        _add_legend(figure, panels, styles)
    return figure


def _styles(panels: Sequence[ErrorSpectrumPanel]) -> dict[str, dict[str, object]]:
    labels = list(dict.fromkeys(curve.label for panel in panels for curve in panel.curves))
    if len(labels) > len(LINES):
        raise InputError(f"a figure of error spectra can show at most {len(LINES)} models, not {len(labels)}")
    return {label: _LINE | style for label, style in zip(labels, LINES, strict=False)}


def _draw_panel(axes: Axes, panel: ErrorSpectrumPanel, styles: dict[str, dict[str, object]]) -> None:
    axes.axvspan(*BAND_HZ, color=_BAND_COLOUR, linewidth=0, zorder=0)
    axes.axhline(0, color="#999999", linewidth=0.6, zorder=1)
    for index, curve in enumerate(panel.curves):
        style, frequencies_hz = styles[curve.label], curve.frequencies_hz
        marks = _marks(frequencies_hz, (index + 0.5) / len(panel.curves))
        axes.plot(frequencies_hz, curve.chosen_db(), label=curve.label, markevery=marks, **style)
        bounds = curve.range_db()
        if bounds is not None:
            label = f"{curve.label}, {_RANGE_LABEL}"
            axes.fill_between(frequencies_hz, *bounds, label=label, color=style["color"], zorder=1, **_RANGE)
    axes.set_xlabel("Frequency (Hz)")


def _marks(frequencies_hz: Floats, offset: float) -> list[int]:
    """Indices of the points with markers: evenly spaced on the logarithmic axis, shifted by `offset` steps (0 to 1)."""
    log_frequencies = np.log(frequencies_hz)
    step = (log_frequencies[-1] - log_frequencies[0]) / _MARKS
    wanted = log_frequencies[0] + step * (np.arange(_MARKS) + offset)
    return sorted({int(np.argmin(np.abs(log_frequencies - mark))) for mark in wanted})


def _frequency_range(panels: Sequence[ErrorSpectrumPanel]) -> tuple[float, float]:
    drawn = [curve.frequencies_hz for panel in panels for curve in panel.curves]
    return min(frequencies_hz[0] for frequencies_hz in drawn), max(frequencies_hz[-1] for frequencies_hz in drawn)


def _add_legend(figure: Figure, panels: Sequence[ErrorSpectrumPanel], styles: dict[str, dict[str, object]]) -> None:
    handles: list[Line2D | Patch] = [Line2D([], [], label=label, **style) for label, style in styles.items()]
    if any(curve.range_db() is not None for panel in panels for curve in panel.curves):
        handles.append(Patch(color=BLACK, label=_RANGE_LABEL, **_RANGE))
    low, high = (edge / 1000 for edge in BAND_HZ)
    handles.append(Patch(color=_BAND_COLOUR, label=f"{low:g} to {high:g} kHz"))
    columns = min(len(handles), int(_LEGEND_COLUMNS_PER_INCH * figure.get_figwidth()))
    # Long enough for the dashes to show on both sides of the marker.
    figure.legend(handles=handles, loc="outside upper left", ncols=columns, handlelength=3.2)
