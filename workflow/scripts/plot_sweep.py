from pathlib import Path

from rnn_audio.figures.loss_curves import SeedCurve
from rnn_audio.figures.style import write_figure
from rnn_audio.figures.sweeps import SweepPanel, plot_sweep
from rnn_audio.jobs import logged_job
from rnn_audio.records import read_by_configuration, read_history
from rnn_audio.sweep_points import sweep_point
from rnn_audio.table_rows import read_rows

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
