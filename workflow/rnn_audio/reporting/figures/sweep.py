"""A sweep: one panel per quantity over the varied value, and below them the training losses of the chosen seeds.

Losses are in per cent of that of an output of zeros. Numbers are placed on a numeric axis, which is logarithmic if they
span a decade; any other values are placed at equal distances. A quantity that could not be measured is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from rnn_audio.configuration.words import quantity_words
from rnn_audio.errors import InputError
from rnn_audio.records import history_digest, read_by_configuration, read_history
from rnn_audio.reporting.figures.loss_curves import SeedCurve
from rnn_audio.reporting.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN_INCHES,
    GREY,
    SKY_BLUE,
    Files,
    letter,
    new_figure,
    set_value_axis,
    wrap,
)
from rnn_audio.reporting.tables.rows import read_rows
from rnn_audio.reporting.tables.sweep_points import SweepPoint, sweep_point
from rnn_audio.types import Settings

_MAX_COLUMNS = 3
_ROW_HEIGHT_INCHES = 2.1
_DECADE = 10.0
_TITLE_SHARE = 0.85  # of a panel's width
# Longer labels, taken together, do not fit side by side below one panel.
_CHARACTERS_BELOW_A_PANEL = 24

_MARKS = {
    "chosen seed": {"color": BLUE, "marker": "D", "markersize": 4.5, "linestyle": "none", "zorder": 4},
    "other seeds": {"color": SKY_BLUE, "marker": "o", "markersize": 3.5, "linestyle": "none", "zorder": 3},
    "median of the seeds": {"color": GREY, "linewidth": 1.0, "zorder": 2},
    "zero output": {"color": BLACK, "linewidth": 0.8, "linestyle": "--", "zorder": 1},
}
# Curves differ in colour, from dark to light, and in dashes.
_COLOURS = "viridis"
_LIGHTEST = 0.78
_LINES_IN_A_LEGEND_COLUMN = 10
_DASHES = ("-", (0, (5, 1.2)), (0, (1.2, 1)), (0, (5, 1.2, 1.2, 1.2)))


@dataclass(frozen=True)
class SweepPanel:
    """One quantity over the varied value.

    Attributes:
        quantity: what the panel shows.
        points: one per value, in the sweep's order.
    """

    quantity: str
    points: tuple[SweepPoint, ...]

    def __post_init__(self) -> None:
        """Refuse values that would draw an empty figure."""
        if not self.points:
            raise InputError(f"figure panel {self.quantity!r}: there is no value")

    def is_empty(self) -> bool:
        """Whether the quantity could not be measured at any value."""
        return not any(point.measured() for point in self.points)

    def is_relative(self) -> bool:
        """Whether its values are drawn in per cent of zero output."""
        return all(point.baseline > 0 for point in self.points)

    def drawn(self, point: SweepPoint, value: float) -> float:
        """A value as it is drawn."""
        return 100 * value / point.baseline if self.is_relative() else value

    def axis_label(self) -> str:
        """The unit of what is drawn."""
        if self.is_relative() and self.points[0].is_loss:
            return "% of zero output"
        return quantity_words(self.quantity).partition("(")[2].removesuffix(")")


def from_files(declaration: Settings, files: Files, notes: Sequence[str], *, seeds: Sequence[int]) -> Figure:
    """Draw the figure of a sweep from the `selections`, `metrics` and each seed's `histories` of its values.

    Args:
        declaration: the same as for the sweep's table, for both show the same quantities of the same rows.
        seeds: of each configuration, in the order of its histories.
    """
    results = {what: read_by_configuration(files[what]) for what in ("selections", "metrics")}
    rows = read_rows(declaration["caption"], declaration, results)
    panels = [
        SweepPanel(quantity, tuple(sweep_point(row, quantity) for row in rows))
        for quantity in declaration["quantities"]
    ]
    curves = []
    for index, row in enumerate(rows):
        (label,) = row.labels.values()
        seed = row.selection["chosen_seed"]
        history = files["histories"][index * len(seeds) + seeds.index(seed)]
        curves.append((str(label), SeedCurve(seed, *read_history(history, history_digest(row.selection, seed)))))
    (varied,) = declaration["labels"].values()
    return plot_sweep(panels, curves, varied, notes)


def plot_sweep(
    panels: Sequence[SweepPanel], curves: Sequence[tuple[str, SeedCurve]], varied: str, notes: Sequence[str] = ()
) -> Figure:
    """Draw the quantities in rows of at most three, and the loss curves below.

    Args:
        panels: at least one.
        curves: for each value, its label and the chosen seed's training.
        varied: the varied key, which labels the axis.
        notes: small lines below the figure.

    Returns:
        A figure of two columns' width (7.16 in).

    Raises:
        InputError: there are no panels.
    """
    if not panels:
        raise InputError("a figure of a sweep needs at least one panel")
    empty = [quantity_words(panel.quantity) for panel in panels if panel.is_empty()]
    if empty:
        notes = [*notes, f"Not drawn, because it could not be measured at any value: {'; '.join(empty)}."]
    panels = [panel for panel in panels if not panel.is_empty()]
    columns = 2 if len(panels) in (2, 4) else max(1, min(len(panels), _MAX_COLUMNS))
    rows = -(-len(panels) // columns)
    with new_figure(DOUBLE_COLUMN_INCHES, _ROW_HEIGHT_INCHES * (rows + 1), notes) as figure:
        # Two grids, so that the legend of the curves does not narrow the panels.
        grid = figure.add_gridspec(rows + 1, 1)
        upper = grid[:rows].subgridspec(rows, columns) if panels else None
        for index, panel in enumerate(panels):
            axes = figure.add_subplot(upper[divmod(index, columns)])
            _draw_panel(axes, panel, varied)
            _set_title(axes, index, quantity_words(panel.quantity), DOUBLE_COLUMN_INCHES / columns)
            axes.set_ylabel(panel.axis_label())
        axes = figure.add_subplot(grid[rows].subgridspec(1, 1)[0])
        _draw_curves(axes, curves, varied)
        _set_title(axes, len(panels), "training loss of the chosen seeds", DOUBLE_COLUMN_INCHES)
        _add_legend(figure, panels)
    return figure


def _set_title(axes: Axes, index: int, title: str, width_inches: float) -> None:
    text = wrap(f"{letter(index)} {title}", _TITLE_SHARE * width_inches, mpl.rcParams["axes.titlesize"])
    axes.set_title(text, loc="left", parse_math=False)


def _draw_panel(axes: Axes, panel: SweepPanel, varied: str) -> None:
    axes.margins(x=0.06, y=0.1)
    places = _set_value_axis(axes, [point.label for point in panel.points])
    axes.set_xlabel(varied, parse_math=False)
    for place, point in zip(places, panel.points, strict=True):
        others = [panel.drawn(point, value) for seed, value in point.seeds.items() if seed != point.chosen_seed]
        axes.plot([place] * len(others), others, label=f"other seeds, {point.label}", **_MARKS["other seeds"])
    chosen = [panel.drawn(point, point.chosen()) for point in panel.points]
    axes.plot(places, chosen, label="chosen seed", **_MARKS["chosen seed"])
    medians = [panel.drawn(point, point.median()) for point in panel.points]
    axes.plot(places, medians, label="median of the seeds", **_MARKS["median of the seeds"])
    if panel.is_relative():
        axes.axhline(100, label="zero output", **_MARKS["zero output"])
    values = [panel.drawn(point, value) for point in panel.points for value in point.measured()]
    if panel.points[0].is_loss and all(value > 0 for value in values):
        set_value_axis(axes, values)


def _set_value_axis(axes: Axes, labels: Sequence[str | float]) -> list[float]:
    """Set up the axis of the varied value, and return the position of each value on it."""
    if all(isinstance(label, int | float) for label in labels):
        places = [float(label) for label in labels]
        if min(places) > 0 and max(places) >= _DECADE * min(places):
            axes.set_xscale("log")
        texts = [f"{label:g}" for label in labels]
    else:
        places = [float(index) for index in range(len(labels))]
        texts = [str(label) for label in labels]
        axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.xaxis.set_major_locator(FixedLocator(places))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels(texts, parse_math=False)
    if sum(len(text) for text in texts) > _CHARACTERS_BELOW_A_PANEL:
        axes.tick_params(axis="x", labelrotation=35)
        for text in axes.get_xticklabels():
            text.set(horizontalalignment="right", rotation_mode="anchor")
    return places


def _draw_curves(axes: Axes, curves: Sequence[tuple[str, SeedCurve]], varied: str) -> None:
    set_value_axis(axes, [loss for _, curve in curves for loss in curve.losses])
    colours = mpl.colormaps[_COLOURS](np.linspace(0, _LIGHTEST, len(curves)))
    for index, (label, curve) in enumerate(curves):
        style = {"color": colours[index], "linestyle": _DASHES[index % len(_DASHES)], "linewidth": 1.1}
        axes.plot(curve.epochs, curve.losses, label=label, **style)
    axes.locator_params(axis="x", nbins=6, integer=True)
    axes.set_xlabel("Epoch")
    axes.set_ylabel("Training loss")
    columns = -(-len(curves) // _LINES_IN_A_LEGEND_COLUMN)
    place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0}
    legend = axes.legend(title=varied, ncols=columns, handlelength=2.6, **place)
    legend.get_title().set(fontsize=mpl.rcParams["legend.fontsize"], parse_math=False)


def _add_legend(figure: Figure, panels: Sequence[SweepPanel]) -> None:
    points = [point for panel in panels for point in panel.points]
    shown = {
        "chosen seed": True,
        "other seeds": any(len(point.seeds) > 1 for point in points),
        "median of the seeds": any(len(point.seeds) > 1 for point in points),
        "zero output": any(panel.is_relative() for panel in panels),
    }
    handles = [Line2D([], [], label=role, **_MARKS[role]) for role, is_shown in shown.items() if is_shown]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))
