from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.reporting.claims.evidence import results_from_files
from rnn_audio.reporting.claims.table import build_claims_table
from rnn_audio.reporting.tables.rendering import write_table

with logged_job(snakemake.log[0]):
    table = build_claims_table(
        snakemake.params.claims,
        results_from_files(snakemake.input, snakemake.params.files, snakemake.params.seeds),
        snakemake.params.context,
        notes=snakemake.params.notes,
    )
    write_table(table, [Path(path) for path in snakemake.output])
