from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.signals.sources import download

with logged_job(snakemake.log[0]):
    section, source = snakemake.params.download
    download(section, source, Path(snakemake.output[0]).parent)
