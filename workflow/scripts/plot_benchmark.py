from pathlib import Path

from rnn_audio.figures.benchmark import plot_benchmark
from rnn_audio.figures.style import write_figure
from rnn_audio.jobs import logged_job
from rnn_audio.records import read_json

with logged_job(snakemake.log[0]):
    record = read_json(Path(snakemake.input.training))
    figure = plot_benchmark(record["training"], record["growth"], [f"Measured on {record['device_name']}."])
    write_figure(figure, [Path(path) for path in snakemake.output])
