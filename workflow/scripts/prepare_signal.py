from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.signals.sources import load_source
from rnn_audio.wav import write_wav

with logged_job(snakemake.log[0]):
    output = Path(snakemake.output[0])
    samples, rate_hz = load_source(
        snakemake.params.signal, snakemake.params.settings, download_folder=output.parent / "downloads"
    )
    write_wav(output, samples, rate_hz)
