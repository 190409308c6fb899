from pathlib import Path

from rnn_audio.evaluation.selection import select_best
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json, write_json

with logged_job(snakemake.log[0]):
    runs = [read_json(Path(path)) for path in snakemake.input.runs]
    selection = select_best(snakemake.wildcards.configuration, runs, snakemake.params.select_by)
    write_json(Path(snakemake.output[0]), selection)
