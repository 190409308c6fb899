"""Results of runs that never were, for claims: files with the numbers that a test wants."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnn_audio.records import write_history, write_json
from rnn_audio.reporting.claims.evidence import Results

Rule = dict[str, Any]
AT_THE_PAPERS_SCALE = {"scaled_down": {}, "synthetic": {}}


class MadeResults:
    """A results folder to which configurations are added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.results: dict[str, Results] = {}

    def add(
        self,
        name: str,
        losses: Mapping[str, Sequence[float]],
        *,
        zero: Mapping[str, float] | None = None,
        rule: str = "prediction_mse",
        measured: Mapping[str, Sequence[float]] | None = None,
        histories: Sequence[Sequence[float]] = (),
        **records: dict[str, Any],
    ) -> None:
        """Add a configuration.

        Args:
            name: its name.
            losses: by loss, one for each seed, from seed 1.
            zero: the losses of zero output; 1 each if left out.
            rule: the loss that chooses the seed.
            measured: more numbers of each seed, such as `wall_time_s`.
            histories: training MSE by epoch, for each seed.
            records: further files, by their kind.
        """
        count = len(next(iter(losses.values())))
        seeds = range(1, count + 1)
        files: dict[str, list[Path]] = {"selections": [self._folder / f"{name}-selection.json"]}
        digests = {}
        for seed, history in zip(seeds, histories, strict=False):
            path = self._folder / f"{name}-{seed}.csv"
            digests[seed] = write_history(path, {"training_mse": history})
            files.setdefault("histories", []).append(path)
        chosen = {loss: min(seeds, key=lambda seed: values[seed - 1]) for loss, values in losses.items()}
        selection = {
            "configuration": name,
            "rule": rule,
            "chosen_seed": chosen[rule],
            "chosen_seeds": chosen,
            "parameters": records.pop("parameters", 100),
            "zero_loss": dict(zero) if zero is not None else dict.fromkeys(losses, 1.0),
            "seeds": {
                str(seed): {
                    "losses": {loss: values[seed - 1] for loss, values in losses.items()},
                    **{key: values[seed - 1] for key, values in (measured or {}).items()},
                    **({"history_sha256": digests[seed]} if seed in digests else {}),
                }
                for seed in seeds
            },
        }
        write_json(files["selections"][0], selection)
        for kind, record in records.items():
            files[kind] = [self._folder / f"{name}-{kind}.json"]
            write_json(files[kind][0], {"configuration": name, **record})
        self.results[name] = Results(name, files, list(seeds))


def claim(*rules: Rule, **keys: str) -> dict[str, Any]:
    """A claim as the configuration's loading writes it out."""
    return {"statement": "It is so.", "paper": "paper_a", "rules": list(rules), **keys}
