"""What a run has for its claims: which files decide them, and what limits their verdicts."""

from rnn_audio.configuration.claims import configurations_of, reads_of
from rnn_audio.configuration.experiment import AT_THE_PAPERS, Experiment
from rnn_audio.types import Settings


def claims_read(experiment: Experiment) -> list[tuple[str, str]]:
    """The files that claims read, each once: their kind, and the configuration, if the run has it; or `heard`, and the
    listening test."""
    rules = [rule for claim in experiment.config["claims"].values() for rule in claim["rules"]]
    of_models = (
        (kind, name)
        for rule in rules
        for name in configurations_of(rule)
        if name in experiment.configurations
        for kind in reads_of(rule["quantity"], experiment.configurations[name])
    )
    return list(dict.fromkeys([*of_models, *(("heard", rule["test"]) for rule in rules if "test" in rule)]))


def claims_context(experiment: Experiment) -> Settings:
    """What limits the verdicts of a run.

    Returns:
        `scaled_down`, for each configuration that is not trained as in the paper what differs, in words; `synthetic`,
        for each configuration that learns a synthetic sound the name of that sound.
    """
    scaled_down, synthetic = {}, {}
    is_reduced = bool(experiment.scale_notes())
    for name, settings in experiment.configurations.items():
        scale = experiment.scale_of(name)
        if is_reduced and scale != AT_THE_PAPERS:
            scaled_down[name] = scale or f"scale '{experiment.config['scale']['name']}'"
        kind = "device" if "device" in settings else "signal"
        sound = experiment.config[f"{kind}s"][settings[kind]]
        if sound["source"] == "synthetic":
            synthetic[name] = sound.get("label", settings[kind].replace("_", " "))
    return {"scaled_down": scaled_down, "synthetic": synthetic}


def claims_notes(experiment: Experiment) -> list[str]:
    """The notes below the table of claims: the scale of the run, and where its sounds come from."""
    rules = [rule for claim in experiment.config["claims"].values() for rule in claim["rules"]]
    return experiment.notes_on(*(name for name in configurations_of(*rules) if name in experiment.configurations))
