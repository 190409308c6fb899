"""What rules ask the configuration for: the files and settings behind their wildcards."""


def code_of(script):
    """A digest of the script and the library's modules behind it: editing one reruns the rule's jobs."""
    return digest(code_dependencies(Path(LIBRARY) / "scripts" / script))


def settings_of(wildcards):
    return EXPERIMENT.configurations[wildcards.configuration]


def signal_of(wildcards):
    settings = settings_of(wildcards)
    return f"<results>/signals/{settings['signal']}/{settings['rate_hz']}.wav"


def device_recordings(device, splits=("train", "val", "test")):
    """Input and target of each split of a device."""
    return [f"<results>/devices/{device}/{split}/{side}.wav" for split in splits for side in ("input", "target")]


def recordings_of(wildcards):
    """What a configuration trains on, and what it is judged on meanwhile."""
    settings = settings_of(wildcards)
    if "device" not in settings:
        return [signal_of(wildcards)]
    segments = f"<results>/devices/{settings['device']}/train/segments-{settings['segment_samples']}.npy"
    return [segments, *device_recordings(settings["device"], ["val", "test"])]


def test_recordings_of(wildcards):
    return device_recordings(settings_of(wildcards)["device"], ["test"])


def baselines_of(wildcards):
    return f"<results>/devices/{settings_of(wildcards)['device']}/baselines.json"


def start_of(wildcards):
    """The model of the same seed that a training starts from, if it starts from one."""
    start = EXPERIMENT.start_of(wildcards.configuration)
    return [] if start is None else [f"<results>/models/{start}/seed-{wildcards.seed}/model.safetensors"]


def waiting_packs(jobs):
    """The models that this run trains, pack by pack, as their jobs know them."""
    members = {}
    for job in jobs:
        if job.rule.name == "train":
            name, seed = job.wildcards.configuration, int(job.wildcards.seed)
            places = [str(Path(path)) for path in (job.params.checkpoints, job.output.run)]
            members[name, seed] = PackMember(name, seed, EXPERIMENT.configurations[name], *places)
    packs = [[members[model] for model in pack if model in members] for pack in PACKS]
    return [pack for pack in packs if pack]


def turns_of_packs():
    """A resource for each pack, of which there is one: its jobs run one after another, and wait without a GPU."""
    resources = {}
    for number, pack in enumerate((pack for pack in PACKS if len(pack) > 1), start=1):
        workflow.register_resource(f"pack_{number}", 1)
        resources[f"pack_{number}"] = partial(turn_of, pack)
    return resources


def turn_of(pack, wildcards):
    return 1 if (wildcards.configuration, int(wildcards.seed)) in pack else None


def reconstruction_of(wildcards):
    """The reconstructed segment and the anchors, of a configuration with an auxiliary network."""
    path = f"<results>/reconstructions/{wildcards.configuration}"
    return [f"{path}.wav", f"{path}.json"] if "auxiliary" in settings_of(wildcards) else []


def runs_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/run.json" for seed in EXPERIMENT.seeds]


def models_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/model.safetensors" for seed in EXPERIMENT.seeds]


def table_inputs(path):
    """For each configuration that a table names, the artefact of this path."""
    return lambda wildcards: expand(path, configuration=EXPERIMENT.configurations_of(declared_table(wildcards)))


def declared_table(wildcards):
    return EXPERIMENT.config["tables"][wildcards.table]


def table_category(wildcards):
    return config["papers"][declared_table(wildcards)["paper"]]["title"]


def table_labels(wildcards):
    return {"table": wildcards.table, "content": declared_table(wildcards)["caption"]}


def declared_figure(wildcards):
    return EXPERIMENT.config["figures"][wildcards.figure]


def table_beside(wildcards):
    """The table of a sweep, for its figure: both show the same quantities of the same rows."""
    return EXPERIMENT.config["tables"][wildcards.figure]


def scale_notes_of(wildcards):
    """A figure's notes on how long its models were trained."""
    return EXPERIMENT.scale_notes(*EXPERIMENT.configurations_of(declared_figure(wildcards)))


def panels_of(wildcards):
    return declared_figure(wildcards)["panels"]


def shown_sounds(wildcards):
    """For each panel, the sound that it shows."""
    return [f"<results>/{panel['shows']}s/{panel['configuration']}.wav" for panel in panels_of(wildcards)]


def shown_generations(wildcards):
    """For each curve of decays, what the chosen model generates."""
    return [f"<results>/generations/{panel['configuration']}.wav" for panel in panels_of(wildcards)]


def shown_signals(wildcards):
    """For each panel, its target."""
    return [target_of(panel) for panel in panels_of(wildcards)]


def target_of(panel):
    """The signal, or the segment that is reconstructed."""
    if panel.get("shows") == "reconstruction":
        return f"<results>/reconstructions/{panel['configuration']}-target.wav"
    settings = EXPERIMENT.configurations[panel["configuration"]]
    return f"<results>/signals/{settings['signal']}/{settings['rate_hz']}.wav"


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
    return config["papers"][declared_figure(wildcards)["paper"]]["title"]


def figure_labels(wildcards):
    return {"figure": wildcards.figure, "content": declared_figure(wildcards)["caption"]}


def convolution_of(wildcards):
    return EXPERIMENT.config["convolutions"][wildcards.convolution]


def dry_sound_of(wildcards):
    """What is played in a room, at the room's rate."""
    return f"<results>/signals/{convolution_of(wildcards)['dry']}/{settings_of(wildcards)['rate_hz']}.wav"


def convolution_numbers(wildcards):
    """For each configuration of a convolution, how far its sounds are apart."""
    names = EXPERIMENT.config["convolutions"][wildcards.table]["configurations"]
    return [f"<results>/convolutions/{wildcards.table}/{name}.json" for name in names]


def convolution_category(wildcards):
    return config["papers"][convolution_of(wildcards)["paper"]]["title"]


def sound_labels(response):
    """The report's labels of a sound, which is the dry one through this response."""
    return lambda wildcards: {
        "sound": wildcards.convolution,
        "configuration": wildcards.configuration,
        "response": response,
    }


def convolved_sounds(convolutions):
    """The sounds of convolutions, of target and generation of each configuration."""
    return [
        f"<results>/convolutions/{convolution}/{name}-{response}.wav"
        for convolution in convolutions
        for name in EXPERIMENT.config["convolutions"][convolution]["configurations"]
        for response in ("target", "generation")
    ]


def artefacts(section, names):
    """The files of tables or figures."""
    suffixes = {"tables": ("csv", "md", "tex", "html"), "figures": ("svg", "png")}[section]
    return expand("<results>/{section}/{name}.{suffix}", section=section, name=names, suffix=suffixes)


def whole_machine(wildcards):
    """As many threads as the run has: nothing else runs beside the job. A cluster gives the job a core of its own."""
    if workflow.remote_exec or workflow.non_local_exec:
        return 1
    return workflow.resource_settings.cores or 1


def benchmark_table(table):
    """A table of the benchmark in every format."""
    return multiext(f"<results>/benchmark/{table}", ".csv", ".md", ".tex", ".html")
