from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.reporting.figures.waveforms import WaveformPanel, plot_waveforms
from rnn_audio.wav import read_wav

with logged_job(snakemake.log[0]):
    panels = []
    for panel, signal, sound, metrics in zip(
        snakemake.params.panels, snakemake.input.signals, snakemake.input.sounds, snakemake.input.metrics, strict=True
    ):
        target, rate_hz = read_wav(signal)
        measured = read_json(Path(metrics))[panel["shows"]]
        panels.append(
            WaveformPanel(
                title=panel["title"],
                target=target,
                output=read_wav(sound)[0],
                rate_hz=rate_hz,
                output_label=panel["shows"],
                mse=measured["mse"],
                zoom_samples=tuple(panel["zoom_samples"]) if "zoom_samples" in panel else None,
                mark_every_samples=panel.get("mark_every_samples"),
                first_sample=measured.get("first_sample", 0),
            )
        )
    figure = plot_waveforms(panels, snakemake.params.notes)
    write_figure(figure, [Path(path) for path in snakemake.output])
