from pathlib import Path

from rnn_audio.jobs import logged_job
from rnn_audio.records import read_by_configuration
from rnn_audio.rendering import write_table
from rnn_audio.sweep_table import build_sweep_table

with logged_job(snakemake.log[0]):
    table = build_sweep_table(
        snakemake.wildcards.table,
        snakemake.params.declaration,
        selections=read_by_configuration(snakemake.input.selections),
        metrics=read_by_configuration(snakemake.input.metrics),
        notes=snakemake.params.notes,
    )
    write_table(table, [Path(path) for path in snakemake.output])
