from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.figures.benchmark import plot_benchmark
from rnn_audio.reporting.figures.style import write_figure

with logged_job(snakemake.log[0]):
    record = read_json(Path(snakemake.input.training))
    figure = plot_benchmark(record["training"], record["growth"], [f"Measured on {record['accelerator_name']}."])
    write_figure(figure, [Path(path) for path in snakemake.output])
