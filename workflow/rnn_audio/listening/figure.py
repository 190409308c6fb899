"""Figure of scores (paper B, figure 5): means with 95 % intervals, quartiles, each clip, and the paper's means.

The paper leaves the anchor out, so that differences between the models can be seen; so does this figure, which names
the means of anchors and hidden reference below.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from rnn_audio.configuration.listening import REFERENCE
from rnn_audio.listening.plan import conditions, signal_words, words
from rnn_audio.records import Record
from rnn_audio.reporting.figures.style import BLACK, GREY, SKY_BLUE, VERMILLION, grid_of_panels

_PANEL_INCHES = 1.9
_MOST_COLUMNS = 2
_PAPER_AT = -0.28  # left of a condition's middle
_CLIPS_FROM, _CLIPS_TO = 0.18, 0.38  # right of it, one place for each clip
_MARGIN = 4
_LEAST_SPAN = 20  # of the axis, so that small differences do not look large


def plot_scores(test: Mapping[str, Any], analysis: Record, notes: Sequence[str] = ()) -> Figure:
    """Draw the scores of each group of models in a panel of its own.

    Args:
        test: the test's entry of the configuration.
        analysis: what `analyse` returned.
        notes: small lines below.

    Returns:
        A figure as wide as a page, or as a column where there is one group.
    """
    counted = f"{analysis['counted']} of {analysis['listeners']} listeners" if analysis["listeners"] else ""
    below = [counted or "No listeners have taken part: published means only.", *_others(test, analysis), *notes]
    groups = list(analysis["groups"])
    with grid_of_panels([words(group) for group in groups], _MOST_COLUMNS, _PANEL_INCHES, below, "y") as (
        figure,
        panels,
    ):
        shown = [
            value
            for axes, group in zip(panels, groups, strict=True)
            for value in _draw(axes, test, analysis["groups"][group], test.get("published", {}).get(group, {}))
        ]
        low, high = (min(shown), max(shown)) if shown else (0, 100)
        panels[0].set_ylim(max(-1, min(low, high - _LEAST_SPAN) - _MARGIN), min(101, high + _MARGIN))
        figure.legend(handles=_legend(bool(analysis["counted"])), loc="outside upper center", ncols=4)
    return figure


def _draw(axes: Axes, test: Mapping[str, Any], group: Record, published: Mapping[str, float]) -> list[float]:
    """Draw one group; returns all values that have to be seen."""
    values = []
    names = conditions(test)
    for place, condition in enumerate(names):
        own = group["scores"][condition]
        if condition in published:
            axes.plot(place + _PAPER_AT, published[condition], "x", color=VERMILLION, markersize=5)
            values.append(published[condition])
        if own is None:
            continue
        box = {"bottom": own["lower_quartile"], "color": SKY_BLUE, "alpha": 0.5, "width": 0.3}
        axes.bar(place, own["upper_quartile"] - own["lower_quartile"], **box)
        axes.hlines(own["median"], place - 0.15, place + 0.15, color=SKY_BLUE, linewidth=1.6)
        low, high = (own["mean"] if own[end] is None else own[end] for end in ("low", "high"))
        axes.errorbar(place, own["mean"], [[own["mean"] - low], [high - own["mean"]]], fmt="o", color=BLACK, **_BAR)
        clips = [trial[condition]["mean"] for trial in group["clips"].values()]
        axes.plot(place + np.linspace(_CLIPS_FROM, _CLIPS_TO, len(clips)), clips, ".", color=GREY, markersize=4)
        values += [own["lower_quartile"], own["upper_quartile"], max(0, low), min(100, high), *clips]
    axes.set_xticks(range(len(names)), [signal_words(name).replace(" ", "\n", 1) for name in names])
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylabel("Score")
    axes.label_outer(remove_inner_ticks=False)
    return values


_BAR = {"markersize": 3.5, "capsize": 3, "linewidth": 1.0}


def _legend(has_scores: bool) -> list[Line2D | Patch]:
    paper = Line2D([], [], color=VERMILLION, marker="x", linestyle="", label="mean in the paper")
    if not has_scores:
        return [paper]
    return [
        Line2D([], [], color=BLACK, marker="o", markersize=3.5, label="mean and its 95 % interval (t)"),
        Patch(color=SKY_BLUE, alpha=0.5, label="median and quartiles"),
        Line2D([], [], color=GREY, marker=".", linestyle="", label="means of the clips"),
        paper,
    ]


def _others(test: Mapping[str, Any], analysis: Record) -> list[str]:
    """The means of what is not drawn."""
    if not analysis["counted"]:
        return []
    said = []
    for group, found in analysis["groups"].items():
        means = ", ".join(
            f"{signal_words(name)} {found['scores'][name]['mean']:.0f}" for name in (REFERENCE, *test["anchors"])
        )
        said.append(f"{words(group)}: {means}")
    return [f"Not drawn are the means of the hidden reference and of the anchors. {'; '.join(said)}."]
