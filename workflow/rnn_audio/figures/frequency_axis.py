"""The frequency axis that spectra and responses share: logarithmic, with audio's usual ticks."""

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

_TICKS_HZ = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def set_frequency_axis(axes: Axes, low_hz: float, high_hz: float) -> None:
    """A logarithmic axis between two frequencies in Hz, ticks at 20, 50, 100 and on, 1k for 1000."""
    axes.set_xscale("log")
    axes.set_xlim(low_hz, high_hz)
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in _TICKS_HZ if low_hz <= tick <= high_hz]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"))
    axes.set_xlabel("Frequency (Hz)")
