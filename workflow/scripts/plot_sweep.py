from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_by_configuration, read_history
from rnn_audio.reporting.figures.loss_curves import SeedCurve
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.reporting.figures.sweeps import SweepPanel, plot_sweep
from rnn_audio.reporting.tables.rows import read_rows
from rnn_audio.reporting.tables.sweep_points import sweep_point

with logged_job(snakemake.log[0]):
    declaration, seeds = snakemake.params.declaration, snakemake.params.seeds
    rows = read_rows(
        snakemake.wildcards.figure,
        declaration,
        selections=read_by_configuration(snakemake.input.selections),
        metrics=read_by_configuration(snakemake.input.metrics),
    )
    panels = [
        SweepPanel(quantity, tuple(sweep_point(row, quantity) for row in rows))
        for quantity in declaration["quantities"]
    ]
    curves = []
    for index, row in enumerate(rows):
        (label,) = row.labels.values()
        seed = row.selection["chosen_seed"]
        history = snakemake.input.histories[index * len(seeds) + seeds.index(seed)]
        curves.append((str(label), SeedCurve(seed, *read_history(Path(history)))))
    (varied,) = declaration["labels"].values()
    write_figure(plot_sweep(panels, curves, varied, snakemake.params.notes), [Path(path) for path in snakemake.output])
