from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.published import convert_published

with logged_job(snakemake.log[0]):
    convert_published(
        name=snakemake.wildcards.configuration,
        settings=snakemake.params.settings,
        seed=int(snakemake.wildcards.seed),
        published=Path(snakemake.input.published[0]),
        recordings=[Path(path) for path in snakemake.input.recordings],
        model_path=Path(snakemake.output.model),
        run_path=Path(snakemake.output.run),
    )
