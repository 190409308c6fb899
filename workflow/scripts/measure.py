from pathlib import Path

from rnn_audio.audio import read_wav
from rnn_audio.evaluation import evaluate_sounds
from rnn_audio.jobs import logged_job
from rnn_audio.records import read_json, write_json

with logged_job(snakemake.log[0]):
    target, rate_hz = read_wav(snakemake.input.signal)
    metrics = evaluate_sounds(
        target,
        prediction=read_wav(snakemake.input.prediction)[0],
        generation=read_wav(snakemake.input.generation)[0],
        rate_hz=rate_hz,
        kind=snakemake.params.kind,
        seeded=snakemake.params.settings["teacher_forcing"] != "never",
    )
    labels = {
        "configuration": snakemake.wildcards.configuration,
        "signal": snakemake.params.settings["signal"],
        "chosen_seed": read_json(Path(snakemake.input.selection))["chosen_seed"],
    }
    write_json(Path(snakemake.output[0]), labels | metrics)
