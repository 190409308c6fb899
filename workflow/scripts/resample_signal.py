from rnn_audio.jobs.job_log import logged_job
from rnn_audio.signals.resampling import normalise, resample
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    samples, source_rate_hz = read_wav(snakemake.input.signal)
    rate_hz = snakemake.params.rate_hz
    resampled = resample(samples, source_rate_hz, rate_hz)
    write_wav(snakemake.output[0], normalise(resampled, snakemake.params.normalise), rate_hz)
