from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.listening.analysis import analyse
from rnn_audio.listening.results import read_results
from rnn_audio.records import read_json, write_json

with logged_job(snakemake.log[0]):
    test = snakemake.params.test
    listeners = read_results(map(Path, snakemake.input.results), snakemake.wildcards.listening, test)
    write_json(Path(snakemake.output[0]), analyse(listeners, test, read_json(Path(snakemake.input.stimuli))))
