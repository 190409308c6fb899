"""Figures for print, as vector and pixel files that are the same at every run."""

from rnn_audio.figures.error_spectra import ErrorSpectrumPanel, plot_error_spectra
from rnn_audio.figures.filter_responses import plot_filter_responses
from rnn_audio.figures.loss_curves import LossPanel, SeedCurve, plot_loss_curves
from rnn_audio.figures.style import write_figure
from rnn_audio.figures.waveforms import WaveformPanel, plot_waveforms

__all__ = [
    "ErrorSpectrumPanel",
    "LossPanel",
    "SeedCurve",
    "WaveformPanel",
    "plot_error_spectra",
    "plot_filter_responses",
    "plot_loss_curves",
    "plot_waveforms",
    "write_figure",
]
