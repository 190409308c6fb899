from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.tables.benchmark_tables import build_growth_table, build_training_table, build_workflow_table
from rnn_audio.reporting.tables.rendering import write_table

with logged_job(snakemake.log[0]):
    training, workflow = (read_json(Path(path)) for path in (snakemake.input.training, snakemake.input.workflow))
    tables = (
        build_training_table(training["training"], training["accelerator_name"]),
        build_growth_table(training["growth"], training["accelerator_name"]),
        build_workflow_table(workflow["workflow"], workflow["accelerator_name"]),
    )
    for table, paths in zip(
        tables, (snakemake.output.training, snakemake.output.growth, snakemake.output.workflow), strict=True
    ):
        write_table(table, [Path(path) for path in paths])
