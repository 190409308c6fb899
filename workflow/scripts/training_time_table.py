from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.tables.rendering import write_table
from rnn_audio.reporting.tables.time_tables import build_training_time_table

with logged_job(snakemake.log[0]):
    table = build_training_time_table(
        snakemake.wildcards.table,
        snakemake.params.declaration,
        records=[read_json(Path(path)) for path in snakemake.input.records],
        notes=snakemake.params.notes,
    )
    write_table(table, [Path(path) for path in snakemake.output])
