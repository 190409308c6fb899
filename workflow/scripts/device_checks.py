from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.tables.device_checks import build_checks_table
from rnn_audio.reporting.tables.rendering import write_table

with logged_job(snakemake.log[0]):
    table = build_checks_table(snakemake.wildcards.device, read_json(Path(snakemake.input[0])))
    write_table(table, [Path(path) for path in snakemake.output])
