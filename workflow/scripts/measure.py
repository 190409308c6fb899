from pathlib import Path

from rnn_audio.evaluation.signal_metrics import evaluate_reconstruction, evaluate_sounds
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json, write_json
from rnn_audio.training.recipe import Recipe
from rnn_audio.wav import read_wav

with logged_job(snakemake.log[0]):
    target, rate_hz = read_wav(snakemake.input.signal)
    metrics = evaluate_sounds(
        target,
        prediction=read_wav(snakemake.input.prediction)[0],
        generation=read_wav(snakemake.input.generation)[0],
        rate_hz=rate_hz,
        kind=snakemake.params.kind,
        seeded=not Recipe.from_settings(snakemake.params.settings).starts_from_silence,
        states=read_json(Path(snakemake.input.states)),
    )
    if snakemake.input.reconstruction:
        reconstruction, anchors = (Path(path) for path in snakemake.input.reconstruction)
        where = read_json(anchors)
        metrics["reconstruction"] = evaluate_reconstruction(
            target, read_wav(reconstruction)[0], anchor=where["shown_samples"], evaluated=where["evaluated_samples"]
        )
    selection = read_json(Path(snakemake.input.selection))
    losses = selection["seeds"][str(selection["chosen_seed"])]["losses"]
    for sound in ("prediction", "generation"):
        metrics[sound]["states_mse"] = losses[f"{sound}_mse"]
    labels = {
        "configuration": snakemake.wildcards.configuration,
        "signal": snakemake.params.settings["signal"],
        "chosen_seed": selection["chosen_seed"],
    }
    write_json(Path(snakemake.output[0]), labels | metrics)
