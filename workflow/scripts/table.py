from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_by_configuration
from rnn_audio.reporting.tables.kinds import build_table
from rnn_audio.reporting.tables.pair_notes import pair_notes
from rnn_audio.reporting.tables.rendering import write_table

with logged_job(snakemake.log[0]):
    files = dict(snakemake.input.items())
    of_pairs = pair_notes(files.pop("checks"))
    table = build_table(
        snakemake.wildcards.table,
        snakemake.params.declaration,
        {what: read_by_configuration(paths) for what, paths in files.items()},
        notes=[*snakemake.params.notes, *of_pairs],
    )
    write_table(table, [Path(path) for path in snakemake.output])
