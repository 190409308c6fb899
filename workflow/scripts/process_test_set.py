from pathlib import Path

from rnn_audio.audio import read_wav, write_wav
from rnn_audio.device_evaluation import process_recording
from rnn_audio.jobs import logged_job
from rnn_audio.records import read_json
from rnn_audio.runtime import prepare_process

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    chosen_seed = read_json(Path(snakemake.input.selection))["chosen_seed"]
    model_path = snakemake.input.models[snakemake.params.seeds.index(chosen_seed)]
    (source, rate_hz), (target, _) = (read_wav(path) for path in snakemake.input.recordings)
    prediction = process_recording(Path(model_path), source)
    write_wav(snakemake.output.prediction, prediction, rate_hz)
    write_wav(snakemake.output.error, target - prediction, rate_hz)
