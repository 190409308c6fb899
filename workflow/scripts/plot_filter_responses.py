from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.reporting.figures.filter_responses import plot_filter_responses
from rnn_audio.reporting.figures.style import write_figure

with logged_job(snakemake.log[0]):
    write_figure(plot_filter_responses(snakemake.params.rate_hz), [Path(path) for path in snakemake.output])
