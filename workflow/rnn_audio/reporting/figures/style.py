"""What figures have in common: sizes, colours, axes, notes, and the two formats of a file."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogFormatter

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError

Files = Mapping[str, Sequence[Path]]
"""What a figure reads, by what it is (configuration/kinds.py): the files of each panel in turn."""

SINGLE_COLUMN_INCHES = 3.5
DOUBLE_COLUMN_INCHES = 7.16

# Okabe and Ito's palette, which colour-blind readers can distinguish; light and dark also differ in greyscale.
SKY_BLUE = "#56B4E9"
BLACK = "#000000"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREY = "#999999"

# Text as outlines, so that the figure looks the same without the font. The salt fixes the identifiers in the SVG.
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.columnspacing": 1.0,
    "legend.handlelength": 1.6,
    "legend.handletextpad": 0.4,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 0.8,
    "svg.fonttype": "path",
    "svg.hashsalt": "rnn-audio",
}

_NOTE_HEIGHT_INCHES = 0.13
_LEGEND_HEIGHT_INCHES = 0.3
_DOTS_PER_INCH = 300
_NOTE_POINTS = 6
_AXES_SHARE = 0.9  # of a panel's width; its labels take the rest, and a title begins where the axes do
_POSITION_DIGITS = 6  # of the figure's width or height: far below one dot
_CHARACTERS_PER_INCH_AND_POINT = 126  # a little under the average of running text, so that lines fit

# No dates or version numbers: they would only change the bytes of the files.
_METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


@contextmanager
def new_figure(
    width_inches: float, panels_inches: float, notes: Sequence[str], *, has_legend: bool = True
) -> Iterator[Figure]:
    """A figure to draw in, with automatic layout and the notes below; it is not registered with pyplot.

    Args:
        width_inches: its width.
        panels_inches: height of everything except the legend above and the notes below.
        notes: small lines below, one paragraph each, broken at the figure's width.
        has_legend: whether there is a legend above the panels.
    """
    legend_inches = _LEGEND_HEIGHT_INCHES if has_legend else 0
    height_inches = panels_inches + legend_inches + _NOTE_HEIGHT_INCHES * len(notes)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        if notes:
            text = "\n".join(wrap(note, width_inches, _NOTE_POINTS) for note in notes)
            # The layout reserves space below the panels only for the figure's axis label, so the notes take its place.
            label = figure.supxlabel(text, x=0.01, ha="left", fontsize=_NOTE_POINTS, color="#444444")
            label.set_parse_math(False)


@contextmanager
def grid_of_panels(
    titles: Sequence[str], most_columns: int, panel_inches: float, notes: Sequence[str], share: str = ""
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of panels in rows, each with its letter and title; yields it with the axes in the order of the titles.

    A figure with one column of panels is as wide as a column of a page, any other as wide as the page.

    Args:
        titles: one per panel, at least one.
        most_columns: most panels in a row.
        panel_inches: height of each panel.
        notes: small lines below the figure.
        share: the axes that all panels have in common: "x", "y", "xy".
    """
    columns = min(len(titles), most_columns)
    rows = -(-len(titles) // columns)
    width = SINGLE_COLUMN_INCHES if columns == 1 else DOUBLE_COLUMN_INCHES
    with new_figure(width, panel_inches * rows, notes) as figure:
        panels: list[Axes] = []
        for index, title in enumerate(titles):
            first = panels[0] if panels else None
            shared = {f"share{axis}": first for axis in share}
            axes = figure.add_subplot(rows, columns, index + 1, **shared)
            text = wrap(f"{letter(index)} {title}", _AXES_SHARE * width / columns, mpl.rcParams["axes.titlesize"])
            axes.set_title(text, loc="left", parse_math=False)
            panels.append(axes)
        yield figure, panels


def is_first_in_row(axes: Axes) -> bool:
    """Whether the axes are the leftmost of their row."""
    return axes.get_subplotspec().is_first_col()


def wrap(text: str, width_inches: float, size_points: float) -> str:
    """The text with line breaks, so that it fits a width."""
    characters = max(1, int(width_inches * _CHARACTERS_PER_INCH_AND_POINT / size_points))
    return textwrap.fill(text, characters, break_on_hyphens=False)


def letter(index: int) -> str:
    """The label of a panel: (a), (b), ..., (z), (aa)."""
    quotient, remainder = divmod(index, 26)
    prefix = chr(ord("a") + quotient - 1) if quotient else ""
    return f"({prefix}{chr(ord('a') + remainder)})"


def scientific(value: float) -> str:
    r"""A number in matplotlib's math notation, with three significant digits: $5.13\times10^{-3}$."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    return rf"${mantissa}\times10^{{{int(exponent)}}}$"


def write_figure(figure: Figure, paths: Iterable[Path]) -> None:
    """Write the figure to each path, .svg or .png (300 dots per inch); each file is written completely or not at all.

    Raises:
        InputError: a suffix is neither of them; then nothing is written.
    """
    targets = [Path(path) for path in paths]
    for path in targets:
        if path.suffix.removeprefix(".") not in _METADATA:
            raise InputError(f"{path}: a figure is written as .svg or .png, not {path.suffix!r}")
    with mpl.rc_context(STYLE):
        _settle_layout(figure)
        for path in targets:
            kind = path.suffix.removeprefix(".")
            with replacing(path) as temporary:
                figure.savefig(temporary, format=kind, dpi=_DOTS_PER_INCH, metadata=_METADATA[kind])


def _settle_layout(figure: Figure) -> None:
    """Compute the layout once for all files, and round the positions of the axes.

    The layout's solver does not sum in the same order in every process. The last bits of its result would change the
    identifiers in an SVG.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        return  # its axes have fixed positions
    engine.execute(figure)
    # By None, not "none": a placeholder for an engine would make matplotlib draw each file twice.
    with mpl.rc_context({"figure.constrained_layout.use": False, "figure.autolayout": False}):
        figure.set_layout_engine(None)
    for axes in figure.axes:
        axes.set_position([round(float(edge), _POSITION_DIGITS) for edge in axes.get_position(original=True).bounds])


_LOG_FROM = 5.0  # a logarithmic axis is for values that differ by at least this factor


def set_value_axis(axes: Axes, values: Iterable[float]) -> None:
    """The vertical axis for losses: logarithmic where they differ by much, with numbers written out; else linear."""
    positive = [value for value in values if value > 0 and np.isfinite(value)]
    if not positive or max(positive) < _LOG_FROM * min(positive):
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.5)))


_TICKS_HZ = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def set_frequency_axis(axes: Axes, low_hz: float, high_hz: float) -> None:
    """A logarithmic axis between two frequencies in Hz, with ticks at 20, 50, 100 and so on; 1000 is written 1k."""
    axes.set_xscale("log")
    axes.set_xlim(low_hz, high_hz)
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in _TICKS_HZ if low_hz <= tick <= high_hz]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"))
    axes.set_xlabel("Frequency (Hz)")
