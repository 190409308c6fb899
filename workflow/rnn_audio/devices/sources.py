"""Where a device's paired recordings come from: a simulated amplifier, the user's own files, a download, or a model.

They are split by time into train, val and test before anything else (paper B, section 3), so that no two splits share
a sample.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.devices.checks import SILENCE_PEAK, Finding, check_pair, require_equal_lengths, require_sound
from rnn_audio.devices.condition import Property, describe_pair
from rnn_audio.devices.latency import correct_latency
from rnn_audio.devices.published_model import load_published, play_published
from rnn_audio.devices.splitting import split_by_fractions
from rnn_audio.errors import InputError
from rnn_audio.signals.recordings import Recording, read_recording
from rnn_audio.signals.sources import check_address, download
from rnn_audio.types import Floats

logger = logging.getLogger(__name__)

SPLITS = ("train", "val", "test")
SIDES = ("input", "target")
_SILENT_SHARE_PEAK = 1e-3  # of the whole recording's peak: 60 dB below it, there is no playing

LOWEST_RATE_HZ = 16_000
"""Lowest rate that the simulated amplifier and the plucked strings support."""
SHORTEST_PASSAGE_S = 0.4
"""Length to which a passage of the synthetic playing can be cut: a chord, or one or two notes of a line."""
PASSAGES_IN_A_SPLIT = 3
"""So many passages in a row have bass, guitar and three ways of playing (`rnn_audio.signals.guitar_score`)."""


@dataclass(frozen=True)
class DeviceRecordings:
    """A device's recordings, checked and split.

    Attributes:
        pairs: input and target of `train`, `val` and `test`, [N] each.
        rate_hz: their common rate.
        findings: properties that may be faults, such as clipping and latency.
        corrections: what was corrected.
        measured: properties of the recordings before any correction, as `describe_pair` returns them.
    """

    pairs: dict[str, tuple[Floats, Floats]]
    rate_hz: int
    findings: list[Finding]
    corrections: list[str]
    measured: list[Property]


def load_device(name: str, settings: Mapping[str, Any], download_folder: Path) -> DeviceRecordings:
    """Make, read or download a device's recordings.

    Args:
        name: the device.
        settings: its entry of the configuration's `devices`.
        download_folder: where downloads are kept.

    Raises:
        InputError: a recording is missing, unreadable or silent, rates or lengths differ, or a split has no samples.
    """
    section = f"devices.{name}"
    if settings["source"] == "url":
        return _downloaded(section, settings, download_folder)
    if settings["source"] == "synthetic":
        pair = _simulated(section, settings)
    elif settings["source"] == "model":
        pair = _played_by_model(section, settings, download_folder)
    else:
        pair = _read_files(f"{section}.file", settings["file"])
    rate_hz = _checked_rate(section, settings, *pair)
    for recording in pair:
        require_sound(recording)
    pairs = _split(section, settings, pair, *(side.samples for side in pair))
    if settings["source"] != "file":  # in step by construction
        return DeviceRecordings(pairs, rate_hz, [], [], [])
    # After the split: a silent part would be taken for a latency that jumps.
    findings, corrections, measured, *corrected = _checked(section, settings, *pair)
    pairs = _split(section, settings, pair, *corrected)
    return DeviceRecordings(pairs, rate_hz, findings, corrections, measured)


def inspect_device(name: str, settings: Mapping[str, Any], longest_segment: int = 1) -> None:
    """Check what can be checked before anything runs: files exist and match each other, addresses are valid.

    Args:
        name: the device.
        settings: its entry of the configuration's `devices`.
        longest_segment: samples of the longest segment that a configuration trains on.

    Raises:
        InputError: as `load_device`.
    """
    section = f"devices.{name}"
    if settings["source"] == "model":
        _inspect_model(section, settings, longest_segment)
    if plays_synthetic(settings) and settings["rate_hz"] < LOWEST_RATE_HZ:
        raise InputError(
            f"{section}.rate_hz: {settings['rate_hz']} Hz is too low for the synthetic playing; "
            f"choose at least {LOWEST_RATE_HZ} Hz"
        )
    if plays_synthetic(settings):
        _longest_passage_s(section, settings)
        samples = int(settings["synthetic"]["duration_s"] * settings["rate_hz"])
        _check_lengths(section, settings, samples, longest_segment)
    if settings["source"] == "file":
        pair = _read_files(f"{section}.file", settings["file"])
        _checked_rate(section, settings, *pair)
        for recording in pair:
            require_sound(recording)
        _check_lengths(section, settings, len(pair[0].samples), longest_segment)
        # A silent part first: it would be taken for a latency that jumps.
        _split(section, settings, pair, *(side.samples for side in pair))
        findings, corrections, _, source, target = _checked(section, settings, *pair)
        for message in [*(finding.message for finding in findings), *corrections]:
            logger.warning("%s", message)
        _split(section, settings, pair, source, target)
    if settings["source"] == "url":
        for split in SPLITS:
            for side in SIDES:
                check_address(f"{section}.url.{split}.{side}", settings["url"][split][side])


def plays_synthetic(settings: Mapping[str, Any]) -> bool:
    """Whether the synthetic playing goes into a device: into the simulated amplifier, or into a model without input."""
    return settings["source"] == "synthetic" or (settings["source"] == "model" and "input" not in settings["model"])


def _inspect_model(section: str, settings: Mapping[str, Any], longest_segment: int) -> None:
    if "path" in settings["model"]:
        load_published(f"{section}.model", settings["model"], settings["rate_hz"], None)
    else:
        check_address(f"{section}.model", settings["model"])
    if "input" in settings["model"]:
        source = _model_input(section, settings)
        _check_lengths(section, settings, len(source.samples), longest_segment)


def _check_lengths(section: str, settings: Mapping[str, Any], samples: int, longest_segment: int) -> None:
    try:
        train = len(split_by_fractions(np.broadcast_to(0.0, samples), settings["split"]).train)
    except InputError as error:
        raise InputError(f"{section}.{error}") from error
    if train < longest_segment:
        raise InputError(
            f"{section}.split: leaves {train} of {samples} samples to train on, fewer than a segment has "
            f"({longest_segment}, segment_samples); choose shorter segments or give a longer recording"
        )


def _longest_passage_s(section: str, settings: Mapping[str, Any]) -> float:
    """Length of passages with which every split has bass, guitar and three ways of playing; InputError if too short."""
    duration_s, share = settings["synthetic"]["duration_s"], min(settings["split"])
    longest_s = float(duration_s * share / PASSAGES_IN_A_SPLIT)
    if longest_s < SHORTEST_PASSAGE_S - 1e-9:
        least_s = PASSAGES_IN_A_SPLIT * SHORTEST_PASSAGE_S
        raise InputError(
            f"{section}.synthetic.duration_s: {duration_s:g} s give the smallest split {duration_s * share:.3g} s, and "
            f"{least_s:g} s are needed for bass, guitar and three ways of playing in each; choose at least "
            f"{math.ceil(round(least_s / share, 6))} s or a larger share"
        )
    return longest_s


def _simulated(section: str, settings: Mapping[str, Any]) -> tuple[Recording, Recording]:
    from rnn_audio.devices.amplifier import amplify

    rate_hz, source = settings["rate_hz"], _played(section, settings)
    target = amplify(source, rate_hz, oversampling=settings["synthetic"]["oversampling"])
    return Recording("synthetic guitar", source, rate_hz), Recording("simulated amplifier", target, rate_hz)


def _played(section: str, settings: Mapping[str, Any]) -> Floats:
    from rnn_audio.signals.guitar import playing

    own = settings["synthetic"]
    return playing(own["duration_s"], settings["rate_hz"], own["seed"], _longest_passage_s(section, settings))


def _played_by_model(section: str, settings: Mapping[str, Any], folder: Path) -> tuple[Recording, Recording]:
    model = load_published(f"{section}.model", settings["model"], settings["rate_hz"], folder)
    source = _model_input(section, settings)
    target = play_published(f"{section}.model", model, source.samples)
    return source, Recording(f"output of model {model.name}", target, source.rate_hz)


def _model_input(section: str, settings: Mapping[str, Any]) -> Recording:
    own, rate_hz = settings["model"], settings["rate_hz"]
    if "input" in own:
        source = _read_side(own["input"], f"{section}.model", "input_channel", own.get("input_channel"))
        _checked_rate(section, settings, source, source)
        require_sound(source)
        return source
    return Recording("synthetic guitar", _played(section, settings), rate_hz)


def _read_files(section: str, files: Mapping[str, Any]) -> tuple[Recording, Recording]:
    source, target = (
        _read_side(files[side], section, f"{side}_channel", files.get(f"{side}_channel")) for side in SIDES
    )
    return source, target


def _read_side(path: str, section: str, channel_key: str, channel: int | None) -> Recording:
    return read_recording(path, channel=channel, start=0.0, duration=None, section=section, channel_key=channel_key)


def _downloaded(section: str, settings: Mapping[str, Any], folder: Path) -> DeviceRecordings:
    pairs: dict[str, tuple[Floats, Floats]] = {}
    findings: list[Finding] = []
    corrections: list[str] = []
    measured: list[Property] = []
    for split in SPLITS:
        entries = settings["url"][split]
        pair = tuple(_download_side(f"{section}.url.{split}.{side}", entries[side], folder) for side in SIDES)
        _checked_rate(section, settings, *pair)
        found, corrected, properties, source, target = _checked(section, settings, *pair)
        pairs[split] = (source, target)
        findings += found
        corrections += corrected
        measured += [replace(own, name=f"{split}: {own.name}") for own in properties]
    return DeviceRecordings(
        {split: tuple(pair) for split, pair in pairs.items()}, settings["rate_hz"], findings, corrections, measured
    )


def _download_side(section: str, entry: Mapping[str, Any], folder: Path) -> Recording:
    return _read_side(str(download(section, entry, folder)), section, "channel", entry.get("channel"))


def _checked_rate(section: str, settings: Mapping[str, Any], source: Recording, target: Recording) -> int:
    for recording in (source, target):
        if recording.rate_hz != settings["rate_hz"]:
            raise InputError(
                f"{recording.name}: its rate is {recording.rate_hz:g} Hz, but {section}.rate_hz is "
                f"{settings['rate_hz']}; correct the key or resample the recording (a device is not resampled here)"
            )
    require_equal_lengths(source, target)
    return int(settings["rate_hz"])


def _checked(
    section: str, settings: Mapping[str, Any], source: Recording, target: Recording
) -> tuple[list[Finding], list[str], list[Property], Floats, Floats]:
    """What was found and corrected, the properties of the pair, and the pair itself, corrected if it had to be."""
    files = [Path(side.name).name for side in (source, target)]
    if len(set(files)) == 2:  # findings stand in tables, where a user's folders have no place
        source, target = (replace(side, name=file) for side, file in zip((source, target), files, strict=True))
    checked = check_pair(section, source, target)
    names = [finding.name for finding in checked.findings]
    if settings["latency"] == "correct" and "latency_moves" in names:
        message = next(finding.message for finding in checked.findings if finding.name == "latency_moves")
        raise InputError(f"{message}; or set {section}.latency to report, to train on it as it is")
    measured = describe_pair(source, target, checked)
    if settings["latency"] != "correct" or "latency" not in names:
        return checked.findings, [], measured, source.samples, target.samples
    corrected = correct_latency(source.samples, target.samples, source.rate_hz, checked.latency.samples)
    others = [finding for finding in checked.findings if finding.name != "latency"]
    done = "nothing, it was corrected"
    measured = [replace(own, advice=done) if own.name.startswith("latency") else own for own in measured]
    return others, [f"{target.name}: {corrected.message}"], measured, corrected.input, corrected.target


def _split(
    section: str, settings: Mapping[str, Any], pair: tuple[Recording, Recording], source: Floats, target: Floats
) -> dict[str, tuple[Floats, Floats]]:
    """Input and target of each part, [N] each, after a check that none is silent."""
    halves = [split_by_fractions(side, settings["split"]) for side in (source, target)]
    pairs = {split: (getattr(halves[0], split), getattr(halves[1], split)) for split in SPLITS}
    for split, sides in pairs.items():
        _require_sound_in(split, sides, pair, settings, f"{section}.split")
    return pairs


def _require_sound_in(
    split: str, sides: tuple[Floats, Floats], pair: tuple[Recording, Recording], settings: Mapping[str, Any], key: str
) -> None:
    """Refuse a share of which one side is silent: its losses would mean nothing."""
    first = sum(settings["split"][: SPLITS.index(split)])
    last = first + settings["split"][SPLITS.index(split)]
    for samples, recording in zip(sides, pair, strict=True):
        peak = float(np.abs(samples).max())
        if peak < max(SILENCE_PEAK, _SILENT_SHARE_PEAK * float(np.abs(recording.samples).max())):
            length_s = len(recording.samples) / recording.rate_hz
            raise InputError(
                f"{recording.name}: the {split} part, from {first * length_s:.1f} to {last * length_s:.1f} s, is "
                f"silent (peak {peak:.1e}); choose other shares in {key}, or another recording"
            )
