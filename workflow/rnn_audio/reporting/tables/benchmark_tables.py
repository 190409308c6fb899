"""The benchmark's tables: training compared with the reference, how time grows, and Snakemake's own time."""

import pandas as pd

from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import Column, Table
from rnn_audio.speed.benchmark_records import Records, speeds_over_reference

_COMMON = (
    Column("hidden_size", "Hidden\nsize", Format.INTEGER),
    Column("batch_size", "Batch", Format.INTEGER),
    Column("samples", "Samples", Format.INTEGER),
    Column("models", "Models\nat once", Format.INTEGER),
    Column("seconds", "Epoch (s)"),
    Column("step_us", "Step of a\nmodel (µs)"),
)
_MEMORY = Column("peak_memory_mib", "Peak memory\n(MiB)", Format.INTEGER)
_MEDIAN_NOTE = "Median epoch of one batch of noise; a step is one sample of the batch, forward and backward."


def build_training_table(records: Records, machine: str) -> Table:
    """Training times of this library next to those of the reference recipe.

    Args:
        records: as returned by `training_benchmark.time_in_turn`.
        machine: the machine on which they were measured.
    """
    frame = _frame(records)
    frame["over_reference"] = speeds_over_reference(records)
    columns = (
        Column("method", "Method", Format.TEXT),
        Column("recipe", "Recipe", Format.TEXT),
        *_COMMON,
        Column("models_samples_per_s", "Samples of\nall models / s", Format.SCIENTIFIC),
        Column("over_reference", "Over the\nreference"),
        _MEMORY,
    )
    notes = (
        "reference: PyTorch's own LSTM and Adam, one model at a time, in a process of its own with PyTorch's defaults "
        "and one thread. Recipes are timed in turn, epoch by epoch.",
        "Over the reference: the median of the rounds' own ratios.",
        _MEDIAN_NOTE,
        f"Measured on {machine}.",
    )
    return Table("benchmark_training", "Speed of training", frame, columns, notes)


def build_growth_table(records: Records, machine: str) -> Table:
    """How this library's time grows with the sequence length, the hidden size and the size of the pack."""
    shown = {"samples": "length of the sequence", "hidden_size": "hidden size", "pack": "models at once"}
    frame = _frame(records)
    frame["varied"] = [shown[record["method"]] for record in records]
    columns = (Column("varied", "Varied", Format.TEXT), *_COMMON, _MEMORY)
    return Table(
        "benchmark_growth", "How the time of an epoch grows", frame, columns, (_MEDIAN_NOTE, f"Measured on {machine}.")
    )


def build_workflow_table(records: Records, machine: str) -> Table:
    """The time that Snakemake itself takes."""
    frame = pd.DataFrame([{key: record[key] for key in ("what", "jobs", "seconds")} for record in records])
    columns = (
        Column("what", "What", Format.TEXT),
        Column("jobs", "Jobs to do", Format.INTEGER),
        Column("seconds", "Time (s)"),
    )
    return Table(
        "benchmark_workflow",
        "The workflow's own time",
        frame,
        columns,
        ("A dry run does all that a run does before its first job.", f"Measured on {machine}."),
    )


def _frame(records: Records) -> pd.DataFrame:
    frame = pd.DataFrame([{**record, "step_us": 1e6 * record["step_s"]} for record in records])
    return frame.drop(columns="epochs_s")
