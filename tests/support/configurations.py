"""A small complete configuration, and the shipped one, for tests that change them."""

import copy
from functools import cache
from typing import Any

import yaml

from support.places import REPOSITORY

Config = dict[str, Any]

REMOVED = object()

OVERFIT: Config = {
    "hidden_size": 8,
    "batch_size": 2,
    "learning_rate": 0.001,
    "gradient_clip_norm": None,
    "initial_state_scale": 1.0,
    "epochs": 10,
    "teacher_forcing": "always",
    "update_length_samples": "full",
    "carry_state": True,
    "select_by": "prediction_mse",
}
"""A small preset that learns a signal."""

AMPLIFIER: Config = {
    "device": "amplifier",
    "hidden_size": 8,
    "skip": True,
    "batch_size": 2,
    "learning_rate": 0.001,
    "gradient_clip_norm": None,
    "epochs": 10,
    "teacher_forcing": "always",
    "segment_samples": 1000,
    "warm_up_samples": 100,
    "update_length_samples": 100,
    "carry_state": True,
    "pre_emphasis": "none",
    "validate_every_epochs": 2,
    "keep": "last",
    "select_by": "test_loss",
}
"""A small preset that models a device."""


def read_yaml(path: str) -> Config:
    """A file of the repository, read once; the copy may be changed."""
    return copy.deepcopy(_parsed(path))


@cache
def _parsed(path: str) -> Config:
    return yaml.safe_load((REPOSITORY / path).read_text(encoding="utf-8"))


def shipped_config() -> Config:
    """The configuration that users start from."""
    return read_yaml("config.yaml")


def without_claims(config: Config) -> Config:
    """A configuration whose papers claim nothing, so that parts of it may be left out."""
    papers = {name: {key: own[key] for key in own if key != "claims"} for name, own in config["papers"].items()}
    return config | {"papers": papers, "claims": {}}


def overlaid(base: Config, overlay: Config) -> Config:
    """Merge mappings; replace everything else."""
    merged = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = overlaid(base[key], value) if both else value
    return merged


def minimal() -> Config:
    """A small complete configuration."""
    return {
        "pathvars": {"results": "results", "logs": "results/logs"},
        "scale": {"name": "paper", "epochs_factor": 1.0},
        "accelerator": "cpu",
        "packing": "auto",
        "seeds": [1, 2],
        "papers": {"paper_a": {"title": "A title", "authors": "An author"}},
        "signals": {
            "tone": {
                "kind": "tone",
                "duration_samples": 64,
                "normalise": "none",
                "source": "synthetic",
                "synthetic": {
                    "generator": "sine",
                    "rate_hz": 8000,
                    "frequency_hz": 440,
                    "amplitude": 1.0,
                    "phase_rad": 0.0,
                },
                "file": {"path": "recordings/tone.wav", "start": "onset"},
                "url": {"address": "https://example.org/tone.wav", "sha256": "0" * 64},
            }
        },
        "devices": {
            "amplifier": {
                "rate_hz": 44100,
                "split": [0.8, 0.1, 0.1],
                "latency": "report",
                "source": "file",
                "file": {"input": "recordings/in.wav", "target": "recordings/out.wav"},
            }
        },
        "presets": {"overfit": dict(OVERFIT)},
        "configurations": {
            "tone_full": {"preset": "overfit", "signal": "tone", "rate_hz": 8000},
            "tone_sub": {"preset": "overfit", "signal": "tone", "rate_hz": 4000, "update_length_samples": 16},
        },
        "tables": {
            "table_1": {
                "paper": "paper_a",
                "kind": "losses",
                "caption": "Losses",
                "labels": {"rate_hz": "Rate (Hz)"},
                "rows": [
                    {
                        "configuration": "tone_full",
                        "quantity": "prediction_mse",
                        "labels": {"rate_hz": 8000},
                        "published": {"value": 0.5, "time_s": 10},
                    }
                ],
            }
        },
        "figures": {
            "figure_1": {
                "paper": "paper_a",
                "kind": "waveforms",
                "caption": "Waveforms",
                "panels": [
                    {"configuration": "tone_sub", "shows": "prediction", "title": "A", "zoom_samples": [0, 8]},
                    {"configuration": "tone_full", "shows": "generation", "title": "B"},
                ],
            }
        },
    }


def changed(path: str, value: Any) -> Config:  # noqa: ANN401 (any YAML value)
    """The small configuration with one value replaced, added or removed; numbers in the path are list indices."""
    config = minimal()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = config
    for part in parents:
        place = place[part]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return config
