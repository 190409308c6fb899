"""Figures for print, as vector and pixel files that are the same at every run."""

from rnn_audio.figures.benchmark import plot_benchmark
from rnn_audio.figures.compared_losses import ComparedPanel, ComparedTraining, plot_compared_losses
from rnn_audio.figures.decays import DecayPanel, Response, plot_decays
from rnn_audio.figures.error_spectra import ErrorSpectrumPanel, plot_error_spectra
from rnn_audio.figures.filter_responses import plot_filter_responses
from rnn_audio.figures.loss_curves import LossPanel, SeedCurve, plot_loss_curves
from rnn_audio.figures.style import write_figure
from rnn_audio.figures.sweeps import SweepPanel, plot_sweep
from rnn_audio.figures.waveforms import WaveformPanel, plot_waveforms

__all__ = [
    "ComparedPanel",
    "ComparedTraining",
    "DecayPanel",
    "ErrorSpectrumPanel",
    "LossPanel",
    "Response",
    "SeedCurve",
    "SweepPanel",
    "WaveformPanel",
    "plot_benchmark",
    "plot_compared_losses",
    "plot_decays",
    "plot_error_spectra",
    "plot_filter_responses",
    "plot_loss_curves",
    "plot_sweep",
    "plot_waveforms",
    "write_figure",
]
