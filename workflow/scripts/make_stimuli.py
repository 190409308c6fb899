from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.listening.clips import bass_stretches
from rnn_audio.listening.files import write_webmushra
from rnn_audio.listening.stimuli import make_stimuli
from rnn_audio.records import write_json
from rnn_audio.wav import read_wav

with logged_job(snakemake.log[0]):
    params = snakemake.params
    (source, rate_hz), (target, _) = (read_wav(path) for path in snakemake.input.recordings)
    outputs = {Path(path).stem: read_wav(path)[0] for path in snakemake.input.outputs}
    preferred_s = params.test["clips"].get("within_s")
    if preferred_s is None and params.device["source"] == "synthetic":
        preferred_s = bass_stretches(params.device)
    stimuli = make_stimuli(params.test, (source, target), outputs, rate_hz, preferred_s)
    folder = Path(snakemake.output.webmushra)
    record = write_webmushra(folder, snakemake.wildcards.listening, params.test, stimuli, rate_hz, params.notes)
    write_json(Path(snakemake.output.record), record)
