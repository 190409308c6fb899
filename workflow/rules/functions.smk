"""Functions for the rules that make sounds and train: the files and settings that belong to their wildcards."""

import re
from collections import Counter
from functools import cache, partial

from rnn_audio.jobs.code_dependencies import code_of as code_dependencies
from rnn_audio.jobs.packs.members import PackMember
from rnn_audio.jobs.provenance import digest
from rnn_audio.signals.sources import download_name


def one_of(names):
    """A wildcard's pattern that matches these names only; without names it matches nothing."""
    return "|".join(names) or "(?!)"


# Rules make files of declared names only. The schema says which names are allowed.
wildcard_constraints:
    device=one_of(config["devices"]),
    signal=one_of(config["signals"]),
    configuration=one_of(EXPERIMENT.configurations),
    table=one_of(EXPERIMENT.config["tables"]),
    figure=one_of(EXPERIMENT.config["figures"]),
    split=one_of(["train", "val", "test"]),
    samples="[1-9][0-9]*",
    rate="[1-9][0-9]*",
    seed="0|[1-9][0-9]*",


def free_target(name, key):
    """The target's name, after a check that no rule has it."""
    if not workflow.is_rule(workflow.modifier.modify_rulename(name)):
        return name
    raise WorkflowError(f"config.{key}: the workflow has a rule or target named '{name}' already; choose another name")


def code_of(script, *modules):
    """A digest of a script, of modules that it loads by name, and of all their imports, so that an edit to any of them
    reruns the rule's jobs."""
    return digest(code_dependencies(Path(LIBRARY) / "scripts" / script, *modules))


@cache
def content_of(*recordings):
    """A digest of the user's recordings, so that a replaced one reruns its jobs whatever the file's date; None without."""
    return digest(map(Path, recordings)) if recordings else None


def downloads_of(section, name):
    """The downloads of a signal, device or configuration: each file's key in the configuration, and what stands there."""
    published = section == "configurations"
    settings = EXPERIMENT.configurations[name] if published else EXPERIMENT.config[section][name]
    source = "model" if published else settings["source"]
    if source != "url" and not (source == "model" and "address" in settings.get("model", {})):
        return {}
    key, url = f"{section}.{name}.{source}", settings[source]
    if "address" in url:
        entries = {key: url}
    else:
        entries = {f"{key}.{split}.{side}": url[split][side] for split in url for side in url[split]}
    return {download_name(entry): (key, entry) for key, entry in entries.items()}


def downloaded(section, name):
    """The paths of the downloads of a signal or device."""
    return [f"<results>/{section}/{name}/downloads/{file}" for file in downloads_of(section, name)]


def names_of_downloads(section, names=None):
    """The files of all downloads of signals, devices or configurations, as patterns."""
    names = EXPERIMENT.config[section] if names is None else names
    return [re.escape(file) for name in names for file in downloads_of(section, name)]


def settings_of(wildcards):
    return EXPERIMENT.configurations[wildcards.configuration]


def seeds_of(wildcards):
    return EXPERIMENT.seeds_of(wildcards.configuration)


def models_of(wildcards):
    """The model of each seed."""
    return files_of_seeds(wildcards, "model.safetensors")


def runs_of(wildcards):
    """The record of each seed's training."""
    return files_of_seeds(wildcards, "run.json")


def files_of_seeds(wildcards, file):
    return expand(f"<results>/models/{wildcards.configuration}/seed-{{seed}}/{file}", seed=seeds_of(wildcards))


def signal_of(wildcards):
    """The signal that a configuration learns."""
    return TARGETS["signal"].format(**settings_of(wildcards))


def kind_of(wildcards):
    """The kind of the signal that a configuration learns."""
    return EXPERIMENT.config["signals"][settings_of(wildcards)["signal"]]["kind"]


def device_recordings(device, splits=("train", "val", "test")):
    """Input and target of each split of a device."""
    return [f"<results>/devices/{device}/{split}/{side}.wav" for split in splits for side in ("input", "target")]


def recordings_of(wildcards):
    """The recordings that a configuration trains on, and those that it is validated and tested on."""
    settings = settings_of(wildcards)
    if "device" not in settings:
        return [signal_of(wildcards)]
    segments = f"<results>/devices/{settings['device']}/train/segments-{settings['segment_samples']}.npy"
    return [segments, *device_recordings(settings["device"], ["val", "test"])]


def test_recordings_of(wildcards):
    return device_recordings(settings_of(wildcards)["device"], ["test"])


def published_path_of(wildcards):
    """The user's file of a configuration's published model, as a list of at most one path."""
    return EXPERIMENT.model_path(wildcards.configuration)


def published_of(wildcards):
    """The file of a configuration's published model: the user's, or a download."""
    return published_path_of(wildcards) or [
        f"<results>/models/{wildcards.configuration}/downloads/{file}"
        for file in downloads_of("configurations", wildcards.configuration)
    ]


def start_of(wildcards):
    """The model of the same seed that a training starts from, if any."""
    start = EXPERIMENT.start_of(wildcards.configuration)
    return [] if start is None else [f"<results>/models/{start}/seed-{wildcards.seed}/model.safetensors"]


def waiting_packs(jobs):
    """The models that this run trains, by pack, with the paths of their jobs."""
    members = {}
    for job in jobs:
        if job.rule.name == "train":
            name, seed = job.wildcards.configuration, int(job.wildcards.seed)
            places = [str(Path(path)) for path in (job.params.checkpoints, job.output.run)]
            members[name, seed] = PackMember(name, seed, EXPERIMENT.configurations[name], *places)
    packs = [[members[model] for model in pack if model in members] for pack in PACKS]
    return [pack for pack in packs if pack]


def plan_of(jobs):
    """What these jobs make, and for about how long."""
    jobs = list(jobs)
    packs = [[(member.configuration, member.seed) for member in pack] for pack in waiting_packs(jobs)]
    others = Counter(job.rule.name for job in jobs if job.rule.name not in ("train", "all"))
    cores = workflow.resource_settings.cores
    if workflow.non_local_exec:
        cores = limit = workflow.resource_settings.nodes
    else:
        limit = workflow.global_resources.get("gpu") if ACCELERATOR == "cuda" else cores
    at_once = getattr(limit, "value", limit) or max(1, len(packs))
    cores = cores or at_once
    alone = {job.rule.name for job in jobs if job.threads >= cores > 1}
    return plan_run(EXPERIMENT, packs, ACCELERATOR, at_once, others, cores, alone)


def turns_of_packs():
    """One unit of a resource per pack, so that the pack's jobs run one after another without a GPU while waiting."""
    resources = {}
    for number, pack in enumerate((pack for pack in PACKS if len(pack) > 1), start=1):
        workflow.register_resource(f"pack_{number}", 1)
        resources[f"pack_{number}"] = partial(turn_of, pack)
    return resources


def turn_of(pack, wildcards):
    return 1 if (wildcards.configuration, int(wildcards.seed)) in pack else None


def whole_machine(wildcards):
    """All cores of the run, so that nothing else runs during the job; on a cluster, one core."""
    if workflow.remote_exec or workflow.non_local_exec:
        return 1
    return workflow.resource_settings.cores or 1
