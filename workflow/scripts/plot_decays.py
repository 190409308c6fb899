from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.figures.decays import DecayPanel, Response, plot_decays
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.signals.acoustics import decay_curve
from rnn_audio.wav import read_wav

with logged_job(snakemake.log[0]):
    targets, generations = {}, {}
    for panel, signal, sound, metrics in zip(
        snakemake.params.panels,
        snakemake.input.signals,
        snakemake.input.generations,
        snakemake.input.metrics,
        strict=True,
    ):
        samples, rate_hz = read_wav(signal)
        targets[panel["group"]] = (Response("target", samples, decay_curve(samples)), rate_hz)
        generated, _ = read_wav(sound)
        error = read_json(Path(metrics))["generation"]["relative_error"]
        response = Response(panel["title"], generated, decay_curve(generated), error)
        generations.setdefault(panel["group"], []).append(response)
    panels = [DecayPanel(group, *targets[group], tuple(shown)) for group, shown in generations.items()]
    write_figure(plot_decays(panels, snakemake.params.notes), [Path(path) for path in snakemake.output])
