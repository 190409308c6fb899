"""What rules ask the configuration for: the files and settings behind their wildcards."""


def code_of(script):
    """The script and the library's modules behind it: editing one reruns the rule's jobs."""
    return [os.path.relpath(path) for path in code_dependencies(Path(LIBRARY) / "scripts" / script)]


def settings_of(wildcards):
    return EXPERIMENT.configurations[wildcards.configuration]


def signal_of(wildcards):
    settings = settings_of(wildcards)
    return f"<results>/signals/{settings['signal']}/{settings['rate_hz']}.wav"


def runs_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/run.json" for seed in EXPERIMENT.seeds]


def models_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/model.safetensors" for seed in EXPERIMENT.seeds]


def table_inputs(path):
    """For each configuration that a table names, the artefact of this path."""
    return lambda wildcards: expand(path, configuration=EXPERIMENT.configurations_of(config["tables"][wildcards.table]))


def one_of(names):
    """A wildcard's pattern that matches these names, or nothing where there are none."""
    return "|".join(names) or "(?!)"


def panels_of(wildcards):
    return config["figures"][wildcards.figure]["panels"]


def shown_sounds(wildcards):
    """For each panel, the sound that it shows."""
    return [f"<results>/{panel['shows']}s/{panel['configuration']}.wav" for panel in panels_of(wildcards)]


def shown_signals(wildcards):
    """For each panel, its target."""
    shown = [EXPERIMENT.configurations[panel["configuration"]] for panel in panels_of(wildcards)]
    return [f"<results>/signals/{settings['signal']}/{settings['rate_hz']}.wav" for settings in shown]


def shown_metrics(wildcards):
    """For each panel, its configuration's metrics."""
    return [f"<results>/metrics/{panel['configuration']}.json" for panel in panels_of(wildcards)]


def shown_selections(wildcards):
    """For each panel, its configuration's seeds and the chosen one."""
    return [f"<results>/models/{panel['configuration']}/selection.json" for panel in panels_of(wildcards)]


def shown_histories(wildcards):
    """For each panel, the loss curves of all its seeds."""
    return [
        f"<results>/models/{panel['configuration']}/seed-{seed}/history.csv"
        for panel in panels_of(wildcards)
        for seed in EXPERIMENT.seeds
    ]


def figure_category(wildcards):
    return config["papers"][config["figures"][wildcards.figure]["paper"]]["title"]


def figure_labels(wildcards):
    return {"figure": wildcards.figure, "content": config["figures"][wildcards.figure]["caption"]}


def artefacts(section, names):
    """The files of tables or figures."""
    suffixes = {"tables": ("csv", "md", "tex", "html"), "figures": ("svg", "png")}[section]
    return expand("<results>/{section}/{name}.{suffix}", section=section, name=names, suffix=suffixes)
