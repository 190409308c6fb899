"""What a run is to make, in the words of its configuration: what the page shows, and by which it knows what is missing.

It stands in `page.json` of the results, so that a page can be made without Snakemake.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnn_audio.configuration.experiment import Experiment
from rnn_audio.configuration.listening import TABLES, compared_models
from rnn_audio.configuration.shorthand import describe
from rnn_audio.errors import InputError
from rnn_audio.records import read_json, write_json
from rnn_audio.types import Settings

_IN_ORDER = ("papers", "tables", "figures", "listening", "convolutions", "configurations", "signals", "devices")


def page_plan(experiment: Experiment) -> Settings:
    """The plan of an experiment, of values that JSON can hold.

    Returns:
        `scale`, `seeds`, `notes` on the scale, `logs` (the folder, seen from the results), `papers`; `tables` and
        `figures` with caption, paper and configurations; `listening` tests; `convolutions`; `configurations` with their
        settings, their seeds, and `subject` and `manner` in words; the `signals` and `devices` that they learn, with
        their origin.
    """
    config = experiment.config
    folders = config["pathvars"]
    heard = {name: _listening(test) for name, test in config["listening"].items()}
    words = describe(config, experiment.configurations)
    return {
        "scale": config["scale"]["name"],
        "notes": experiment.scale_notes(),
        "seeds": experiment.seeds,
        "logs": os.path.relpath(folders["logs"], folders["results"]),
        "papers": {
            name: {"title": paper["title"], "authors": paper.get("authors", "")}
            for name, paper in config["papers"].items()
        },
        "tables": _artefacts(experiment, config["tables"])
        | {f"{test}{end}": own for test, own in heard.items() for end in ("", *(f"_{table}" for table in TABLES))},
        "figures": _artefacts(experiment, config["figures"]) | heard,
        "listening": heard,
        "convolutions": {
            name: {key: each[key] for key in ("caption", "paper", "dry", "configurations")}
            for name, each in config["convolutions"].items()
        },
        "configurations": {
            name: {
                "settings": settings,
                "seeds": experiment.seeds_of(name),
                "subject": words[name][0],
                "manner": _manner(settings, words[name][1]),
            }
            for name, settings in experiment.configurations.items()
        },
        "signals": {
            name: {"label": _label(name, own), "origin": experiment.origin("signals", name)}
            for name, own in config["signals"].items()
            if experiment.rates_hz(name)
        },
        "devices": {
            name: {"label": _label(name, config["devices"][name]), "origin": experiment.origin("devices", name)}
            for name in experiment.used_devices()
        },
    }


def write_page_plan(results: Path, plan: Settings) -> None:
    """Write `page.json` into the folder of the results; what has an order in the configuration keeps it."""
    write_json(results / "page.json", plan | {section: list(plan[section].items()) for section in _IN_ORDER})


def read_page_plan(results: Path) -> Settings:
    """The plan of the run whose results are in a folder.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = results / "page.json"
    if not path.is_file():
        raise InputError(
            f"{path}: no such file, so it is not known what the run is to make; name the folder of a run's results, or "
            "start the run: it writes the plan first"
        )
    plan = read_json(path)
    return plan | {section: dict(plan[section]) for section in _IN_ORDER}


def _artefacts(experiment: Experiment, artefacts: Mapping[str, Any]) -> Settings:
    return {
        name: {
            "caption": each["caption"],
            "paper": each["paper"],
            "kind": each["kind"],
            "configurations": experiment.configurations_of(each),
        }
        for name, each in artefacts.items()
    }


def _manner(settings: Settings, words: str) -> str:
    return f"pre-emphasis: {words}" if "pre_emphasis" in settings else words


def _listening(test: Settings) -> Settings:
    about = {key: test[key] for key in ("caption", "paper")}
    return {**about, "kind": "listening", "configurations": compared_models(test)}


def _label(name: str, settings: Settings) -> str:
    return settings.get("label", name.replace("_", " "))
