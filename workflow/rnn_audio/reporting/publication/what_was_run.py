"""What a folder of results was made by: settings, losses, machine, versions, time."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from rnn_audio.errors import InputError
from rnn_audio.records import Record, read_json

_QUARTILES = ("_median", "_lower_quartile", "_upper_quartile")


def what_was_run(results: Path, only: Collection[str] | None = None) -> Record:
    """Summarise the `run.json` of every model.

    Args:
        results: folder of a run, such as `results`.
        only: names of configurations; None: all that have models.

    Returns:
        `models` (their number), `training_hours` (of all models, as if one had been trained after the other on what
        trained them), `peak_memory_mib`, `finished` (date of the last model, UTC), the distinct `revisions`,
        `processors` and `versions`, and `configurations`: for each its `settings`, the loss that selects
        (`select_by`), and by seed its `losses` and the SHA-256 of its `history.csv`.

    Raises:
        InputError: the folder holds no trained model, or a record cannot be read.
    """
    found = sorted(Path(results).glob("models/*/seed-*/run.json"))
    paths = [path for path in found if only is None or path.parts[-3] in only]
    # Published models were not trained here.
    runs = [run for run in map(read_json, paths) if "published" not in run]
    if not runs:
        raise InputError(f"{results}: no trained model there (models/*/seed-*/run.json); name a folder of results")
    measured = [run["measured"] for run in runs]
    seconds = sum(each["wall_time_s"] / each["models_at_once"] for each in measured)
    finished = max(path.stat().st_mtime for path in paths)
    return {
        "models": len(runs),
        "training_hours": round(seconds / 3600, 3),
        "peak_memory_mib": round(max(each["peak_memory_mib"] for each in measured)),
        "finished": datetime.fromtimestamp(finished, UTC).date().isoformat(),
        "revisions": sorted({run["source_revision"] for run in runs if run.get("source_revision")}),
        "processors": sorted({each["accelerator_name"] for each in measured}),
        "versions": _versions(runs),
        "configurations": configurations_of(runs),
    }


def configurations_of(runs: list[Record]) -> dict[str, Record]:
    """The settings and losses of the given models, by configuration and seed."""
    found: dict[str, Record] = {}
    for run in sorted(runs, key=lambda run: (run["name"], run["seed"])):
        settings = dict(run["configuration"])
        own = found.setdefault(
            run["name"], {"settings": settings, "select_by": settings["select_by"], "losses": {}, "histories": {}}
        )
        losses = {name: loss for name, loss in run["losses"].items() if not name.endswith(_QUARTILES)}
        own["losses"][str(run["seed"])] = losses
        own["histories"][str(run["seed"])] = run["history_sha256"]
    return found


def _versions(runs: list[Record]) -> dict[str, str]:
    """Version of each package; several, if models were trained with several."""
    found: dict[str, set[str]] = {}
    for run in runs:
        for package, version in run["versions"].items():
            found.setdefault(package, set()).add(version)
    return {package: ", ".join(sorted(versions)) for package, versions in sorted(found.items())}
