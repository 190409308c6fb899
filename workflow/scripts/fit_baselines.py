from pathlib import Path

from rnn_audio.evaluation.device_metrics import baseline_losses
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import write_json
from rnn_audio.wav import read_wav

with logged_job(snakemake.log[0]):
    recordings = [read_wav(path) for path in snakemake.input.recordings]
    train_input, train_target, _, _, test_input, test_target = (samples for samples, _ in recordings)
    train, test = (train_input, train_target), (test_input, test_target)
    losses = baseline_losses(train, test, recordings[0][1], snakemake.params.a_weighting_design)
    write_json(Path(snakemake.output[0]), losses)
