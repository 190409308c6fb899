from pathlib import Path

from rnn_audio.evaluation.device_sounds import process_recording
from rnn_audio.evaluation.seed_errors import measure_seeds
from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import prepare_process
from rnn_audio.records import write_json
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    seeds, models = snakemake.params.seeds, snakemake.input.models
    chosen_seed, _ = chosen_model(snakemake.input.selection, seeds, models)
    (source, rate_hz), (target, _) = (read_wav(path) for path in snakemake.input.recordings)
    outputs = {seed: process_recording(Path(model), source) for seed, model in zip(seeds, models, strict=True)}
    write_wav(snakemake.output.prediction, outputs[chosen_seed], rate_hz)
    write_wav(snakemake.output.error, target - outputs[chosen_seed], rate_hz)
    labels = {"configuration": snakemake.wildcards.configuration, "chosen_seed": chosen_seed}
    write_json(Path(snakemake.output.seeds), labels | measure_seeds(target, outputs, rate_hz))
