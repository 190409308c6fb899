"""What rules ask the configuration for: the files and settings behind their wildcards."""


def code_of(script):
    """The script and the library's modules behind it: editing one reruns the rule's jobs."""
    return [os.path.relpath(path) for path in code_dependencies(Path(LIBRARY) / "scripts" / script)]


def settings_of(wildcards):
    return EXPERIMENT.configurations[wildcards.configuration]


def signal_of(wildcards):
    settings = settings_of(wildcards)
    return f"<results>/signals/{settings['signal']}/{settings['rate_hz']}.wav"


def device_recordings(device, splits=("train", "val", "test")):
    """Input and target of each split of a device."""
    return [f"<results>/devices/{device}/{split}/{side}.wav" for split in splits for side in ("input", "target")]


def recordings_of(wildcards):
    """What a configuration trains on."""
    settings = settings_of(wildcards)
    return device_recordings(settings["device"]) if "device" in settings else [signal_of(wildcards)]


def test_recordings_of(wildcards):
    return device_recordings(settings_of(wildcards)["device"], ["test"])


def baselines_of(wildcards):
    return f"<results>/devices/{settings_of(wildcards)['device']}/baselines.json"


def runs_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/run.json" for seed in EXPERIMENT.seeds]


def models_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/model.safetensors" for seed in EXPERIMENT.seeds]


def table_inputs(path):
    """For each configuration that a table names, the artefact of this path."""
    return lambda wildcards: expand(path, configuration=EXPERIMENT.configurations_of(config["tables"][wildcards.table]))


def declared_table(wildcards):
    return config["tables"][wildcards.table]


def table_category(wildcards):
    return config["papers"][declared_table(wildcards)["paper"]]["title"]


def table_labels(wildcards):
    return {"table": wildcards.table, "content": declared_table(wildcards)["caption"]}


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


def shown_predictions(wildcards):
    """For each curve of error spectra, the model's output for the test set."""
    return [f"<results>/predictions/{panel['configuration']}.wav" for panel in panels_of(wildcards)]


def shown_targets(wildcards):
    """For each curve of error spectra, the device's output."""
    devices = [EXPERIMENT.configurations[panel["configuration"]]["device"] for panel in panels_of(wildcards)]
    return [f"<results>/devices/{device}/test/target.wav" for device in devices]


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


def whole_machine(wildcards):
    """As many threads as the run has: nothing else runs beside the job. A cluster gives each job its own cores."""
    return workflow.resource_settings.cores or 1
