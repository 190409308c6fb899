from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.evaluation.signal_sounds import perform_chosen
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import prepare_process
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    chosen_seed, model_path = chosen_model(snakemake.input.selection, snakemake.params.seeds, snakemake.input.models)
    signal, rate_hz = read_wav(snakemake.input.signal)
    prediction, generation = perform_chosen(model_path, snakemake.params.settings, signal, chosen_seed)
    write_wav(snakemake.output.prediction, prediction, rate_hz)
    write_wav(snakemake.output.generation, generation, rate_hz)
