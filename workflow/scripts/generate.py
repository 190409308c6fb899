from pathlib import Path

from rnn_audio.audio import read_wav, write_wav
from rnn_audio.jobs import logged_job
from rnn_audio.performance import perform_chosen
from rnn_audio.records import read_json
from rnn_audio.runtime import prepare_process

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    chosen_seed = read_json(Path(snakemake.input.selection))["chosen_seed"]
    model_path = snakemake.input.models[snakemake.params.seeds.index(chosen_seed)]
    signal, rate_hz = read_wav(snakemake.input.signal)
    prediction, generation = perform_chosen(Path(model_path), snakemake.params.settings, signal, chosen_seed)
    write_wav(snakemake.output.prediction, prediction, rate_hz)
    write_wav(snakemake.output.generation, generation, rate_hz)
