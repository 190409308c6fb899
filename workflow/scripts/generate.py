from pathlib import Path

from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.evaluation.signal_metrics import evaluate_reconstruction, evaluate_sounds
from rnn_audio.evaluation.signal_sounds import first_sounds, perform_trained
from rnn_audio.evaluation.states import summarise_states
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import prepare_process
from rnn_audio.records import read_json, write_json
from rnn_audio.training.recipe import Recipe
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    settings, seeds, models = snakemake.params.settings, snakemake.params.seeds, snakemake.input.models
    kind = snakemake.params.kind
    chosen_seed, _ = chosen_model(snakemake.input.selection, seeds, models)
    signal, rate_hz = read_wav(snakemake.input.signal)
    sounds, summaries = {}, {}
    for seed, model in zip(seeds, models, strict=True):
        performance = perform_trained(Path(model), settings, signal, seed)
        summaries[str(seed)] = summarise_states(
            performance.targets.numpy(),
            performance.predictions[0].numpy(),
            performance.generations[0].numpy(),
            rate_hz=rate_hz,
            kind=kind,
            update_length=settings["update_length_samples"],
        )
        if seed == chosen_seed:
            sounds = dict(zip(("prediction", "generation"), first_sounds(performance, signal), strict=True))
    for name, sound in sounds.items():
        write_wav(snakemake.output[name], sound, rate_hz)
    labels = {"configuration": snakemake.wildcards.configuration, "chosen_seed": chosen_seed}
    states = labels | {"rate_hz": rate_hz, "seeds": summaries}
    write_json(Path(snakemake.output.states), states)
    seeded = not Recipe.from_settings(settings).starts_from_silence
    metrics = evaluate_sounds(signal, **sounds, rate_hz=rate_hz, kind=kind, seeded=seeded, states=states)
    if snakemake.input.reconstruction:
        reconstruction, anchors = (Path(path) for path in snakemake.input.reconstruction)
        where = read_json(anchors)
        metrics["reconstruction"] = evaluate_reconstruction(
            signal, read_wav(reconstruction)[0], anchor=where["shown_samples"], evaluated=where["evaluated_samples"]
        )
    losses = read_json(Path(snakemake.input.selection))["seeds"][str(chosen_seed)]["losses"]
    for name in sounds:
        metrics[name]["states_mse"] = losses[f"{name}_mse"]
    write_json(Path(snakemake.output.metrics), labels | {"signal": settings["signal"]} | metrics)
