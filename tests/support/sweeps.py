"""A small configuration with sweeps."""

import copy

from rnn_audio.configuration.experiment import Experiment, load_experiment
from support.configurations import AMPLIFIER as AMPLIFIER_PRESET
from support.configurations import OVERFIT, REMOVED, Config

PRESETS = {
    "overfit": OVERFIT,
    "annealed": {"teacher_forcing": {"schedule": "exponential", "base": 0.95}},
    "amplifier": AMPLIFIER_PRESET,
}
TONE = {"preset": "overfit", "signal": "tone", "rate_hz": 8000}
AMPLIFIER = {"preset": "amplifier"}


def configuration(**sweeps: Config) -> Config:
    """A small complete configuration with these sweeps; `tone_full` is their base."""
    sine = {"generator": "sine", "rate_hz": 8000, "frequency_hz": 440, "amplitude": 1.0, "phase_rad": 0.0}
    signal = {"kind": "tone", "duration_samples": 64, "normalise": "none", "source": "synthetic", "synthetic": sine}
    device = {"rate_hz": 44100, "split": [0.8, 0.1, 0.1], "latency": "report", "source": "file"}
    row = {"configuration": "tone_full", "quantity": "prediction_mse", "labels": {"rate_hz": 8000}}
    return {
        "pathvars": {"results": "results", "logs": "results/logs"},
        "scale": {"name": "paper", "epochs_factor": 1.0},
        "accelerator": "cpu",
        "packing": "auto",
        "seeds": [1, 2],
        "papers": {"paper_a": {"title": "A title", "authors": "An author"}},
        "signals": {"tone": signal, "other": signal},
        "devices": {"amplifier": device | {"file": {"input": "in.wav", "target": "out.wav"}}},
        "presets": copy.deepcopy(PRESETS),
        "configurations": {"tone_full": TONE, "tone_fast": TONE | {"learning_rate": 0.01}},
        "tables": {
            "table_1": {"paper": "paper_a", "kind": "losses", "caption": "Losses", "labels": {"rate_hz": "Rate"}}
            | {"rows": [row]}
        },
        "figures": {
            "figure_1": {"paper": "paper_a", "kind": "loss_curves", "caption": "Curves"}
            | {"panels": [{"configuration": "tone_full", "title": "A"}]}
        },
        "sweeps": sweeps,
    }


def sweep(**changes: object) -> Config:
    """A sweep of the learning rate with some of its keys changed or removed."""
    declared = {
        "paper": "paper_a",
        "caption": "Learning rates",
        "configuration": TONE,
        "vary": "learning_rate",
        "values": [0.1, 0.01, 0.001],
        "quantities": ["prediction_mse", "generation.effective_length_samples"],
        **changes,
    }
    return {key: value for key, value in declared.items() if value is not REMOVED}


def load(**changes: object) -> Experiment:
    return load_experiment(configuration(rates=sweep(**changes)))
