"""Functions for the rules that show results: tables, figures, sounds, listening tests, claims and the page."""

import re
from functools import partial

from rnn_audio.configuration.listening import TABLES as LISTENING_TABLES, compared_models
from rnn_audio.listening.results import results_files


def declared(wildcards):
    """The declaration of the table, figure or convolution that a file belongs to."""
    (section,) = {"table", "figure", "convolution"} & set(wildcards.keys())
    return typed(EXPERIMENT.config[f"{section}s"][wildcards[section]])


class Typed(str):
    """A text of a user among the parameters of a rule: Snakemake's report writes their representation into a script,
    which a text could end. An invisible sign after `<` prevents that. A job gets the text itself."""

    def __repr__(self):
        return super().__repr__().replace("<", "<\N{WORD JOINER}")

    def __reduce__(self):
        return str, (str(self),)


def typed(value):
    """The value with its texts as `Typed`."""
    if isinstance(value, dict):
        return {typed(key): typed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [typed(item) for item in value]
    return Typed(value) if isinstance(value, str) else value


def category_of(wildcards):
    """The section of the report that an artefact belongs to."""
    return as_text(config["papers"][declared(wildcards)["paper"]]["title"])


def label_of(wildcards):
    """The label of a table or figure in Snakemake's report; one alone, since of two results with two labels the report
    takes the second label for a switch and shows nothing."""
    (section,) = {"table", "figure"} & set(wildcards.keys())
    return {section: f"{wildcards[section]}: {as_text(declared(wildcards)['caption'])}"}


def as_text(text):
    """Text for Snakemake's report, which takes a brace for a wildcard and the rest for HTML: an invisible sign after
    each sign that could begin either."""
    return re.sub("[{<&]", "\\g<0>\N{WORD JOINER}", text)


def files_of(kind, wildcards):
    """The files that a table or figure of this kind reads, for each of its rows or panels in turn."""
    entries = [*declared(wildcards).get("rows", []), *declared(wildcards).get("panels", [])]
    return {what: [path for entry in entries for path in paths_of(what, entry, wildcards)] for what in kind.reads}


def paths_of(what, entry, wildcards):
    settings = EXPERIMENT.configurations[entry["configuration"]]
    if what == "targets":
        of_sound = "reconstruction" if entry.get("shows") == "reconstruction" else "signal"
        pattern = TARGETS["device" if "device" in settings else of_sound]
    else:
        pattern = READ[what]
    seeds = EXPERIMENT.seeds_of(entry["configuration"])
    return expand(pattern, **{**settings, **entry, **wildcards, "seed": seeds})


def scale_notes_of(wildcards):
    """A note if a figure's models were not trained at the paper's scale."""
    names = EXPERIMENT.configurations_of(declared(wildcards))
    return typed(EXPERIMENT.scale_notes(*names)) if names else []


def given_to(kind, wildcards):
    """What a kind of figure gets in addition to its files and its declaration."""
    names = EXPERIMENT.configurations_of(declared(wildcards))
    known = {
        "seeds": EXPERIMENT.seeds,
        "published": {name: EXPERIMENT.published_loss(name) for name in names},
        "design": EXPERIMENT.a_weighting_design,
    }
    return {what: known[what] for what in kind.given}


def sound_labels(response):
    """Labels in the report for the dry sound convolved with this response."""
    return lambda wildcards: {
        "sound": wildcards.convolution,
        "configuration": wildcards.configuration,
        "response": response,
    }


def convolved_sounds(convolutions):
    """The sounds of convolutions: one with the target and one with the generation of each configuration."""
    return [
        f"<results>/convolutions/{convolution}/{name}-{response}.wav"
        for convolution in convolutions
        for name in EXPERIMENT.config["convolutions"][convolution]["configurations"]
        for response in ("target", "generation")
    ]


def listening_parts():
    """Parts of the page that are no Python."""
    return [*static_files("listening"), Path(LIBRARY) / "rnn_audio/reporting/page/static/player.js"]


def static_files(room):
    """What a page is made of besides Python: an edit of one makes it again."""
    return sorted(path for path in (Path(LIBRARY) / "rnn_audio" / room / "static").rglob("*") if path.is_file())


def listening_test(wildcards):
    """The declaration of a listening test."""
    return EXPERIMENT.config["listening"][wildcards.listening]


def answers_of(wildcards):
    """The CSV files of a test's listeners, which may be none."""
    return [str(path) for path in results_files(Path(listening_test(wildcards)["results"]))]


def paper_of_listening(wildcards):
    """The section of the report that a listening test belongs to."""
    return as_text(config["papers"][listening_test(wildcards)["paper"]]["title"])


def listening_labels(wildcards):
    """Labels in the report."""
    return {"figure": f"{wildcards.listening}: {as_text(listening_test(wildcards)['caption'])}"}


def listening_table(stem):
    """The files of one of a listening test's tables, of which the report shows one."""
    shown = report(
        f"{stem}.html",
        caption="../report/table.rst",
        category=paper_of_listening,
        subcategory="Tables",
        labels=lambda wildcards: {
            "table": f"{Path(stem).name.format(**wildcards)}: {as_text(listening_test(wildcards)['caption'])}"
        },
    )
    return [*multiext(stem, ".csv", ".md", ".tex"), shown]


def tables_of_listening(tests):
    """The names of the tables of listening tests."""
    return [f"{test}{end}" for test in tests for end in ("", *(f"_{table}" for table in LISTENING_TABLES))]


def listening_files(tests):
    """What listening tests are held with, and their tables and figures."""
    return [
        *(f"<results>/listening/{test}/{made}" for test in tests for made in ("webmushra", "test.html")),
        *artefacts("tables", tables_of_listening(tests)),
        *artefacts("figures", tests),
    ]


def checks_of_devices(devices, suffixes=TABLE_SUFFIXES):
    """The tables of what was measured of recordings; a simulated device and a model need none."""
    own = [device for device in devices if EXPERIMENT.config["devices"][device]["source"] in ("file", "url")]
    return expand("<results>/devices/{device}/checks{suffix}", device=own, suffix=suffixes)


def checks_of_shown(wildcards):
    """What was found of the recordings that a table or figure shows models of: it stands in the notes."""
    shown = [EXPERIMENT.configurations[name] for name in EXPERIMENT.configurations_of(declared(wildcards))]
    return checks_of_devices(dict.fromkeys(own["device"] for own in shown if "device" in own), [".json"])


def artefacts(section, names):
    """The files of tables or figures."""
    suffixes = {"tables": TABLE_SUFFIXES, "figures": FIGURE_SUFFIXES}[section]
    return expand("<results>/{section}/{name}{suffix}", section=section, name=names, suffix=suffixes)


# Paths of what claims read, for one configuration or listening test.
READ_BY_CLAIMS = {
    **{
        kind: READ[kind]
        for kind in ("selections", "histories", "metrics", "errors", "running_speeds", "training_times")
    },
    "states": "<results>/generations/{configuration}.json",
    "predictions": "<results>/predictions/{configuration}.wav",
    "reconstructions": "<results>/reconstructions/{configuration}.wav",
    "signals": TARGETS["signal"],
    "heard": "<results>/listening/{configuration}/analysis.json",
}


def paths_for_claims(kind, name):
    """The files of a kind, of a configuration or a listening test."""
    settings = EXPERIMENT.configurations.get(name, {})
    return expand(READ_BY_CLAIMS[kind], **{**settings, "configuration": name, "seed": EXPERIMENT.seeds})


def claims_files():
    """The files of the table of claims, if there are claims."""
    return multiext("<results>/claims", ".csv", ".md", ".html") if EXPERIMENT.config["claims"] else []


def made_by_all():
    """Every table, claim, figure, convolution and export, the checks of recordings, and all metrics."""
    return [
        *artefacts("tables", EXPERIMENT.config["tables"]),
        *artefacts("figures", EXPERIMENT.config["figures"]),
        *claims_files(),
        *convolved_sounds(EXPERIMENT.config["convolutions"]),
        *listening_files(EXPERIMENT.config["listening"]),
        *checks_of_devices(EXPERIMENT.used_devices()),
        *expand("<results>/exports/{configuration}", configuration=EXPERIMENT.configurations_on("device")),
        *expand("<results>/metrics/{configuration}.json", configuration=EXPERIMENT.configurations),
    ]


def models_of_page():
    """What the page tells of models: the records of all seeds, and the histories of those that were trained here."""
    records = [
        f"<results>/models/{name}/seed-{seed}/{file}"
        for name in EXPERIMENT.configurations
        for seed in EXPERIMENT.seeds_of(name)
        for file in (["run.json", "history.csv"] if name in EXPERIMENT.trained else ["run.json"])
    ]
    return [*records, *expand("<results>/models/{name}/selection.json", name=EXPERIMENT.configurations)]


def sounds_of_page():
    """What can be heard on the page: targets, predictions, generations and errors."""
    targets = [
        TARGETS["signal"].format(**EXPERIMENT.configurations[name]) for name in EXPERIMENT.configurations_on("signal")
    ]
    recordings = [path for device in EXPERIMENT.used_devices() for path in device_recordings(device, ["test"])]
    outputs = {
        "predictions": EXPERIMENT.configurations,
        "generations": EXPERIMENT.configurations_on("signal"),
        "errors": EXPERIMENT.configurations_on("device"),
    }
    made = [f"<results>/{folder}/{name}.wav" for folder, names in outputs.items() for name in names]
    return [*dict.fromkeys(targets), *recordings, *made]
