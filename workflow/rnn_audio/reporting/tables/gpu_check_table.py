"""The table of the check of a GPU."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import Column, Table


def build_gpu_check_table(record: Mapping[str, Any]) -> Table:
    """What was found on one GPU.

    Args:
        record: as returned by `gpu_check.check_gpu`.
    """
    columns = (
        Column("part", "Part", Format.TEXT),
        Column("what", "What", Format.TEXT),
        Column("hidden_size", "Hidden\nsize", Format.INTEGER),
        Column("models", "Models\nat once", Format.INTEGER),
        Column("value", "Value"),
        Column("unit", "Unit", Format.TEXT),
        Column("verdict", "Verdict", Format.TEXT),
    )
    facts = [f"{name} {value}" for name, value in record["machine"].items() if name != "name"]
    notes = (
        "correctness: outputs, states and gradients against PyTorch's LSTM in float64 on the CPU: the norm of "
        "the error over that of the exact values, where it is largest.",
        "same bits: two short trainings of the same models, whose weights must be equal.",
        "step: one sample of a batch, in the recurrence alone. epoch: all that a training does.",
        "extrapolated: not measured, but the time of an epoch times their number; validations come on top.",
        "reference: PyTorch's own LSTM and Adam, one model, with PyTorch's settings; timed in turn with ours.",
        f"Measured on {record['machine']['name']} ({', '.join(facts)}).",
    )
    # Objects, so that whole numbers stay whole next to missing ones.
    frame = pd.DataFrame(record["rows"], columns=[column.key for column in columns], dtype=object)
    return Table("gpu_check", "Check of a GPU: numbers, bits and times", frame, columns, notes)
