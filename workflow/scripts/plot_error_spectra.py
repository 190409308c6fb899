from itertools import groupby
from pathlib import Path

from rnn_audio.audio import read_wav
from rnn_audio.error_spectra import error_spectrum
from rnn_audio.figures import ErrorSpectrumPanel, plot_error_spectra, write_figure
from rnn_audio.jobs import logged_job

with logged_job(snakemake.log[0]):
    curves = []
    for panel, target, prediction in zip(
        snakemake.params.panels, snakemake.input.targets, snakemake.input.predictions, strict=True
    ):
        samples, rate_hz = read_wav(target)
        curves.append((panel["group"], panel["title"], error_spectrum(samples, read_wav(prediction)[0], rate_hz)))
    panels = [
        ErrorSpectrumPanel(group, tuple((title, spectrum) for _, title, spectrum in members))
        for group, members in groupby(curves, key=lambda curve: curve[0])
    ]
    figure = plot_error_spectra(panels, snakemake.params.notes)
    write_figure(figure, [Path(path) for path in snakemake.output])
