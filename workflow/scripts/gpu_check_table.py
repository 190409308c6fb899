from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.tables.gpu_check_table import build_gpu_check_table
from rnn_audio.reporting.tables.rendering import write_table

with logged_job(snakemake.log[0]):
    write_table(build_gpu_check_table(read_json(Path(snakemake.input[0]))), [Path(path) for path in snakemake.output])
