from pathlib import Path

from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import accelerator_name, prepare_process
from rnn_audio.networks.model import load_model
from rnn_audio.records import write_json
from rnn_audio.speed.running_speed import measure_running_speed

SECONDS_OF_AUDIO = 0.5
BLOCK_SAMPLES = 512

with logged_job(snakemake.log[0]):
    prepare_process("cpu", threads=1)
    _, model_path = chosen_model(snakemake.input.selection, snakemake.params.seeds, snakemake.input.models)
    _, parameters = load_model(model_path)
    speeds = measure_running_speed(parameters, snakemake.params.rate_hz, SECONDS_OF_AUDIO, BLOCK_SAMPLES)
    record = {
        "configuration": snakemake.wildcards.configuration,
        "accelerator_name": accelerator_name("cpu"),
        "speeds": [{"how": speed.how, "seconds_per_second": speed.seconds_per_second} for speed in speeds],
    }
    write_json(Path(snakemake.output[0]), record)
