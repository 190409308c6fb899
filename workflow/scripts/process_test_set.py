from rnn_audio.evaluation.device_sounds import process_recording
from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import prepare_process
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    _, model_path = chosen_model(snakemake.input.selection, snakemake.params.seeds, snakemake.input.models)
    (source, rate_hz), (target, _) = (read_wav(path) for path in snakemake.input.recordings)
    prediction = process_recording(model_path, source)
    write_wav(snakemake.output.prediction, prediction, rate_hz)
    write_wav(snakemake.output.error, target - prediction, rate_hz)
