"""Training loss over the epochs, one panel per configuration, one line per seed.

Losses are in per cent of that of an output of zeros, and all panels share the axis: configurations of different signals
can be compared by eye.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.records import Record, history_digest, read_history, read_json
from rnn_audio.reporting.figures.style import (
    BLACK,
    BLUE,
    SKY_BLUE,
    VERMILLION,
    Files,
    grid_of_panels,
    is_first_in_row,
    set_value_axis,
)
from rnn_audio.types import Settings

_MAX_COLUMNS = 4
_PANEL_HEIGHT_INCHES = 1.6

_LINES = {
    "chosen seed": {"color": BLUE, "linewidth": 1.3, "zorder": 3},
    "other seeds": {"color": SKY_BLUE, "linewidth": 0.7, "zorder": 2},
    "zero output": {"color": BLACK, "linewidth": 0.8, "linestyle": "--", "zorder": 1},
    "paper": {"color": VERMILLION, "linewidth": 0.8, "linestyle": ":", "marker": "D", "markersize": 3.5, "zorder": 4},
}


@dataclass(frozen=True)
class SeedCurve:
    """One seed's training.

    Attributes:
        seed: the seed.
        epochs: epoch numbers, shape [epochs].
        losses: the loss after each epoch, shape [epochs].
    """

    seed: int
    epochs: NDArray[np.integer]
    losses: NDArray[np.floating]


@dataclass(frozen=True)
class LossPanel:
    """One configuration's training.

    Attributes:
        title: what the panel shows.
        curves: one per seed.
        chosen_seed: the seed with the emphasised line.
        baseline_mse: the loss of an output that is always zero, to which the others are related.
        published_mse: the paper's loss at the end of training; None if it states none.
    """

    title: str
    curves: tuple[SeedCurve, ...]
    chosen_seed: int
    baseline_mse: float
    published_mse: float | None = None

    def __post_init__(self) -> None:
        """Refuse values that would draw a wrong figure."""
        seeds = [curve.seed for curve in self.curves]
        if self.chosen_seed not in seeds:
            raise InputError(f"figure panel {self.title!r}: the chosen seed {self.chosen_seed} is not among {seeds}")
        for curve in self.curves:
            if curve.epochs.size == 0 or curve.epochs.shape != curve.losses.shape:
                raise InputError(
                    f"figure panel {self.title!r}, seed {curve.seed}: {curve.epochs.size} epochs and "
                    f"{curve.losses.size} losses; there has to be one loss per epoch, and at least one"
                )

    def percent(self, losses: NDArray[np.floating] | float) -> NDArray[np.floating] | float:
        """Losses as they are drawn."""
        return 100 * losses / self.baseline_mse


def from_files(
    declaration: Settings,
    files: Files,
    notes: Sequence[str],
    *,
    seeds: Sequence[int],
    published: Mapping[str, float | None],
) -> Figure:
    """Draw the figure of a declaration from the `selections` and each seed's `histories` of its panels.

    Args:
        seeds: of each configuration, in the order of its histories.
        published: the paper's loss of each configuration; None if it states none.
    """
    histories = iter(files["histories"])
    selections = [read_json(path) for path in files["selections"]]
    panels = [
        LossPanel(
            title=panel["title"],
            curves=tuple(_curve(next(histories), seed, selection) for seed in seeds),
            chosen_seed=selection["chosen_seed"],
            baseline_mse=_zero_loss(selection),
            published_mse=published[panel["configuration"]],
        )
        for panel, selection in zip(declaration["panels"], selections, strict=True)
    ]
    return plot_loss_curves(panels, notes)


def _curve(history: Path, seed: int, selection: Record) -> SeedCurve:
    return SeedCurve(seed, *read_history(history, history_digest(selection, seed)))


def _zero_loss(selection: Record) -> float:
    """The loss of an output that is always zero: the training loss, or for a device its test loss, of the same kind."""
    losses = selection["zero_loss"]
    return losses["training_mse" if "training_mse" in losses else "test_loss"]


def plot_loss_curves(panels: Sequence[LossPanel], notes: Sequence[str] = ()) -> Figure:
    """Draw the panels in rows of at most four, labelled (a), (b) and so on.

    Args:
        panels: at least one.
        notes: small lines below the figure.

    Returns:
        A figure of one column's width (3.5 in) for one panel, else of two (7.16 in).

    Raises:
        InputError: there are no panels.
    """
    if not panels:
        raise InputError("a loss figure needs at least one panel")
    titles, columns = [panel.title for panel in panels], _columns(len(panels))
    with grid_of_panels(titles, columns, _PANEL_HEIGHT_INCHES, notes, share="y") as (figure, grid):
        for axes, panel in zip(grid, panels, strict=True):
            _draw_panel(axes, panel)
            axes.tick_params(which="both", labelleft=is_first_in_row(axes))
            axes.set_ylabel("% of zero output" if is_first_in_row(axes) else "")
        set_value_axis(grid[0], [value for panel in panels for value in _values(panel)])
        for lowest in grid[-columns:]:
            lowest.set_xlabel("Epoch")
        _add_legend(figure, panels)
    return figure


def _values(panel: LossPanel) -> list[float]:
    """Everything that a panel shows."""
    published = [] if panel.published_mse is None else [panel.percent(panel.published_mse)]
    return [100.0, *published, *(value for curve in panel.curves for value in panel.percent(curve.losses).tolist())]


def _columns(panels: int) -> int:
    """At most four; three if that fills the rows and four does not."""
    if panels > _MAX_COLUMNS and panels % 3 == 0 and panels % _MAX_COLUMNS != 0:
        return 3
    return min(panels, _MAX_COLUMNS)


def _draw_panel(axes: Axes, panel: LossPanel) -> None:
    for curve in panel.curves:
        role = "chosen seed" if curve.seed == panel.chosen_seed else "other seeds"
        axes.plot(curve.epochs, panel.percent(curve.losses), label=f"seed {curve.seed}", **_LINES[role])
    axes.axhline(100, label="zero output", **_LINES["zero output"])
    if panel.published_mse is not None:
        epochs = [min(curve.epochs[0] for curve in panel.curves), max(curve.epochs[-1] for curve in panel.curves)]
        # The diamond marks the last epoch only: the paper states the final loss, not its course.
        axes.plot(
            epochs,
            [panel.percent(panel.published_mse)] * 2,
            label="paper",
            markevery=[1],
            clip_on=False,
            **_LINES["paper"],
        )
    axes.locator_params(axis="x", nbins=4, integer=True)


def _add_legend(figure: Figure, panels: Sequence[LossPanel]) -> None:
    shown = {
        "chosen seed": True,
        "other seeds": any(len(panel.curves) > 1 for panel in panels),
        "zero output": True,
        "paper": any(panel.published_mse is not None for panel in panels),
    }
    handles = [Line2D([], [], label=role, **_LINES[role]) for role, is_shown in shown.items() if is_shown]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))
