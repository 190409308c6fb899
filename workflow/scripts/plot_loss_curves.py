from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_history, read_json
from rnn_audio.reporting.figures.loss_curves import LossPanel, SeedCurve, plot_loss_curves
from rnn_audio.reporting.figures.style import write_figure

with logged_job(snakemake.log[0]):
    seeds = snakemake.params.seeds
    histories = [Path(path) for path in snakemake.input.histories]
    panels = []
    for index, panel in enumerate(snakemake.params.panels):
        panels.append(
            LossPanel(
                title=panel["title"],
                curves=tuple(
                    SeedCurve(seed, *read_history(path))
                    for seed, path in zip(seeds, histories[index * len(seeds) :], strict=False)
                ),
                chosen_seed=read_json(Path(snakemake.input.selections[index]))["chosen_seed"],
                baseline_mse=read_json(Path(snakemake.input.metrics[index]))["zero_loss"],
                published_mse=snakemake.params.published[index],
            )
        )
    figure = plot_loss_curves(panels, snakemake.params.notes)
    write_figure(figure, [Path(path) for path in snakemake.output])
