from itertools import groupby
from pathlib import Path

from rnn_audio.evaluation.error_spectra import error_spectrum, third_octaves
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.reporting.figures.error_spectra import ErrorSpectrumPanel, plot_error_spectra
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.wav import read_wav

RESOLUTIONS = {"third octaves": third_octaves, "fine": error_spectrum}

with logged_job(snakemake.log[0]):
    sounds = {}
    for panel, target, prediction in zip(
        snakemake.params.panels, snakemake.input.targets, snakemake.input.predictions, strict=True
    ):
        samples, rate_hz = read_wav(target)
        sounds[panel["group"], panel["title"]] = (samples, read_wav(prediction)[0], rate_hz)
    panels = [
        ErrorSpectrumPanel(f"{group}, {name}", tuple((key[1], measure(*sounds[key])) for key in keys))
        for group, members in groupby(sorted(sounds, key=lambda key: key[0]), key=lambda key: key[0])
        for keys in [list(members)]
        for name, measure in RESOLUTIONS.items()
    ]
    figure = plot_error_spectra(panels, snakemake.params.notes)
    write_figure(figure, [Path(path) for path in snakemake.output])
