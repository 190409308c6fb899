from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.listening.figure import plot_scores
from rnn_audio.records import read_json
from rnn_audio.reporting.figures.style import write_figure

with logged_job(snakemake.log[0]):
    figure = plot_scores(snakemake.params.declaration, read_json(Path(snakemake.input[0])), snakemake.params.notes)
    write_figure(figure, [Path(path) for path in snakemake.output])
