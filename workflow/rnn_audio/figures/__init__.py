"""Figures for print: waveforms and loss curves, as vector and pixel files that are the same at every run."""

from rnn_audio.figures.loss_curves import LossPanel, SeedCurve, plot_loss_curves
from rnn_audio.figures.style import write_figure
from rnn_audio.figures.waveforms import WaveformPanel, plot_waveforms

__all__ = ["LossPanel", "SeedCurve", "WaveformPanel", "plot_loss_curves", "plot_waveforms", "write_figure"]
