"""What a run is to make, in the words of its configuration: what the page shows, and by which it knows what is missing.

It stands in `plan.json` of the results, so that a page can be made without Snakemake.
"""

import os
from collections.abc import Mapping
from typing import Any

from rnn_audio.configuration.experiment import Experiment
from rnn_audio.configuration.shorthand import describe
from rnn_audio.types import Settings


def page_plan(experiment: Experiment) -> Settings:
    """The plan of an experiment, of values that JSON can hold.

    Returns:
        `scale`, `seeds`, `notes` on the scale, `logs` (the folder, seen from the results), `papers`; `tables` and
        `figures` with caption, paper and configurations; `convolutions`; `configurations` with their settings and with
        `subject` and `manner` in words; the `signals` and `devices` that they learn, with their origin.
    """
    config = experiment.config
    folders = config["pathvars"]
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
        "tables": _artefacts(experiment, config["tables"]),
        "figures": _artefacts(experiment, config["figures"]),
        "convolutions": {
            name: {key: each[key] for key in ("caption", "paper", "dry", "configurations")}
            for name, each in config["convolutions"].items()
        },
        "configurations": {
            name: {"settings": settings, "subject": words[name][0], "manner": _manner(settings, words[name][1])}
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


def _label(name: str, settings: Settings) -> str:
    return settings.get("label", name.replace("_", " "))
