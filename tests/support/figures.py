"""What is drawn in a figure."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D


def lines(figure: Figure, axes: int = 0) -> dict[str, Line2D]:
    """The lines of one of a figure's axes, by their labels."""
    return {line.get_label(): line for line in figure.axes[axes].lines}
