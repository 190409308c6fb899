"""The page of a run: what was made, in one file that needs no other, no network and no server.

It is made from what is there. What is missing is listed, with the reason as far as it is known.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rnn_audio.atomic import replacing
from rnn_audio.configuration.words import capitalised
from rnn_audio.records import Record
from rnn_audio.reporting.page import artefacts, models
from rnn_audio.reporting.page.claims import shown_claims
from rnn_audio.reporting.page.curves import curve
from rnn_audio.reporting.page.decks import Deck, convolution_decks, device_decks, packed_deck, signal_decks
from rnn_audio.types import Settings

STATIC = Path(str(files("rnn_audio.reporting.page"))) / "static"
_SCRIPTS = ("uplot/uPlot.iife.min.js", "player.js", "decks.js", "curves.js", "page.js")
_STYLES = ("uplot/uPlot.min.css", "page.css")


def write_page(path: Path, results: Path, plan: Settings) -> None:
    """Write the page of the results in a folder; the same results give the same bytes.

    Args:
        path: the page, in the folder of the results, since its links are relative.
        results: that folder.
        plan: what the run is to make, from `page_plan`.

    Raises:
        InputError: a file of the results is damaged, or the page cannot be written.
    """
    text = _render(results, plan)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _render(results: Path, plan: Settings) -> str:
    environment = Environment(
        loader=FileSystemLoader(STATIC),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    script = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    style = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in _STYLES)
    chosen = models.selections(results, plan)
    decks = [*signal_decks(results, plan), *device_decks(results, plan)]
    papers = [_paper(results, plan, name) for name in plan["papers"]]
    every_deck = [*(deck for paper in papers for deck in paper["decks"]), *decks]
    told, sounds, numbers = _sounds(every_deck)
    runs = models.run_records(results, plan)
    return environment.get_template("report.html.j2").render(
        plan=plan,
        policy=_policy(script, style),
        script=Markup(script),
        style=Markup(style),
        claims=shown_claims(results, plan),
        papers=[paper for paper in papers if paper["tables"] or paper["figures"] or paper["decks"]],
        decks=decks,
        numbers=numbers,
        deck_of_configuration={row.configuration: deck.name for deck in decks for row in deck.rows},
        summaries={name: models.summary(selection) for name, selection in chosen.items()},
        configurations=list(models.described(results, plan, chosen)),
        trained=len(runs),
        wanted=sum(len(own["seeds"]) for own in plan["configurations"].values()),
        measured=models.measured(runs),
        origins=_origins(plan),
        sources=_sources(runs),
        missing=missing(results, plan),
        data=_json({"decks": told, "sounds": sounds, "curves": _curves(results, plan, chosen)}),
        anchor=artefacts.anchor,
    )


def missing(results: Path, plan: Settings) -> list[tuple[str, list[str]]]:
    """What the run is to make and has not made: models, tables, figures and sounds, each by name."""
    seeds = [(name, seed) for name, own in plan["configurations"].items() for seed in own["seeds"]]
    kinds = {
        "models": {f"{name}, seed {seed}": f"models/{name}/seed-{seed}/run.json" for name, seed in seeds},
        "tables": {name: f"tables/{name}.html" for name in plan["tables"]},
        "figures": {name: f"figures/{name}.svg" for name in plan["figures"]},
        "predictions": {name: f"predictions/{name}.wav" for name in plan["configurations"]},
        "convolutions": {
            f"{name} of {configuration}": f"convolutions/{name}/{configuration}-generation.wav"
            for name, each in plan["convolutions"].items()
            for configuration in each["configurations"]
        },
    }
    absent = {
        kind: [name for name, file in wanted.items() if not (results / file).is_file()]
        for kind, wanted in kinds.items()
    }
    return [(kind, names) for kind, names in absent.items() if names]


def _paper(results: Path, plan: Settings, name: str) -> Settings:
    convolutions = [each for each, own in plan["convolutions"].items() if own["paper"] == name]
    return {
        "name": name,
        **plan["papers"][name],
        "tables": list(artefacts.shown_tables(results, plan, name)),
        "figures": list(artefacts.shown_figures(results, plan, name)),
        "listening": [
            (own["caption"], quote(f"listening/{test}/test.html"))
            for test, own in plan["listening"].items()
            if own["paper"] == name and (results / f"listening/{test}/test.html").is_file()
        ],
        "decks": [deck for each in convolutions for deck in convolution_decks(results, plan, each) if deck.rows],
    }


def _sounds(decks: Iterable[Deck]) -> tuple[dict[str, Settings], list[Settings], dict[str, list[list[int]]]]:
    """What the script reads of decks and sounds, and for each deck the numbers of its sounds, row by row."""
    told, sounds, numbers = {}, [], {}
    for deck in decks:
        told[deck.name], packed = packed_deck(deck)
        places = iter(range(len(sounds), len(sounds) + len(packed)))
        numbers[deck.name] = [[next(places) for _ in row.sounds] for row in deck.rows]
        sounds += packed
    return told, sounds, numbers


def _curves(results: Path, plan: Settings, chosen: dict[str, Record]) -> list[Settings]:
    """The training curves in groups of one signal or device, with what each loss is for zero output."""
    groups: dict[str, list[Settings]] = {}
    for name, own in plan["configurations"].items():
        selection = chosen.get(name)
        packed = curve(results, name, own["seeds"], selection)
        if packed is None:
            continue
        device = own["settings"].get("device")
        group = own["subject"] if device is None else plan["devices"][device]["label"]
        packed["name"] = name
        packed["words"] = own["manner"] if device is None else f"{own['subject']}, {own['manner']}"
        packed["zero"] = selection["zero_loss"] if selection else {}
        packed["chosen"] = selection["chosen_seed"] if selection else None
        groups.setdefault(capitalised(group), []).append(packed)
    return [{"title": title, "configurations": members} for title, members in groups.items()]


def _origins(plan: Settings) -> list[tuple[str, list[str]]]:
    """Where the sounds come from that are learned or played, and which come from there."""
    labels: dict[str, list[str]] = {}
    for own in (*plan["signals"].values(), *plan["devices"].values()):
        synthetic = own["origin"].startswith("synthetic")
        labels.setdefault("synthetic, not recordings" if synthetic else own["origin"], []).append(own["label"])
    return list(labels.items())


def _sources(runs: list[Record]) -> list[tuple[str, str]]:
    """Versions of the code and the packages that made the models."""
    revisions = sorted({run["source_revision"] for run in runs if run.get("source_revision")})
    versions = {package for run in runs for package in run["versions"].items()}
    packages = ", ".join(f"{name} {version}" for name, version in sorted(versions))
    return [(key, text) for key, text in (("Source", ", ".join(revisions)), ("Packages", packages)) if text]


def _policy(script: str, style: str) -> str:
    """A Content-Security-Policy under which only this script and style act, and nothing is fetched."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    return (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}' data:; style-src 'sha256-{hashes[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> Markup:  # noqa: ANN401 (what JSON can hold)
    """JSON within a script element, in which `<` could end it."""
    return Markup(json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"))
