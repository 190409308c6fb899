"""A configuration that runs in seconds and needs every rule of the workflow at least once."""

from pathlib import Path

import numpy as np
import soundfile

from rnn_audio.formats.files import write_model
from support.configurations import Config, shipped_config, without_claims
from support.portable_models import random_model
from support.workspace import Workspace

RATE_HZ = 8000
_SMALL = {"hidden_size": 3, "batch_size": 2, "epochs": 3}


def every_rule_config() -> Config:
    """A room and an amplifier, both read from files, and an artefact of each kind; `create` writes the files."""
    config = without_claims(shipped_config())
    config["presets"]["auxiliary"] |= _SMALL
    config["presets"]["amplifier"] |= _SMALL | {"segment_samples": 1000, "warm_up_samples": 200}
    config["presets"]["auxiliary"]["auxiliary"] |= {"pretraining_epochs": 2, "segment_samples": 16, "hidden_size": 2}
    room = {"signal": "room", "rate_hz": RATE_HZ}
    return config | {
        "seeds": [1],
        "signals": {
            "room": {"kind": "room", "duration_samples": 256, "normalise": "peak", "source": "file"}
            | {"file": {"path": "room.wav", "start": 0, "channel": 0}},
        },
        "devices": {
            "amplifier": {"rate_hz": RATE_HZ, "split": [0.6, 0.2, 0.2], "latency": "report", "source": "file"}
            | {"file": {side: f"{side}.wav" for side in ("input", "target")}},
        },
        "configurations": {
            "assisted": {"preset": "auxiliary", **room},
            "amplifier": {"preset": "amplifier", "pre_emphasis": "highpass"},
            "theirs": {"preset": "amplifier", "pre_emphasis": "none", "model": {"path": "theirs.json"}},
        },
        "tables": _tables(),
        "figures": _figures(),
        "sweeps": {
            "rates": _of_paper("Learning rates")
            | {"configuration": {"preset": "auxiliary", **room}, "vary": "learning_rate", "values": [0.001, 0.01]}
            | {"quantities": ["prediction_mse"]},
        },
        "listening": {
            "heard": _of_paper("Heard")
            | {"title": "Models", "question": "How alike?", "groups": {"only": {"none": "amplifier"}}}
            | {"anchors": ["tanh"], "clips": {"count": 1, "seconds": 0.5}, "results": "listeners"},
        },
        "convolutions": {"in_room": _of_paper("A sound in rooms") | {"dry": "room", "configurations": ["assisted"]}},
        "claims": {"slower": {"statement": "The auxiliary loss takes time.", "rules": [_rule()]}},
    }


def create(folder: Path) -> Workspace:
    """A workspace with that configuration and its recordings, without results."""
    workspace = Workspace.create(folder, every_rule_config())
    write_model(random_model(_SMALL["hidden_size"], rate_hz=RATE_HZ), folder / "theirs.json", "coreaudioml")
    noise = np.random.default_rng(5).uniform(-0.5, 0.5, RATE_HZ)
    decay = np.exp(-np.arange(len(noise)) / 40)
    for name, samples in (("room", noise * decay), ("input", noise), ("target", np.tanh(2 * noise))):
        soundfile.write(folder / f"{name}.wav", samples, RATE_HZ, subtype="FLOAT")
    return workspace


def _of_paper(caption: str) -> Config:
    return {"paper": "impulse_response", "caption": caption}


def _rule() -> Config:
    return {"kind": "paired", "quantity": "late_training_mse", "of": "assisted", "over": "rates", "at_least": 1}


def _tables() -> Config:
    def table(kind: str, configuration: str) -> Config:
        row = {"configuration": configuration, "labels": {"hidden_size": 3}}
        return _of_paper(f"A table of {kind}") | {"kind": kind, "labels": {"hidden_size": "Units"}, "rows": [row]}

    observations = table("observations", "assisted")
    observations["rows"][0]["quantity"] = "auxiliary_mse"
    device = table("device_losses", "amplifier") | {"select_by": "test_loss"}
    device["labels"] |= {"pre_emphasis": "Filter"}
    device["rows"][0]["labels"] |= {"pre_emphasis": "highpass"}
    return {
        "observed": observations,
        "device": device,
        "speed": table("running_speed", "amplifier"),
        "times": table("training_time", "amplifier"),
    }


def _figures() -> Config:
    def figure(kind: str, configuration: str, **panel: str) -> Config:
        panels = [{"configuration": configuration, "title": "it", **panel}]
        return _of_paper(f"A figure of {kind}") | {"kind": kind, "panels": panels}

    return {
        "waves": figure("waveforms", "assisted", shows="reconstruction"),
        "decays": figure("decays", "assisted", group="Room"),
        "curves": figure("loss_curves", "assisted"),
        "compared": figure("compared_losses", "assisted", group="Room"),
        "spectra": figure("error_spectra", "amplifier", group="Amplifier"),
        "filters": _of_paper("Filters") | {"kind": "filter_responses", "rate_hz": RATE_HZ},
    }
