from pathlib import Path

from rnn_audio.evaluation.reconstruction import reconstruct_chosen
from rnn_audio.evaluation.selection import chosen_model
from rnn_audio.jobs.job_log import logged_job
from rnn_audio.jobs.runtime import prepare_process
from rnn_audio.records import write_json
from rnn_audio.wav import read_wav, write_wav

with logged_job(snakemake.log[0]):
    prepare_process("cpu", snakemake.threads)
    chosen_seed, model_path = chosen_model(snakemake.input.selection, snakemake.params.seeds, snakemake.input.models)
    signal, rate_hz = read_wav(snakemake.input.signal)
    shown = reconstruct_chosen(model_path, snakemake.params.settings, signal, chosen_seed)
    write_wav(snakemake.output.reconstruction, shown.reconstruction, rate_hz)
    write_wav(snakemake.output.target, shown.segment, rate_hz)
    write_json(Path(snakemake.output.anchors), {"shown_samples": shown.anchor, "evaluated_samples": shown.evaluated})
