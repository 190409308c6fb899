from pathlib import Path

from rnn_audio.evaluation.device_metrics import evaluate_device
from rnn_audio.evaluation.device_performance import process_recording
from rnn_audio.evaluation.seed_errors import measure_seeds
from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json, write_json
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    seeds, models = snakemake.params.seeds, snakemake.input.models
    chosen_seed, _ = chosen_model(snakemake.input.selection, seeds, models)
    (source, rate_hz), (target, _) = (read_wav(path) for path in snakemake.input.recordings)
    outputs = {seed: process_recording(Path(model), source) for seed, model in zip(seeds, models, strict=True)}
    chosen = outputs[chosen_seed]
    write_wav(snakemake.output.prediction, chosen, rate_hz)
    write_wav(snakemake.output.error, target - chosen, rate_hz)
    labels = {"configuration": snakemake.wildcards.configuration, "chosen_seed": chosen_seed}
    write_json(Path(snakemake.output.seeds), labels | measure_seeds(target, outputs, rate_hz))
    baselines = {"device": snakemake.params.device, "baselines": read_json(Path(snakemake.input.baselines))}
    metrics = evaluate_device(target, chosen, rate_hz, read_json(Path(snakemake.input.selection)))
    write_json(Path(snakemake.output.metrics), labels | baselines | metrics)
