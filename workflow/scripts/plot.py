from importlib import import_module
from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.reporting.tables.pair_notes import pair_notes

with logged_job(snakemake.log[0]):
    declaration = snakemake.params.declaration
    # The module of the figure's kind; the rule's parameter `code` includes it.
    figures = import_module(f"rnn_audio.reporting.figures.{declaration['kind']}")
    files = {what: [Path(path) for path in paths] for what, paths in snakemake.input.items()}
    of_pairs = pair_notes(files.pop("checks"))
    figure = figures.from_files(
        declaration,
        files,
        [*snakemake.params.notes, *of_pairs],
        **snakemake.params.given,
    )
    write_figure(figure, [Path(path) for path in snakemake.output])
