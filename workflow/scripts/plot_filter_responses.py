from pathlib import Path

from rnn_audio.figures.filter_responses import plot_filter_responses
from rnn_audio.figures.style import write_figure
from rnn_audio.jobs import logged_job

with logged_job(snakemake.log[0]):
    write_figure(plot_filter_responses(snakemake.params.rate_hz), [Path(path) for path in snakemake.output])
