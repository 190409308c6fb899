from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_columns, read_json
from rnn_audio.reporting.figures.compared_losses import ComparedPanel, ComparedTraining, plot_compared_losses
from rnn_audio.reporting.figures.style import write_figure

with logged_job(snakemake.log[0]):
    seeds = snakemake.params.seeds
    histories = [read_columns(Path(path)) for path in snakemake.input.histories]
    groups, baselines = {}, {}
    for index, panel in enumerate(snakemake.params.panels):
        training = ComparedTraining(
            label=panel["title"],
            histories=dict(zip(seeds, histories[index * len(seeds) :], strict=False)),
            chosen_seed=read_json(Path(snakemake.input.selections[index]))["chosen_seed"],
        )
        groups.setdefault(panel["group"], []).append(training)
        baselines[panel["group"]] = read_json(Path(snakemake.input.metrics[index]))["zero_loss"]
    panels = [ComparedPanel(title, tuple(trainings), baselines[title]) for title, trainings in groups.items()]
    figure = plot_compared_losses(panels, snakemake.params.notes)
    write_figure(figure, [Path(path) for path in snakemake.output])
