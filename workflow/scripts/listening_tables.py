from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.listening.tables import listening_tables
from rnn_audio.records import read_json
from rnn_audio.reporting.tables.rendering import write_table

with logged_job(snakemake.log[0]):
    name, params = snakemake.wildcards.listening, snakemake.params
    analysis, stimuli = (read_json(Path(path)) for path in (snakemake.input.analysis, snakemake.input.stimuli))
    tables = listening_tables(name, params.declaration, analysis, stimuli, params.notes)
    for end, table in tables.items():
        write_table(table, [Path(path) for path in snakemake.output.get(end or "scores")])
