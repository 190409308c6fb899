from pathlib import Path

from rnn_audio.atomic import replacing
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.listening.files import read_sounds
from rnn_audio.listening.page import listening_page
from rnn_audio.records import read_json

with logged_job(snakemake.log[0]):
    params = snakemake.params
    record = read_json(Path(snakemake.input.record))
    sounds = read_sounds(Path(snakemake.input.webmushra), snakemake.wildcards.listening, record)
    page = listening_page(params.test, record, sounds, params.notes)
    with replacing(Path(snakemake.output[0])) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
