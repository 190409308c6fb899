"""The benchmark's figure: speed relative to the reference recipe, and how the time of an epoch grows."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from rnn_audio.reporting.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN_INCHES,
    GREY,
    SKY_BLUE,
    VERMILLION,
    letter,
    new_figure,
)
from rnn_audio.speed.benchmark_records import OURS, Records, speeds_over_reference

_ROW_HEIGHT_INCHES = 2.2
_COLOURS = (BLUE, SKY_BLUE, VERMILLION, GREY)
_GROWTH = {
    "samples": ("samples", "Length of the sequence (samples)"),
    "hidden_size": ("hidden_size", "Hidden size"),
    "pack": ("models", "Models at once"),
}


def plot_benchmark(training: Records, growth: Records, notes: Sequence[str] = ()) -> Figure:
    """Draw bars of the speed relative to the reference, and below them the time of an epoch over the varied setting.

    Args:
        training: records of this library and of the reference, as returned by `training_benchmark.time_in_turn`.
        growth: records of this library, whose `method` names the varied setting.
        notes: small lines below the figure.
    """
    with new_figure(DOUBLE_COLUMN_INCHES, 2 * _ROW_HEIGHT_INCHES, notes) as figure:
        grid = figure.add_gridspec(2, 1)
        _draw_speeds(figure.add_subplot(grid[0]), training)
        lower = grid[1].subgridspec(1, len(_GROWTH))
        for index, varied in enumerate(_GROWTH):
            own = [record for record in growth if record["method"] == varied]
            _draw_growth(figure.add_subplot(lower[index]), own, varied, index + 1)
    return figure


def _draw_speeds(axes: Axes, training: Records) -> None:
    ratios = speeds_over_reference(training)
    speeds = [
        ((record["method"], record["hidden_size"]), record["models"], ratio)
        for record, ratio in zip(training, ratios, strict=True)
        if record["recipe"] == OURS
    ]
    groups = list(dict.fromkeys(group for group, _, _ in speeds))
    packs = sorted({models for _, models, _ in speeds})
    width = 0.8 / len(packs)
    for index, models in enumerate(packs):
        own = {group: ratio for group, at_once, ratio in speeds if at_once == models}
        places = [place + (index - (len(packs) - 1) / 2) * width for place, group in enumerate(groups) if group in own]
        heights = [own[group] for group in groups if group in own]
        label = "1 model" if models == 1 else f"{models} models at once"
        bars = axes.bar(places, heights, width=0.92 * width, color=_COLOURS[index % len(_COLOURS)], label=label)
        # A white background keeps the line at 1 from crossing the numbers.
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
        axes.bar_label(bars, fmt="%.2g", fontsize=6, padding=1.5, bbox=ground)
    axes.axhline(1, color=BLACK, linewidth=0.8, linestyle="--", zorder=0)
    axes.set_xticks(range(len(groups)), [f"{method.replace('_', ' ')},\nhidden {size}" for method, size in groups])
    axes.set_ylabel("Speed over the reference")
    axes.margins(y=0.12)
    axes.set_title(f"{letter(0)} Samples of all models a second, ours over the reference recipe's", loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)


def _draw_growth(axes: Axes, records: Records, varied: str, index: int) -> None:
    key, name = _GROWTH[varied]
    values = [record[key] for record in records]
    seconds = [record["seconds"] for record in records]
    axes.plot(values, seconds, color=BLUE, marker="o", markersize=3.5, label="an epoch")
    linear = [seconds[0] * value / values[0] for value in values]
    axes.plot(values, linear, color=GREY, linestyle="--", label="in proportion")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(values))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{value:g}" for value in values])
    axes.set_xlabel(name)
    axes.set_ylabel("Epoch (s)" if index == 1 else "")
    axes.set_title(letter(index), loc="left")
    if index == 1:
        axes.legend()
