from pathlib import Path

from rnn_audio.configuration.accelerator import resolve_accelerator
from rnn_audio.jobs.engine_proof import settle_engine
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import accelerator_name, prepare_process
from rnn_audio.records import write_json
from rnn_audio.speed.update_times import measure_update_times

with logged_job(snakemake.log[0]):
    accelerator = resolve_accelerator(snakemake.resources.accelerator)
    prepare_process(accelerator, threads=1)
    settle_engine(accelerator, snakemake.params.settings)
    recordings = [Path(path) for path in snakemake.input.recordings]
    times = measure_update_times(snakemake.params.settings, recordings, accelerator)
    labels = {
        "configuration": snakemake.wildcards.configuration,
        "accelerator": accelerator,
        "accelerator_name": accelerator_name(accelerator),
    }
    write_json(Path(snakemake.output[0]), labels | times)
