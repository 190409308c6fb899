"""The best of several seeds (paper B, section 3), beside all others."""

from collections.abc import Sequence

from rnn_audio.errors import InputError
from rnn_audio.records import Record


def select_best(configuration: str, runs: Sequence[Record], rule: str) -> Record:
    """Choose the run with the lowest loss; among equals, the lowest seed.

    Args:
        configuration: its name.
        runs: the `run.json` of each seed.
        rule: the loss that decides, such as `prediction_mse`.

    Raises:
        InputError: a run does not state that loss.
    """
    for run in runs:
        if rule not in run["losses"]:
            known = ", ".join(run["losses"])
            raise InputError(f"configuration {configuration}: select_by is '{rule}', but its runs state {known}")
    ordered = sorted(runs, key=lambda run: run["seed"])
    best = min(ordered, key=lambda run: run["losses"][rule])
    return {
        "configuration": configuration,
        "rule": rule,
        "chosen_seed": best["seed"],
        "seeds": {str(run["seed"]): {"losses": run["losses"], **run["measured"]} for run in ordered},
    }
