"""What the page says of each configuration: its settings, and the losses and files of each of its seeds."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from rnn_audio.configuration.words import capitalised, quantity_words
from rnn_audio.records import Record, read_json
from rnn_audio.reporting.page.artefacts import anchor
from rnn_audio.reporting.tables.cells import Format, HtmlNotation, format_cell
from rnn_audio.types import Settings

_NOTATION = HtmlNotation()
_SUFFIXES_OF_STATES = ("_lower_quartile", "_median", "_upper_quartile")
_SEED_FILES = ("model.safetensors", "history.csv", "run.json")
_FILES = {
    "all seeds": "models/{name}/selection.json",
    "metrics": "metrics/{name}.json",
    "prediction": "predictions/{name}.wav",
    "generation": "generations/{name}.wav",
    "generations of all states": "generations/{name}.json",
    "reconstruction": "reconstructions/{name}.wav",
    "its target": "reconstructions/{name}-target.wav",
    "error": "errors/{name}.wav",
    "errors of all seeds": "errors/{name}.json",
    "running speed": "speed/running/{name}.json",
    "time of an update": "speed/training/{name}.json",
}
"""Files of a configuration, seen from the results, by what they hold."""


def selections(results: Path, plan: Settings) -> dict[str, Record]:
    """The `selection.json` of each configuration that has one."""
    paths = {name: results / f"models/{name}/selection.json" for name in plan["configurations"]}
    return {name: read_json(path) for name, path in paths.items() if path.is_file()}


def described(results: Path, plan: Settings, chosen: Mapping[str, Record]) -> Iterator[Settings]:
    """Each configuration, for a section of its own."""
    for name, own in plan["configurations"].items():
        selection = chosen.get(name)
        losses = _shown_losses(selection)
        yield {
            "name": name,
            "anchor": anchor(name),
            "subject": capitalised(own["subject"]),
            "manner": own["manner"],
            "summary": summary(selection),
            "settings": [(key, _value(key, value)) for key, value in _flat(own["settings"])],
            "losses": [capitalised(quantity_words(loss)) for loss in losses],
            "zero": [_number(selection["zero_loss"].get(loss)) for loss in losses] if selection else [],
            "seeds": [_seed(results, plan, name, seed, selection, losses) for seed in own["seeds"]],
            "files": [
                (word, address)
                for word, file in _FILES.items()
                for _, address in _existing(results, [file.format(name=name)])
            ],
        }


def summary(selection: Record | None) -> str:
    """The chosen seed's main losses in per cent of those of zero output, in words; empty without a model."""
    if selection is None:
        return ""
    own, zero = selection["seeds"][str(selection["chosen_seed"])]["losses"], selection["zero_loss"]
    words = {"prediction_mse": "prediction", "generation_mse": "generation", "test_loss": "test loss"}
    parts = [f"{text} {_percent(own[key] / zero[key])}" for key, text in words.items() if key in own and zero.get(key)]
    return ", ".join(parts)


def measured(runs: list[Record]) -> list[tuple[str, str]]:
    """What was measured of all trainings: machine, time and memory."""
    own = [run["measured"] for run in runs]
    if not own:
        return []
    machines = sorted({f"{each['accelerator_name']} ({each['accelerator']})" for each in own})
    seconds = sum(each["wall_time_s"] for each in own)
    memory = max(each["peak_memory_mib"] for each in own)
    return [
        ("Trained on", ", ".join(machines)),
        ("Training time of all models", format_cell(seconds, Format.DURATION, _NOTATION)),
        ("Largest memory of a training", f"{memory:.0f} MiB"),
        ("Engine", ", ".join(sorted({each["engine"] for each in own}))),
    ]


def run_records(results: Path, plan: Settings) -> list[Record]:
    """The `run.json` of each model that exists."""
    paths = [
        results / f"models/{name}/seed-{seed}/run.json"
        for name, own in plan["configurations"].items()
        for seed in own["seeds"]
    ]
    return [read_json(path) for path in paths if path.is_file()]


def _seed(results: Path, plan: Settings, name: str, seed: int, selection: Record | None, losses: list[str]) -> Settings:
    folder = f"models/{name}/seed-{seed}"
    own = selection["seeds"].get(str(seed)) if selection else None
    files = _existing(results, [f"{folder}/{file}" for file in _SEED_FILES])
    log = f"{plan['logs']}/train/{name}/seed-{seed}.log"
    return {
        "seed": seed,
        "chosen": bool(selection) and selection["chosen_seed"] == seed,
        "losses": [_number(own["losses"].get(loss)) for loss in losses] if own else [],
        "time": format_cell(own["wall_time_s"], Format.DURATION, _NOTATION) if own else "",
        "files": [*files, *(("log", path) for _, path in _existing(results, [log]))],
    }


def _shown_losses(selection: Record | None) -> list[str]:
    if selection is None:
        return []
    losses = dict.fromkeys(loss for own in selection["seeds"].values() for loss in own["losses"])
    return [loss for loss in losses if not loss.endswith(_SUFFIXES_OF_STATES)]


def _existing(results: Path, files: list[str]) -> list[tuple[str, str]]:
    """Name and address of each file that exists."""
    return [(Path(file).name, quote(file)) for file in files if (results / file).is_file()]


def _flat(settings: Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in sorted(settings.items()):
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _value(key: str, value: Any) -> str:  # noqa: ANN401 (a setting)
    """A setting as `config.yaml` says it."""
    return "full" if key == "update_length_samples" and value is None else json.dumps(value, ensure_ascii=False)


def _number(value: float | None) -> Markup:
    return Markup(format_cell(value, Format.NUMBER, _NOTATION))


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
