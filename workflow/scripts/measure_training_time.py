from pathlib import Path

from rnn_audio.configuration.compute_device import resolve_device
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import device_name, prepare_process
from rnn_audio.records import write_json
from rnn_audio.speed.update_times import measure_update_times

with logged_job(snakemake.log[0]):
    device = resolve_device(snakemake.resources.device)
    prepare_process(device, threads=1)
    recordings = [Path(path) for path in snakemake.input.recordings]
    times = measure_update_times(snakemake.params.settings, recordings, device)
    labels = {"configuration": snakemake.wildcards.configuration, "device": device, "device_name": device_name(device)}
    write_json(Path(snakemake.output[0]), labels | times)
