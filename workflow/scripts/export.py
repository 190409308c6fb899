from pathlib import Path

from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.jobs.exports import trained_model, write_exports
from rnn_audio.jobs.job_log import logged_job

with logged_job(snakemake.log[0]):
    selection, checks = Path(snakemake.input.selection), Path(snakemake.input.checks)
    _, chosen = chosen_model(selection, snakemake.params.seeds, snakemake.input.models)
    recordings = [Path(path) for path in snakemake.input.recordings]
    model = trained_model(chosen, recordings, selection, checks, snakemake.params.about)
    write_exports(model, Path(snakemake.output[0]))
