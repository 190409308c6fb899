from rnn_audio.audio import read_wav, write_wav
from rnn_audio.jobs import logged_job
from rnn_audio.performance import perform_chosen
from rnn_audio.runtime import prepare_process
from rnn_audio.selection import chosen_model

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    chosen_seed, model_path = chosen_model(snakemake.input.selection, snakemake.params.seeds, snakemake.input.models)
    signal, rate_hz = read_wav(snakemake.input.signal)
    prediction, generation = perform_chosen(model_path, snakemake.params.settings, signal, chosen_seed)
    write_wav(snakemake.output.prediction, prediction, rate_hz)
    write_wav(snakemake.output.generation, generation, rate_hz)
