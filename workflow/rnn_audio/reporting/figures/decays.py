"""What several training methods make of one signal on their own: waveforms, and the decay of their energy.

On the left the target and below it each generation over the target, all on one scale; on the right, in one axes, the
energy that is left of each after each moment. A method has the same colour in all panels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.lines import Line2D

from rnn_audio.errors import InputError
from rnn_audio.records import read_json
from rnn_audio.reporting.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN_INCHES,
    SKY_BLUE,
    VERMILLION,
    Files,
    letter,
    new_figure,
    wrap,
)
from rnn_audio.signals.acoustics import decay_curve
from rnn_audio.types import Samples, Settings
from rnn_audio.wav import read_wav

_TARGET = {"color": SKY_BLUE, "linewidth": 1.8, "solid_joinstyle": "round"}
LINES = tuple({"color": colour, "linewidth": 0.8} for colour in (VERMILLION, BLACK, BLUE))
_WAVE_HEIGHT_INCHES = 0.95
_MARGINS_INCHES = 0.6
_WAVES_TO_DECAY = (1.35, 1)
_HEADROOM = 1.08
_LEFT_MARGIN = 0.01  # of the sound: keeps an impulse at the first sample off the axis
_DECAY_RANGE_DB = 60
_CAPTION_POINTS = 7
_CAPTION_WIDTH_INCHES = 3.3


@dataclass(frozen=True)
class Response:
    """A target or a generation.

    Attributes:
        label: what it is: "target", or the training method.
        samples: shape [N].
        decay_db: energy that is left from each sample on, in dB re its whole energy, shape [N].
        relative_error: mean squared error over the target's power, as the metrics have it; None for the target.
    """

    label: str
    samples: Samples
    decay_db: Samples
    relative_error: float | None = None


@dataclass(frozen=True)
class DecayPanel:
    """One signal, and what was generated of it.

    Attributes:
        title: what the panel shows.
        target: the signal.
        rate_hz: samples a second of all of them.
        generations: one a method, three different labels at most in a figure.
    """

    title: str
    target: Response
    rate_hz: float
    generations: tuple[Response, ...]

    def __post_init__(self) -> None:
        """Check what would otherwise draw a wrong figure."""
        if not self.generations:
            raise InputError(f"figure panel {self.title!r}: there is no generation")
        for response in (self.target, *self.generations):
            if response.samples.shape != self.target.samples.shape or response.decay_db.shape != response.samples.shape:
                raise InputError(
                    f"figure panel {self.title!r}: {response.label} {response.samples.shape} and its decay "
                    f"{response.decay_db.shape} have to be as long as the target {self.target.samples.shape}"
                )


def from_files(declaration: Settings, files: Files, notes: Sequence[str]) -> Figure:
    """The figure of a declaration, from the `targets`, `generations` and `metrics` of its curves."""
    targets: dict[str, tuple[Response, float]] = {}
    generations: dict[str, list[Response]] = {}
    for panel, target_path, sound, metrics in zip(
        declaration["panels"], files["targets"], files["generations"], files["metrics"], strict=True
    ):
        target, rate_hz = read_wav(target_path)
        targets[panel["group"]] = (Response("target", target, decay_curve(target)), rate_hz)
        generated, _ = read_wav(sound)
        error = read_json(metrics)["generation"]["relative_error"]
        response = Response(panel["title"], generated, decay_curve(generated), error)
        generations.setdefault(panel["group"], []).append(response)
    panels = [DecayPanel(group, *targets[group], tuple(shown)) for group, shown in generations.items()]
    return plot_decays(panels, notes)


def plot_decays(panels: Sequence[DecayPanel], notes: Sequence[str] = ()) -> Figure:
    """Draw the panels one below the other, labelled (a), (b) and on.

    Args:
        panels: at least one.
        notes: small lines below the figure.

    Returns:
        A figure of two columns' width (7.16 in).

    Raises:
        InputError: there is no panel, or there are more than three methods.
    """
    if not panels:
        raise InputError("a figure of decays needs at least one panel")
    styles = _assign_styles(panels)
    heights = [_MARGINS_INCHES + _WAVE_HEIGHT_INCHES * (1 + len(panel.generations)) for panel in panels]
    with new_figure(DOUBLE_COLUMN_INCHES, sum(heights), notes) as figure:
        grid = figure.add_gridspec(len(panels), 2, height_ratios=heights, width_ratios=_WAVES_TO_DECAY)
        for index, panel in enumerate(panels):
            _draw_waves(figure, grid[index, 0], panel, styles, letter(index))
            _draw_decays(figure.add_subplot(grid[index, 1]), panel, styles)
        handles = [Line2D([], [], label=label, **style) for label, style in {"target": _TARGET, **styles}.items()]
        figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), handlelength=2.4)
        figure.align_ylabels()
    return figure


def _assign_styles(panels: Sequence[DecayPanel]) -> dict[str, Mapping[str, object]]:
    labels = list(dict.fromkeys(response.label for panel in panels for response in panel.generations))
    if len(labels) > len(LINES):
        raise InputError(f"a figure of decays tells {len(LINES)} methods apart, not {len(labels)}")
    return dict(zip(labels, LINES, strict=False))


def _draw_waves(
    figure: Figure, place: SubplotSpec, panel: DecayPanel, styles: Mapping[str, Mapping[str, object]], label: str
) -> None:
    """Draw the target, and below it each generation over the target, on one scale."""
    rows = place.subgridspec(1 + len(panel.generations), 1)
    times_s = np.arange(panel.target.samples.size) / panel.rate_hz
    peak = max(np.abs(response.samples).max() for response in (panel.target, *panel.generations))
    for row, response in enumerate((panel.target, *panel.generations)):
        axes = figure.add_subplot(rows[row])
        axes.plot(times_s, panel.target.samples, label="target", **_TARGET)
        if response is not panel.target:
            axes.plot(times_s, response.samples, label=response.label, **styles[response.label])
        axes.set_xlim(-_LEFT_MARGIN * times_s[-1], times_s[-1])
        if peak > 0:
            axes.set_ylim(-_HEADROOM * peak, _HEADROOM * peak)
        axes.locator_params(axis="x", nbins=6)
        axes.locator_params(axis="y", nbins=3)
        is_last = row == len(panel.generations)
        axes.tick_params(labelbottom=is_last)
        axes.set_xlabel("Time (s)" if is_last else "")
        axes.set_ylabel("Amplitude")
        _caption(axes, _describe(response, panel))
        if row == 0:
            axes.set_title(f"{label} {panel.title}", loc="left", pad=13, parse_math=False)


def _draw_decays(axes: Axes, panel: DecayPanel, styles: Mapping[str, Mapping[str, object]]) -> None:
    times_s = np.arange(panel.target.samples.size) / panel.rate_hz
    axes.plot(times_s, panel.target.decay_db, label="target", **_TARGET)
    for response in panel.generations:
        axes.plot(times_s, response.decay_db, label=response.label, **styles[response.label])
    axes.set_xlim(0, times_s[-1])
    axes.set_ylim(-_DECAY_RANGE_DB, 2)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Energy left (dB)")
    _caption(axes, "energy decay (Schroeder)")


def _describe(response: Response, panel: DecayPanel) -> str:
    if response.relative_error is None:
        return f"{response.label}, {response.samples.size} samples at {panel.rate_hz:g} Hz"
    return f"{response.label}, MSE {100 * response.relative_error:.3g} % of the power"


def _caption(axes: Axes, text: str) -> None:
    text = wrap(text, _CAPTION_WIDTH_INCHES, _CAPTION_POINTS)  # a long line would narrow the axes
    label = axes.annotate(
        text, (0, 1), (0, 3), xycoords="axes fraction", textcoords="offset points", fontsize=_CAPTION_POINTS
    )
    label.set_parse_math(False)
