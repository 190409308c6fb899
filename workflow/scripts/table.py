from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_by_configuration
from rnn_audio.reporting.tables.kinds import build_table
from rnn_audio.reporting.tables.rendering import write_table

with logged_job(snakemake.log[0]):
    table = build_table(
        snakemake.wildcards.table,
        snakemake.params.declaration,
        {what: read_by_configuration(paths) for what, paths in snakemake.input.items()},
        notes=snakemake.params.notes,
    )
    write_table(table, [Path(path) for path in snakemake.output])
