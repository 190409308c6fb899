"""Training losses of several methods in one panel, with their auxiliary losses (paper A, figure 8).

All losses are in per cent of that of an output of zeros. For the auxiliary loss this is the power of the segments that
the epoch drew: in a decaying room, random segments differ in power by tens of decibels, which would hide the learning.

A method has the same colour in all panels. The loss of its chosen seed is a strong line, those of the other seeds are
faint, and the auxiliary loss of the chosen seed, if any, is dots. A vertical line marks the end of its pre-training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from rnn_audio.configuration.settings import PRETRAINING
from rnn_audio.errors import InputError
from rnn_audio.records import history_digest, read_columns, read_json
from rnn_audio.reporting.figures.style import (
    BLACK,
    BLUE,
    GREY,
    SKY_BLUE,
    VERMILLION,
    Files,
    grid_of_panels,
    is_first_in_row,
    set_value_axis,
)
from rnn_audio.types import Settings

History = Mapping[str, NDArray[np.float64]]

_MAX_COLUMNS = 2
_PANEL_HEIGHT_INCHES = 2.3
COLOURS = (BLACK, VERMILLION, BLUE, SKY_BLUE)
_CHOSEN = {"linewidth": 1.2, "zorder": 3}
_OTHERS = {"linewidth": 0.6, "alpha": 0.35, "zorder": 2}
_AUXILIARY = {"linestyle": "none", "marker": ".", "markersize": 5, "markeredgewidth": 0, "alpha": 0.6, "zorder": 1.5}
_END_OF_PRETRAINING = {"color": GREY, "linewidth": 0.8, "linestyle": ":", "zorder": 1}
_ZERO = {"color": GREY, "linewidth": 0.8, "linestyle": "-.", "zorder": 1}


@dataclass(frozen=True)
class ComparedTraining:
    """One configuration's training.

    Attributes:
        label: the method, for the legend.
        histories: by seed, the columns of its history: `epoch`, `training_mse`, and with an auxiliary loss also
            `auxiliary_mse`, `segments_power` and `phase`; shape [epochs] each.
        chosen_seed: the seed with the strong line.
    """

    label: str
    histories: Mapping[int, History]
    chosen_seed: int

    def __post_init__(self) -> None:
        """Refuse values that would draw a wrong figure."""
        if self.chosen_seed not in self.histories:
            raise InputError(
                f"figure curve {self.label!r}: the chosen seed {self.chosen_seed} is not among {list(self.histories)}"
            )

    @property
    def chosen(self) -> History:
        """The chosen seed's history."""
        return self.histories[self.chosen_seed]

    def has_auxiliary_loss(self) -> bool:
        """Whether there is an auxiliary loss to draw, and the power of the segments to relate it to."""
        return "segments_power" in self.chosen

    def auxiliary_percent(self) -> NDArray[np.float64]:
        """The chosen seed's auxiliary loss over the power of its segments, in per cent; NaN where they are silent."""
        power = self.chosen["segments_power"]
        return 100 * self.chosen["auxiliary_mse"] / np.where(power > 0, power, np.nan)

    def pretraining_epochs(self) -> int:
        """Number of epochs of pre-training."""
        return int(np.count_nonzero(self.chosen["phase"] == PRETRAINING)) if "phase" in self.chosen else 0


@dataclass(frozen=True)
class ComparedPanel:
    """The methods to compare on one signal.

    Attributes:
        title: what the panel shows.
        trainings: one per method; at most four different labels in a figure.
        baseline_mse: the loss of an output that is always zero, to which all are related.
    """

    title: str
    trainings: tuple[ComparedTraining, ...]
    baseline_mse: float

    def __post_init__(self) -> None:
        """Refuse values that would draw a wrong figure."""
        if not self.trainings:
            raise InputError(f"figure panel {self.title!r}: there is nothing to compare")


def from_files(declaration: Settings, files: Files, notes: Sequence[str], *, seeds: Sequence[int]) -> Figure:
    """Draw the figure of a declaration from the `selections` and each seed's `histories` of its curves.

    Args:
        seeds: of each configuration, in the order of its histories.
    """
    histories = iter(files["histories"])
    groups: dict[str, list[ComparedTraining]] = {}
    baselines = {}
    for panel, path in zip(declaration["panels"], files["selections"], strict=True):
        selection = read_json(path)
        training = ComparedTraining(
            label=panel["title"],
            histories={seed: read_columns(next(histories), history_digest(selection, seed)) for seed in seeds},
            chosen_seed=selection["chosen_seed"],
        )
        groups.setdefault(panel["group"], []).append(training)
        baselines[panel["group"]] = selection["zero_loss"]["training_mse"]
    panels = [ComparedPanel(title, tuple(trainings), baselines[title]) for title, trainings in groups.items()]
    return plot_compared_losses(panels, notes)


def plot_compared_losses(panels: Sequence[ComparedPanel], notes: Sequence[str] = ()) -> Figure:
    """Draw the panels in rows of two, labelled (a), (b) and so on, each with its own loss axis.

    Args:
        panels: at least one.
        notes: small lines below the figure.

    Returns:
        A figure of one column's width (3.5 in) for one panel, else of two (7.16 in).

    Raises:
        InputError: there are no panels, or more than four methods.
    """
    if not panels:
        raise InputError("a figure of compared losses needs at least one panel")
    colours = _assign_colours(panels)
    titles = [panel.title for panel in panels]
    with grid_of_panels(titles, _MAX_COLUMNS, _PANEL_HEIGHT_INCHES, notes) as (figure, grid):
        for axes, panel in zip(grid, panels, strict=True):
            _draw_panel(axes, panel, colours)
            axes.set_ylabel("MSE (% of zero output)" if is_first_in_row(axes) else "")
        _add_legend(figure, panels, colours)
    return figure


def _assign_colours(panels: Sequence[ComparedPanel]) -> dict[str, str]:
    labels = list(dict.fromkeys(training.label for panel in panels for training in panel.trainings))
    if len(labels) > len(COLOURS):
        raise InputError(f"a figure of compared losses can show at most {len(COLOURS)} methods, not {len(labels)}")
    return dict(zip(labels, COLOURS, strict=False))


def _draw_panel(axes: Axes, panel: ComparedPanel, colours: Mapping[str, str]) -> None:
    shown = [100.0]
    for training in panel.trainings:
        colour = colours[training.label]
        for seed, history in training.histories.items():
            style = _CHOSEN if seed == training.chosen_seed else _OTHERS
            label = f"{training.label}, seed {seed}"
            percent = 100 * history["training_mse"] / panel.baseline_mse
            axes.plot(history["epoch"], percent, label=label, color=colour, **style)
            shown += percent.tolist()
        if training.has_auxiliary_loss():
            percent = training.auxiliary_percent()
            label = f"{training.label}, auxiliary loss"
            axes.plot(training.chosen["epoch"], percent, label=label, color=colour, **_AUXILIARY)
            shown += percent.tolist()
        if training.pretraining_epochs() > 0:
            # Between the last epoch of pre-training and the first of joint training.
            axes.axvline(training.pretraining_epochs() + 0.5, label="end of pre-training", **_END_OF_PRETRAINING)
    axes.axhline(100, label="zero output", **_ZERO)
    set_value_axis(axes, shown)
    axes.locator_params(axis="x", nbins=5, integer=True)
    axes.set_xlabel("Epoch")


def _add_legend(figure: Figure, panels: Sequence[ComparedPanel], colours: Mapping[str, str]) -> None:
    trainings = [training for panel in panels for training in panel.trainings]
    handles = [Line2D([], [], label=label, color=colour, **_CHOSEN) for label, colour in colours.items()]
    with_auxiliary = dict.fromkeys(training.label for training in trainings if training.has_auxiliary_loss())
    handles += [
        Line2D([], [], label="its auxiliary loss, % of the segments' power", color=colours[one], **_AUXILIARY)
        for one in with_auxiliary
    ]
    if any(training.pretraining_epochs() > 0 for training in trainings):
        handles.append(Line2D([], [], label="end of pre-training", **_END_OF_PRETRAINING))
    handles.append(Line2D([], [], label="zero output", **_ZERO))
    columns = len(handles) if len(panels) > 1 else 2
    figure.legend(handles=handles, loc="outside upper left", ncols=columns, handlelength=2.4)
