from pathlib import Path

from rnn_audio.devices.segments import write_segments
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.wav import read_wav

with logged_job(snakemake.log[0]):
    source, target = (read_wav(path)[0] for path in snakemake.input.recordings)
    write_segments(Path(snakemake.output[0]), source, target, int(snakemake.wildcards.samples))
