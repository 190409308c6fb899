"""The choice of the best of several seeds (paper B, section 3), with the losses of all."""

from collections.abc import Sequence
from pathlib import Path

from rnn_audio.errors import InputError
from rnn_audio.records import Record, read_json


def select_best(configuration: str, runs: Sequence[Record], rule: str) -> Record:
    """Choose the run with the lowest loss; among equals, the lowest seed.

    Args:
        configuration: its name.
        runs: the `run.json` of each seed.
        rule: the loss that decides, such as `prediction_mse`.

    Raises:
        InputError: the runs do not have that loss.

    Returns:
        The choice, the losses of every seed, the seed that each loss would have chosen (`chosen_seeds`), and the
        values common to all seeds: the number of `parameters` of a model, the number of `samples` that it trained on,
        and the losses of zero output (`zero_loss`) and of linear predictors (`linear_prediction_mse`).
    """
    ordered = sorted(runs, key=lambda run: run["seed"])
    for run in ordered:
        if rule not in run["losses"]:
            known = ", ".join(run["losses"])
            raise InputError(
                f"configuration {configuration}: its runs have no loss '{rule}'; set select_by to one of {known}"
            )
    shared = set.intersection(*(set(run["losses"]) for run in ordered))
    chosen_seeds = {loss: _lowest(ordered, loss) for loss in sorted(shared)}
    return {
        "configuration": configuration,
        "rule": rule,
        "chosen_seed": chosen_seeds[rule],
        "chosen_seeds": chosen_seeds,
        "parameters": ordered[0]["parameters"],
        "samples": ordered[0]["samples"],
        "zero_loss": ordered[0]["zero_loss"],
        "linear_prediction_mse": ordered[0].get("linear_prediction_mse", {}),
        "seeds": {str(run["seed"]): _of_seed(run) for run in ordered},
    }


def chosen_model(selection: Path | str, seeds: Sequence[int], models: Sequence[str]) -> tuple[int, Path]:
    """The chosen seed and its model.

    Args:
        selection: the file with the choice.
        seeds: all seeds of the configuration.
        models: the model file of each seed.

    Raises:
        InputError: the file cannot be read, or its choice is not one of the seeds.
    """
    seed = read_json(Path(selection))["chosen_seed"]
    if seed not in seeds:
        raise InputError(
            f"{selection}: the chosen seed is {seed!r}, but the seeds are {', '.join(map(str, seeds))}; "
            "delete it and run the workflow again"
        )
    return seed, Path(models[seeds.index(seed)])


def _of_seed(run: Record) -> Record:
    digest = {"history_sha256": run["history_sha256"]} if "history_sha256" in run else {}
    return {"losses": run["losses"], **digest, **run["measured"]}


def _lowest(runs: Sequence[Record], loss: str) -> int:
    return min(runs, key=lambda run: run["losses"][loss])["seed"]
