"""A device of a second, read from files, in a configuration that trains on it in seconds."""

from pathlib import Path

import numpy as np
import soundfile

from support.workspace import Config

RATE_HZ = 44100
SIDES = ("input", "target")


def use_device(config: Config) -> None:
    """Let the device be `amplifier`, and make its preset small."""
    files = {side: f"{side}.wav" for side in SIDES}
    config["devices"] = {
        "amplifier": {"rate_hz": RATE_HZ, "split": [0.6, 0.2, 0.2], "latency": "report"}
        | {"source": "file", "file": files}
    }
    config["presets"]["amplifier"] |= {"hidden_size": 2, "batch_size": 4, "epochs": 2, "pre_emphasis": "none"}
    config["presets"]["amplifier"] |= {"segment_samples": 4000, "warm_up_samples": 500}


def write_pair(folder: Path) -> None:
    """Write its recordings: noise, and the noise clipped softly."""
    played = np.random.default_rng(5).uniform(-0.5, 0.5, RATE_HZ)
    for side, samples in zip(SIDES, (played, np.tanh(2 * played)), strict=True):
        soundfile.write(folder / f"{side}.wav", samples, RATE_HZ, subtype="FLOAT")
