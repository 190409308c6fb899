"""What the table of claims needs of an experiment: files, what limits its verdicts, and notes."""

from rnn_audio.configuration.claims import configurations_of, reads_of
from rnn_audio.configuration.experiment import Experiment
from rnn_audio.types import Settings


def claims_read(experiment: Experiment) -> list[tuple[str, str]]:
    """The files that claims read, each once: their kind, and the configuration, if the run has it."""
    return list(
        dict.fromkeys(
            (kind, name)
            for claim in experiment.config["claims"].values()
            for rule in claim["rules"]
            for name in configurations_of(rule)
            if name in experiment.configurations
            for kind in reads_of(rule["quantity"], experiment.configurations[name])
        )
    )


def claims_context(experiment: Experiment) -> Settings:
    """What limits the verdicts of this run.

    Returns:
        `scale`, the name of the run's scale; `scaled_down`, the configurations that it trains less than the papers'
        did, or of which that is not known; `synthetic`, for each configuration that learns a synthetic sound the
        name of that sound.
    """
    sounds = {name: "device" if "device" in own else "signal" for name, own in experiment.configurations.items()}
    synthetic = {}
    for name, kind in sounds.items():
        sound = experiment.configurations[name][kind]
        declared = experiment.config[f"{kind}s"][sound]
        if declared["source"] == "synthetic":
            synthetic[name] = declared.get("label", sound.replace("_", " "))
    return {
        "scale": experiment.config["scale"]["name"],
        "scaled_down": experiment.scaled_down(),
        "synthetic": synthetic,
    }


def claims_notes(experiment: Experiment) -> list[str]:
    """The notes below the table of claims: the scale of the run, and where its sounds come from."""
    rules = [rule for claim in experiment.config["claims"].values() for rule in claim["rules"]]
    names = [name for name in configurations_of(*rules) if name in experiment.configurations]
    return [*experiment.scale_notes(*names), *experiment.provenance_notes(names, [])]
