from pathlib import Path

from rnn_audio.jobs.job_log import logged_job
from rnn_audio.records import read_json
from rnn_audio.reporting.tables.rendering import write_table
from rnn_audio.reporting.tables.time_tables import build_running_speed_table

with logged_job(snakemake.log[0]):
    declaration = snakemake.params.declaration
    measured = [read_json(Path(path)) for path in snakemake.input.records]
    sizes = [row["labels"]["hidden_size"] for row in declaration["rows"]]
    speeds = [
        {"hidden_size": size, **speed} for size, run in zip(sizes, measured, strict=True) for speed in run["speeds"]
    ]
    table = build_running_speed_table(
        snakemake.wildcards.table,
        declaration["caption"],
        records=speeds,
        published={
            row["labels"]["hidden_size"]: row["published"]["value"] for row in declaration["rows"] if "published" in row
        },
        processor=", ".join(dict.fromkeys(run["accelerator_name"] for run in measured)),
        notes=snakemake.params.notes,
    )
    write_table(table, [Path(path) for path in snakemake.output])
