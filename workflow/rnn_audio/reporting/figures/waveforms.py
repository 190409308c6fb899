"""Target and output of a model over time, one panel per sound.

Every panel draws the output, dark and thin, over the target, light and wide: light that stays visible is what the model
misses. Below them are the levels of target, output and error in decibels, because the tail of an impulse response is
30 dB below its peak: where the error reaches the target, the model is no better than silence. If a zoom is declared, a
short stretch next to them shows single samples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rnn_audio.errors import InputError
from rnn_audio.records import read_json
from rnn_audio.reporting.figures.style import (
    BLACK,
    DOUBLE_COLUMN_INCHES,
    GREY,
    SINGLE_COLUMN_INCHES,
    SKY_BLUE,
    VERMILLION,
    Files,
    letter,
    new_figure,
    scientific,
    wrap,
)
from rnn_audio.types import Samples, Settings
from rnn_audio.wav import read_wav

_TARGET = {"color": SKY_BLUE, "linewidth": 2.0, "solid_joinstyle": "round"}
_OUTPUT = {"color": BLACK, "linewidth": 0.7}
_ERROR = {"color": VERMILLION, "linewidth": 1.0, "linestyle": (0, (3, 1))}
_MARK = {"color": GREY, "linewidth": 0.6, "linestyle": "--"}
_PANEL_HEIGHT_INCHES = 2.4
_CAPTION_LINE_POINTS = 9
_HEADROOM = 1.08
_WHOLE_TO_ZOOM = (1.8, 1)
_SIGNALS_TO_LEVELS = (3, 2)
_LEFT_MARGIN = 0.01  # of the stretch shown: keeps an impulse at the first sample off the axis
_WINDOWS = 10  # length of a panel in windows of its levels: 50 ms of a 0.5 s response
_WINDOWS_BETWEEN_MARKS = 4
_LEVEL_RANGE_DB = 60
_MANY_SAMPLES = 1200  # in one view: a wide line would fill the panel
_SAME = 1e-4  # errors in single and double precision


@dataclass(frozen=True)
class WaveformPanel:
    """One sound and the recording that it should equal.

    Attributes:
        title: what the panel shows.
        target: the recording, shape [samples].
        output: the model's sound, shape [samples].
        rate_hz: sampling rate of both, in Hz.
        output_label: what the output is, "prediction", "generation" or "reconstruction"; goes into the legend.
        mse: mean squared error of the output, from the metrics; not computed here.
        states_mse: mean of that error over all initial states, as tables show it; None where there is none.
        power: the error of an output of zeros, by which both are divided; None to show neither in per cent.
        zoom_samples: first sample, and sample after the last, of the stretch shown enlarged; None for none.
        mark_every_samples: distance in samples between dashed vertical lines at updates or state resets; None for none.
        first_sample: where a segment begins in its recording; shown above the panel, while the time axis starts at 0.
    """

    title: str
    target: Samples
    output: Samples
    rate_hz: float
    output_label: str
    mse: float | None
    zoom_samples: tuple[int, int] | None = None
    mark_every_samples: int | None = None
    first_sample: int = 0
    states_mse: float | None = None
    power: float | None = None

    def __post_init__(self) -> None:
        """Refuse values that would draw a wrong figure."""
        if self.target.ndim != 1 or self.target.shape != self.output.shape or self.target.size == 0:
            raise InputError(
                f"figure panel {self.title!r}: target {self.target.shape} and {self.output_label} "
                f"{self.output.shape} have to be mono, of the same length and not empty"
            )
        if self.rate_hz <= 0:
            raise InputError(f"figure panel {self.title!r}: the rate has to be positive, not {self.rate_hz} Hz")
        if self.mark_every_samples is not None and self.mark_every_samples < 1:
            raise InputError(f"figure panel {self.title!r}: mark_every_samples has to be at least 1")
        if self.zoom_samples is None:
            return
        start, stop = self.zoom_samples
        if not 0 <= start < stop <= self.target.size:
            raise InputError(
                f"figure panel {self.title!r}: zoom_samples [{start}, {stop}] has to lie within 0 and "
                f"{self.target.size} samples, start before stop"
            )


def from_files(declaration: Settings, files: Files, notes: Sequence[str]) -> Figure:
    """Draw the figure of a declaration from the `targets`, `sounds` and `metrics` of its panels."""
    panels = []
    for panel, target_path, sound, metrics in zip(
        declaration["panels"], files["targets"], files["sounds"], files["metrics"], strict=True
    ):
        target, rate_hz = read_wav(target_path)
        record = read_json(metrics)
        measured = record[panel["shows"]]
        panels.append(
            WaveformPanel(
                title=panel["title"],
                target=target,
                output=read_wav(sound)[0],
                rate_hz=rate_hz,
                output_label=panel["shows"],
                mse=measured["mse"],
                zoom_samples=tuple(panel["zoom_samples"]) if "zoom_samples" in panel else None,
                mark_every_samples=panel.get("mark_every_samples"),
                first_sample=measured.get("first_sample", 0),
                states_mse=measured.get("states_mse"),
                power=measured.get("power", record["target"]["power"]),
            )
        )
    return plot_waveforms(panels, notes)


def plot_waveforms(
    panels: Sequence[WaveformPanel], notes: Sequence[str] = (), mark_label: str = "sub-sequence"
) -> Figure:
    """Draw the panels one below the other, labelled (a), (b) and so on.

    Args:
        panels: at least one.
        notes: small lines below the figure.
        mark_label: what the dashed vertical lines are, for the legend.

    Returns:
        A figure of one column's width (3.5 in), or of two (7.16 in) if a panel has a zoom.

    Raises:
        InputError: there are no panels.
    """
    if not panels:
        raise InputError("a waveform figure needs at least one panel")
    zoomed = any(panel.zoom_samples is not None for panel in panels)
    width = DOUBLE_COLUMN_INCHES if zoomed else SINGLE_COLUMN_INCHES
    with new_figure(width, _PANEL_HEIGHT_INCHES * len(panels), notes) as figure:
        columns = 2 if zoomed else 1
        grid = figure.add_gridspec(
            2 * len(panels),
            columns,
            height_ratios=_SIGNALS_TO_LEVELS * len(panels),
            width_ratios=_WHOLE_TO_ZOOM[:columns],
        )
        for index, panel in enumerate(panels):
            whole = slice(None) if panel.zoom_samples is None else 0
            signals = figure.add_subplot(grid[2 * index, whole])
            levels = figure.add_subplot(grid[2 * index + 1, whole], sharex=signals)
            _draw_signals(signals, panel, (0, panel.target.size))
            _draw_levels(levels, panel)
            _add_heading(signals, panel, letter(index), width)
            signals.tick_params(labelbottom=False)
            signals.set_xlabel("")
            if panel.zoom_samples is not None:
                _draw_zoom(figure.add_subplot(grid[2 * index : 2 * index + 2, 1]), panel)
                _shade_zoom((signals, levels), panel)
        _add_legend(figure, panels, mark_label)
        figure.align_ylabels()
    return figure


def short_time_level_db(signal: Samples, window_samples: int) -> Samples:
    """Level over time: root mean square in a moving Hann window, in dB relative to amplitude 1; -inf for silence.

    At both ends, the mean covers only the part of the window inside the signal.
    """
    window = np.hanning(window_samples + 2)[1:-1]  # without the zeros at its ends
    power = np.convolve(signal.astype(np.float64) ** 2, window, mode="same")
    weights = np.convolve(np.ones(signal.size), window, mode="same")
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power / weights)


def _draw_signals(axes: Axes, panel: WaveformPanel, stretch: tuple[int, int]) -> None:
    """Draw the waveforms from the start to before the stop of a stretch, scaled to what is shown."""
    start, stop = stretch
    times_s = np.arange(start, stop) / panel.rate_hz
    target, output = panel.target[start:stop], panel.output[start:stop]
    style = _TARGET if len(target) <= _MANY_SAMPLES else _TARGET | {"linewidth": 1.0}
    axes.plot(times_s, target, label="target", **style)
    axes.plot(times_s, output, label=panel.output_label, **_OUTPUT)
    peak = np.nanmax(np.abs([target, output]))
    if 0 < peak < np.inf:
        axes.set_ylim(-_HEADROOM * peak, _HEADROOM * peak)
    _set_time_axis(axes, panel, stretch)
    axes.locator_params(axis="y", nbins=5)
    axes.set_ylabel("Amplitude")


def _draw_levels(axes: Axes, panel: WaveformPanel) -> None:
    times_s = np.arange(panel.target.size) / panel.rate_hz
    window = _level_window(panel)
    target_db = short_time_level_db(panel.target, window)
    axes.plot(times_s, target_db, label="target", **_TARGET)
    axes.plot(times_s, short_time_level_db(panel.output, window), label=panel.output_label, **_OUTPUT)
    axes.plot(times_s, short_time_level_db(panel.output - panel.target, window), label="error", **_ERROR)
    top_db = np.max(target_db)
    if np.isfinite(top_db):
        axes.set_ylim(top_db - _LEVEL_RANGE_DB, top_db + 6)
    _set_time_axis(axes, panel, (0, panel.target.size))
    axes.locator_params(axis="y", nbins=4)
    axes.set_ylabel("Level (dB)")


def _level_window(panel: WaveformPanel) -> int:
    """Samples over which levels are averaged: short against what is marked, whose bursts would else begin before it."""
    window = panel.target.size // _WINDOWS
    if panel.mark_every_samples is not None:
        window = min(window, panel.mark_every_samples // _WINDOWS_BETWEEN_MARKS)
    return max(1, window)


def _draw_zoom(axes: Axes, panel: WaveformPanel) -> None:
    start, stop = panel.zoom_samples
    _draw_signals(axes, panel, (start, stop))
    axes.set_ylabel("")
    _caption_above(axes, f"samples {start} to {stop - 1}")


def _shade_zoom(axes: Sequence[Axes], panel: WaveformPanel) -> None:
    start, stop = panel.zoom_samples
    for each in axes:
        each.axvspan(start / panel.rate_hz, stop / panel.rate_hz, color="#eeeeee", linewidth=0, zorder=-1)


def _set_time_axis(axes: Axes, panel: WaveformPanel, stretch: tuple[int, int]) -> None:
    """The time axis of a stretch, with the update boundaries within it."""
    start, stop = stretch
    margin = _LEFT_MARGIN * (stop - start)
    axes.set_xlim((start - margin) / panel.rate_hz, stop / panel.rate_hz)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel("Time (s)")
    if panel.mark_every_samples is None:
        return
    for sample in range(panel.mark_every_samples, panel.target.size, panel.mark_every_samples):
        if start <= sample < stop:
            axes.axvline(sample / panel.rate_hz, zorder=0, **_MARK)


def _add_heading(axes: Axes, panel: WaveformPanel, label: str, width_inches: float) -> None:
    place = f" from sample {panel.first_sample}" if panel.first_sample > 0 else ""
    place += ", the first one given" if panel.output_label == "reconstruction" else ""
    lines = [f"{panel.target.size} samples at {panel.rate_hz:g} Hz{place}", *_describe_errors(panel)]
    title = wrap(f"{label} {panel.title}", width_inches, mpl.rcParams["axes.titlesize"])
    axes.set_title(title, loc="left", pad=4 + _CAPTION_LINE_POINTS * len(lines), parse_math=False)
    _caption_above(axes, "\n".join(lines))


def _describe_errors(panel: WaveformPanel) -> list[str]:
    """The error of the sound that is drawn, and the mean of all initial states, which tables show; a line each."""
    if panel.mse is None:
        return []
    own = f"MSE of this {panel.output_label} {_with_percent(panel.mse, panel.power)}"
    if panel.states_mse is None or math.isclose(panel.states_mse, panel.mse, rel_tol=_SAME):
        return [own]  # there is one state
    return [own, f"mean of all initial states {_with_percent(panel.states_mse, panel.power)}"]


def _with_percent(mse: float, power: float | None) -> str:
    return scientific(mse) if not power else rf"{scientific(mse)} ({100 * mse / power:.3g} %)"


def _caption_above(axes: Axes, text: str) -> None:
    caption = axes.annotate(text, (0, 1), (0, 3), xycoords="axes fraction", textcoords="offset points", fontsize=7)
    caption.set_in_layout(False)  # a long line would narrow the axes; the title above reserves the height


def _add_legend(figure: Figure, panels: Sequence[WaveformPanel], mark_label: str) -> None:
    outputs = " / ".join(dict.fromkeys(panel.output_label for panel in panels))
    lines = {"target": _TARGET, outputs: _OUTPUT, "error (level)": _ERROR}
    if any(panel.mark_every_samples is not None for panel in panels):
        lines[mark_label] = _MARK
    handles = [Line2D([], [], label=label, **style) for label, style in lines.items()]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))
