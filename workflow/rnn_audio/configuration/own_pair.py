"""The configuration of a run that models one pair of recordings, for users who write none."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnn_audio.types import Settings

LONGEST_NAME = 40

_VALIDATIONS = 100  # of a training at least; each costs as much as some updates

_HEADER = """\
# Written by `rnn-audio train`; an ordinary configuration of the workflow (docs/configuration.md). The same command goes
# on with it, and so does Snakemake itself:
#   snakemake --snakefile {snakefile} --directory . --cores 2
# Another scale than paper would be stated in all tables, as a change of a paper's experiment.
"""


def own_pair(
    name: str,
    preset: Mapping[str, Any],
    *,
    input: Path,
    target: Path,
    channels: Mapping[str, int | None],
    latency: str,
    rate_hz: int,
    segment_samples: int,
    hidden_size: int,
    pre_emphasis: str,
    seeds: Sequence[int],
    epochs: int,
) -> Settings:
    """A whole configuration: one device, one model of several seeds, its table and its figures.

    Args:
        name: name of the device and of the model, as the schema's `name` allows.
        preset: the preset of the amplifiers, whose other settings are kept.
        input: the device's input.
        target: its output.
        channels: `input_channel` and `target_channel`; None where the file has only one.
        latency: `correct` or `report`.
        rate_hz: sampling rate of both.
        segment_samples: length of a segment.
        hidden_size: number of LSTM units.
        pre_emphasis: the filter before the loss.
        seeds: copies of which the best by its validation loss is chosen.
        epochs: length of the training.
    """
    files = {"input": str(input.resolve()), "target": str(target.resolve())}
    chosen = {key: channel for key, channel in channels.items() if channel is not None}
    return {
        "pathvars": {"results": "results", "logs": "results/logs"},
        "scale": {"name": "paper", "epochs_factor": 1.0},
        "accelerator": "auto",
        "packing": "auto",
        "seeds": list(seeds),
        "papers": {"own": {"title": f"Model of {target.stem}", "authors": "rnn-audio train", "presets": ["pair"]}},
        "signals": {},
        "devices": {
            name: {
                "rate_hz": rate_hz,
                "split": [0.8, 0.1, 0.1],
                "latency": latency,
                "source": "file",
                "file": files | chosen,
            }
        },
        "presets": {
            "pair": {
                **{key: value for key, value in preset.items() if key != "epochs"},
                "device": name,
                "segment_samples": segment_samples,
                "validate_every_epochs": validate_every(epochs),
                "select_by": "validation_loss",  # the test set then judges a choice that it had no part in
            }
        },
        "configurations": {
            name: {"preset": "pair", "hidden_size": hidden_size, "pre_emphasis": pre_emphasis, "epochs": epochs}
        },
        "tables": {
            "losses": {
                "kind": "device_losses",
                "select_by": "validation_loss",
                "caption": "Loss on the test set after each filter",
                "labels": {"hidden_size": "Hidden size", "pre_emphasis": "Training pre-emphasis"},
                "rows": [name],
            }
        },
        "figures": {
            "training": {"kind": "loss_curves", "caption": "Training loss of every seed", "panels": [name]},
            "error": {
                "kind": "error_spectra",
                "caption": "Test error over frequency, relative to the target",
                "panels": [name],
            },
        },
    }


def validate_every(epochs: int) -> int:
    """Epochs from one validation to the next."""
    return max(1, epochs // _VALIDATIONS)


def name_of(target: Path) -> str:
    """A name for the model of a recording: lower-case letters, digits and underscores, a letter first.

    >>> name_of(Path("My Amp (lead) 2.wav")), name_of(Path("88.wav")), name_of(Path("音.wav"))
    ('my_amp_lead_2', 'model_88', 'model')
    """
    name = re.sub(r"[^a-z0-9]+", "_", target.stem.lower()).strip("_")
    if not name[:1].isalpha():
        name = f"model_{name}".strip("_")
    return name[:LONGEST_NAME].strip("_")


def as_yaml(settings: Settings, snakefile: Path) -> str:
    """A configuration as the text of its file."""
    import yaml

    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120)
    return _HEADER.format(snakefile=snakefile) + text
