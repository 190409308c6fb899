from pathlib import Path

from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.evaluation.signal_sounds import first_sounds, perform_trained
from rnn_audio.evaluation.states import summarise_states
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import prepare_process
from rnn_audio.records import write_json
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    settings, seeds, models = snakemake.params.settings, snakemake.params.seeds, snakemake.input.models
    chosen_seed, _ = chosen_model(snakemake.input.selection, seeds, models)
    signal, rate_hz = read_wav(snakemake.input.signal)
    summaries = {}
    for seed, model in zip(seeds, models, strict=True):
        performance = perform_trained(Path(model), settings, signal, seed)
        summaries[str(seed)] = summarise_states(
            performance.targets.numpy(),
            performance.predictions[0].numpy(),
            performance.generations[0].numpy(),
            rate_hz=rate_hz,
            kind=snakemake.params.kind,
            update_length=settings["update_length_samples"],
        )
        if seed == chosen_seed:
            prediction, generation = first_sounds(performance, signal)
            write_wav(snakemake.output.prediction, prediction, rate_hz)
            write_wav(snakemake.output.generation, generation, rate_hz)
    labels = {"configuration": snakemake.wildcards.configuration, "chosen_seed": chosen_seed, "rate_hz": rate_hz}
    write_json(Path(snakemake.output.states), labels | {"seeds": summaries})
