"""Results of a small experiment for the page, without a training: sounds, losses and histories are made up."""

from pathlib import Path

import numpy as np
import pandas as pd

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.evaluation.selection import select_best
from rnn_audio.records import write_history, write_json
from rnn_audio.reporting.figures.style import new_figure, write_figure
from rnn_audio.reporting.page.plan import page_plan
from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import Column, Table, write_table
from rnn_audio.types import Settings
from rnn_audio.wav import write_wav
from support.configurations import Config
from support.every_rule import RATE_HZ, every_rule_config

SEEDS = [1, 2]
LOW_HZ = 1024
ROOM_SAMPLES = {RATE_HZ: 2048, LOW_HZ: 512}
DEVICE_S = 8
EPOCHS = 30
ACTING = "</script><script>document.acted=1</script><img src=x onerror=document.acted=2>{x} {{ y }} `z` &lt; ${w}"
"""A user's text that would act wherever it is not taken as text."""


def shown_config(text: str = "plain text") -> Config:
    """A room at two rates, an amplifier and a convolution; `text` is wherever users write."""
    config = every_rule_config()
    config["papers"]["impulse_response"] |= {"title": f"Title {text}", "authors": f"Authors {text}"}
    config["signals"]["room"]["label"] = f"room {text}"
    config["configurations"]["low"] = {"preset": "overfit", "signal": "room", "rate_hz": LOW_HZ}
    config["tables"]["observed"]["caption"] = f"Table {text}"
    config["tables"]["observed"]["rows"][0]["labels"] = {"hidden_size": f"label {text}"}
    config["tables"]["observed"]["notes"] = [f"Note {text}"]
    config["figures"]["waves"]["caption"] = f"Figure {text}"
    config["convolutions"]["in_room"] |= {"caption": f"Sound {text}", "configurations": ["assisted", "low"]}
    return config | {
        "seeds": SEEDS,
        "sweeps": {},
        "listening": {},
        "claims": {},
        "scale": {"name": "small", "epochs_factor": 1},
    }


def write_results(results: Path, text: str = "plain text") -> Settings:
    """Write results of every kind into a folder; returns the plan."""
    experiment = load_experiment(shown_config(text))
    plan = page_plan(experiment)
    random = np.random.default_rng(3)
    for rate_hz, samples in ROOM_SAMPLES.items():
        write_wav(results / f"signals/room/{rate_hz}.wav", _decaying(random, samples), rate_hz)
    for side in ("input", "target"):
        sound = random.uniform(-0.1, 0.1, DEVICE_S * RATE_HZ)
        sound[3 * RATE_HZ :] *= 4  # the loudest five seconds begin at the third
        write_wav(results / f"devices/amplifier/test/{side}.wav", sound, RATE_HZ)
    for name, own in experiment.configurations.items():
        _write_models(results, random, name, own)
        _write_sounds(results, random, name, own)
    for name in experiment.config["convolutions"]["in_room"]["configurations"]:
        for side in ("target", "generation"):
            write_wav(results / f"convolutions/in_room/{name}-{side}.wav", random.uniform(-1, 1, RATE_HZ), RATE_HZ)
    _write_artefacts(results, experiment, text)
    _write_claims(results, text)
    return plan


def _write_models(results: Path, random: np.random.Generator, name: str, own: Settings) -> None:
    losses = ["test_loss", "training_loss"] if "device" in own else ["prediction_mse", "generation_mse", "training_mse"]
    columns = ["training_loss", "validation_loss"] if "device" in own else ["training_mse"]
    runs = []
    for seed in SEEDS[:1] if "model" in own else SEEDS:  # a published model is one, and was not trained here
        folder = results / "models" / name / f"seed-{seed}"
        curves = {column: (seed * np.exp(-np.arange(EPOCHS) / 10) + 0.01).tolist() for column in columns}
        trained = {} if "model" in own else {"history_sha256": write_history(folder / "history.csv", curves)}
        run = {
            "name": name,
            "seed": seed,
            "parameters": 10,
            "samples": 512,
            "losses": {loss: float(random.uniform(0.1, 0.9)) for loss in losses},
            "zero_loss": dict.fromkeys(losses, 1.0),
            **trained,
            "source_revision": "abc123",
            "versions": {"numpy": "1.2.3"},
            "measured": {"accelerator": "cpu", "accelerator_name": "A processor", "engine": "compiled"}
            | {"wall_time_s": 61.0, "peak_memory_mib": 280.0},
        }
        write_json(folder / "run.json", run)
        runs.append(run)
    write_json(results / f"models/{name}/selection.json", select_best(name, runs, losses[0]))


def _write_sounds(results: Path, random: np.random.Generator, name: str, own: Settings) -> None:
    if "device" in own:
        sounds = {folder: random.uniform(-0.1, 0.1, DEVICE_S * RATE_HZ) for folder in ("predictions", "errors")}
        rate_hz = RATE_HZ
    else:
        rate_hz = own["rate_hz"]
        sounds = {folder: _decaying(random, ROOM_SAMPLES[rate_hz]) for folder in ("predictions", "generations")}
        sounds["generations"] *= 4  # larger than what can be played at the target's gain
    for folder, sound in sounds.items():
        write_wav(results / folder / f"{name}.wav", sound, rate_hz)


def _write_artefacts(results: Path, experiment: Experiment, text: str) -> None:
    for name, declared in experiment.config["tables"].items():
        names = [row["configuration"] for row in declared["rows"]]
        frame = pd.DataFrame({"label": [f"label {text}"] * len(names), "value": 0.25, "configuration": names})
        columns = (Column("label", "Label", Format.TEXT), Column("value", "Value"))
        table = Table(name, declared["caption"], frame, columns, tuple(declared.get("notes", ())))
        write_table(table, [results / f"tables/{name}{suffix}" for suffix in (".csv", ".md", ".tex", ".html")])
    for name in experiment.config["figures"]:
        with new_figure(3.5, 1.0, [text], has_legend=False) as figure:
            figure.add_subplot().plot([0, 1])
            write_figure(figure, [results / f"figures/{name}.svg", results / f"figures/{name}.png"])


def _write_claims(results: Path, text: str) -> None:
    claims = [
        {"claim": "a1", "paper": "impulse_response", "place": "V-A", "statement": f"Claim {text}", "published": "yes"}
        | {"ours": "0.5", "verdict": verdict, "reason": "One seed.", "configurations": "assisted, low, gone"}
        for verdict in ("confirmed", "undecided at this scale", "undecided at this scale")
    ]
    claims = [claim | {"claim": f"a{number}"} for number, claim in enumerate(claims)]
    pd.DataFrame(claims).to_csv(results / "claims.csv", index=False)


def _decaying(random: np.random.Generator, samples: int) -> np.ndarray:
    return random.uniform(-1, 1, samples) * np.exp(-np.arange(samples) / samples * 5)
