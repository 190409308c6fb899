"""Files for players of one trained model, and what is known of it: only what was measured, or stated by the user."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.evaluation.error_to_signal import error_to_signal
from rnn_audio.formats.files import FORMATS, read_model, write_model
from rnn_audio.formats.loudness import loudness_and_gain
from rnn_audio.formats.player import play
from rnn_audio.formats.portable import PortableModel
from rnn_audio.losses.preemphasis import FILTERS, MINIMUM_PHASE
from rnn_audio.records import Record, read_json
from rnn_audio.wav import read_wav

_ESR_WORDS = (
    (0.01, "great"),
    (0.035, "not bad"),
    (0.1, "may sound OK"),
    (0.3, "hardly sounds right"),
)


def esr_words(esr: float) -> str:
    """An error-to-signal ratio in words, at the limits that NAM's trainer uses.

    >>> [esr_words(esr) for esr in (0.009, 0.02, 0.5)]
    ['great', 'not bad', 'does not sound like it']
    """
    return next((words for limit, words in _ESR_WORDS if esr < limit), "does not sound like it")


def trained_model(
    path: Path,
    recordings: Sequence[Path] = (),
    selection: Path | None = None,
    checks: Path | None = None,
    about: Mapping[str, Any] | None = None,
) -> PortableModel:
    """A trained model with what is known of it.

    Args:
        path: its `model.safetensors`, beside which is `run.json`.
        recordings: input and target of the test set, for its error-to-signal ratio; or none.
        selection: the configuration's `selection.json`, or None.
        checks: the device's `checks.json`, for its latency, or None.
        about: further keys, such as the device's gear.

    Raises:
        InputError: a file is damaged.
    """
    model, run = read_model(path), read_json(path.with_name("run.json"))
    settings = run["configuration"]
    metadata: Record = dict(about or {})
    design = settings.get("a_weighting_design", MINIMUM_PHASE)
    metadata |= _errors(model, recordings, settings.get("pre_emphasis"), design)
    metadata["training"] = {**settings, "seed": run["seed"], "samples": run["samples"]}
    if selection is not None:
        chosen = read_json(selection)
        metadata["training"] |= {"seeds": len(chosen["seeds"]), "chosen_by": chosen["rule"]}
    if checks is not None:
        metadata |= _latency(read_json(checks))
    return replace(model, metadata=metadata | loudness_and_gain(model))


def write_exports(model: PortableModel, folder: Path, formats: Iterable[str] = tuple(FORMATS)) -> str:
    """Write a model for the players of several formats, and `README.md`, which says what each file is.

    Returns:
        That text. A format that cannot hold the model has no file and a line.
    """
    rows = []
    for format in formats:
        path = folder / f"{model.name}{FORMATS[format].suffix}"
        try:
            rows.append((path.name, format, " ".join(write_model(model, path, format)) or "-"))
        except InputError as error:
            rows.append(("-", format, f"Not written: {str(error).removeprefix(f'{format}: ')}."))
    text = _readme(model, rows)
    with replacing(folder / "README.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    return text


def _errors(model: PortableModel, recordings: Sequence[Path], own_filter: str | None, design: str) -> Record:
    """ESR on the test set without a filter and with the model's own; empty without recordings."""
    if not recordings:
        return {}
    (source, rate_hz), (target, _) = (read_wav(path) for path in recordings)
    output, _ = play(model, source)
    esr = error_to_signal(target, output)
    errors: Record = {"esr": esr, "esr_words": esr_words(esr), "esr_of": f"{len(target) / rate_hz:.3g} s of test set"}
    if own_filter not in (None, "none"):
        errors[f"esr_{own_filter}"] = error_to_signal(target, output, own_filter, rate_hz, design)
    return errors


def _latency(checks: Record) -> Record:
    """Latency of the target in the recordings, which a corrected one no longer has; empty if it was not measured."""
    for measured in checks["measured"]:
        if measured["name"] == "latency (samples)" and measured["target"] is not None:
            return {"latency_samples": measured["target"], "latency_corrected": bool(checks["corrections"])}
    return {}


def _readme(model: PortableModel, rows: list[tuple[str, str, str]]) -> str:
    facts = [f"{model.hidden_size} LSTM units, {'with' if model.skip else 'without'} a skip"]
    if model.rate_hz is not None:
        facts.append(f"{model.rate_hz:g} Hz")
    facts += [
        f"{_error_name(key)} {value:.3g}" + (f" ({model.metadata['esr_words']})" if key == "esr" else "")
        for key, value in model.metadata.items()
        if key.startswith("esr") and isinstance(value, float)
    ]
    lines = [f"# {model.name}", "", f"{', '.join(facts)}.", "", "| file | for | remarks |", "|---|---|---|"]
    lines += [f"| {file} | {FORMATS[format].players} | {remarks} |" for file, format, remarks in rows]
    return "\n".join(lines) + "\n"


def _error_name(key: str) -> str:
    return "ESR" if key == "esr" else f"ESR after {FILTERS[key.removeprefix('esr_')].words}"
