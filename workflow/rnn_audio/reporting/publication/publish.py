"""A run's tables, figures and claims in a folder of their own, with what was run."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.records import Record, write_json
from rnn_audio.reporting.publication.what_was_run import what_was_run

LARGEST_BYTES = 5 * 2**20

_SUFFIXES = {"tables": (".csv", ".md"), "figures": (".svg",)}
_CLAIMS = ("claims.csv", "claims.md")
SETTINGS = "settings.yaml"


def publish(
    results: Path, folder: Path, title: str, without: Sequence[str] = (), settings: Path | None = None
) -> Record:
    """Copy tables (CSV, Markdown), figures (SVG) and claims; write `run.json` and an index, `README.md`.

    Files of an earlier publication that this run does not have are removed from the folder's `tables` and `figures`.

    Args:
        results: folder of a run.
        folder: where the publication goes; it is made if it does not exist.
        title: heading of the index.
        without: names of tables and figures to leave out.
        settings: the file that was laid over `config.yaml`, if any; it becomes `settings.yaml`.

    Returns:
        What was run (`what_was_run`), of the configurations that the tables show.

    Raises:
        InputError: the run has no models or no tables, there are no such settings, or the files are too large for a
            repository.
    """
    chosen = {part: _chosen(results / part, suffixes, without) for part, suffixes in _SUFFIXES.items()}
    if not chosen["tables"]:
        raise InputError(f"{results / 'tables'}: no table there; run the target 'all' or 'tables' first")
    if settings and not settings.is_file():
        raise InputError(f"{settings}: no such file; name the file of settings that the run had as --configfile")
    record = what_was_run(results, _configurations(chosen["tables"]))
    claims = [results / name for name in _CLAIMS if (results / name).is_file()]
    size = sum(path.stat().st_size for paths in (*chosen.values(), claims) for path in paths)
    if size > LARGEST_BYTES:
        raise InputError(
            f"{results}: tables and figures take {size / 2**20:.1f} MiB, and a publication at most "
            f"{LARGEST_BYTES / 2**20:.0f}; leave out large figures with --without"
        )
    for part, paths in chosen.items():
        shutil.rmtree(folder / part, ignore_errors=True)
        for path in paths:
            _copy(path, folder / part / path.name)
    for path in claims:
        _copy(path, folder / path.name)
    if settings and settings.resolve() != (folder / SETTINGS).resolve():
        _copy(settings, folder / SETTINGS)
    write_json(folder / "run.json", record)
    with replacing(folder / "README.md") as temporary:
        temporary.write_text(_index(title, record, chosen, bool(claims), bool(settings)), encoding="utf-8")
    return record


def time_words(record: Record) -> str:
    """The time of training in words.

    >>> time_words({"training_hours": 0.26}), time_words({"training_hours": 7.5})
    ('16 minutes', '7.5 hours')
    """
    hours = record["training_hours"]
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes"


def _chosen(folder: Path, suffixes: tuple[str, ...], without: Sequence[str]) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in suffixes and path.stem not in without)


def _configurations(tables: Sequence[Path]) -> set[str]:
    """The configurations that the tables show: others of the run may be unfinished."""
    found = set()
    for path in tables:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                found |= {row["configuration"] for row in csv.DictReader(file) if row.get("configuration")}
    return found


def _copy(source: Path, target: Path) -> None:
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)


def _index(title: str, record: Record, chosen: dict[str, list[Path]], claims: bool, settings: bool) -> str:
    lines = [f"# {title}", "", *_facts(record), ""]
    if settings:
        lines += [f"With [these settings]({SETTINGS}) laid over `config.yaml`, as `--configfile`.", ""]
    if claims:
        lines += ["Which claims of the papers this run confirms: [claims](claims.md).", ""]
    for path in chosen["tables"]:
        if path.suffix == ".md":
            lines += [path.read_text(encoding="utf-8").strip(), "", f"[As CSV](tables/{path.stem}.csv)", ""]
    for path in chosen["figures"]:
        lines += [f"![{path.stem}](figures/{path.name})", ""]
    return "\n".join(lines)


def _facts(record: Record) -> list[str]:
    versions = ", ".join(f"{package} {version}" for package, version in record["versions"].items())
    return [
        f"- Models: {record['models']}, of {len(record['configurations'])} configurations",
        f"- Finished: {record['finished']}",
        f"- Training: {time_words(record)}, if one model is trained after the other",
        f"- Peak memory of a job: {record['peak_memory_mib']} MiB",
        f"- Trained on: {', '.join(record['processors'])}",
        f"- Revisions of the code: {', '.join(record['revisions']) or 'unknown'}",
        f"- Versions: {versions}",
        "",
        "Settings and losses of every model, and the digest of each: [run.json](run.json).",
    ]
