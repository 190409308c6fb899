from pathlib import Path

from rnn_audio.configuration.accelerator import resolve_accelerator
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.training_job import train_model

with logged_job(snakemake.log[0]):
    train_model(
        name=snakemake.wildcards.configuration,
        settings=snakemake.params.settings,
        seed=int(snakemake.wildcards.seed),
        recordings=[Path(path) for path in snakemake.input.recordings],
        start=Path(snakemake.input.start[0]) if snakemake.input.start else None,
        accelerator=resolve_accelerator(snakemake.resources.accelerator),
        threads=snakemake.threads,
        code=snakemake.params.code,
        checkpoints=Path(snakemake.params.checkpoints),
        model_path=Path(snakemake.output.model),
        history_path=Path(snakemake.output.history),
        run_path=Path(snakemake.output.run),
    )
