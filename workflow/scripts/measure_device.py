from pathlib import Path

from rnn_audio.evaluation.device_metrics import evaluate_device
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json, write_json
from rnn_audio.wav import read_wav

with logged_job(snakemake.log[0]):
    settings = snakemake.params.settings
    target, rate_hz = read_wav(snakemake.input.recordings[1])
    metrics = evaluate_device(target, read_wav(snakemake.input.prediction)[0], rate_hz, settings["pre_emphasis"])
    labels = {
        "configuration": snakemake.wildcards.configuration,
        "device": settings["device"],
        "chosen_seed": read_json(Path(snakemake.input.selection))["chosen_seed"],
        "baselines": read_json(Path(snakemake.input.baselines)),
    }
    write_json(Path(snakemake.output[0]), labels | metrics)
