from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import accelerator_name
from rnn_audio.records import write_json
from rnn_audio.speed.workflow_benchmark import time_workflow

with logged_job(snakemake.log[0]):
    timed = time_workflow(
        Path(snakemake.params.snakefile),
        snakemake.params.config,
        configurations=snakemake.params.configurations,
        jobs=snakemake.params.jobs,
    )
    write_json(Path(snakemake.output[0]), {"accelerator_name": accelerator_name("cpu"), "workflow": timed})
