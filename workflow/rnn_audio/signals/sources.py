"""Where a signal's samples come from: a generator, a file or a download."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.signals.fetching import fetch
from rnn_audio.signals.generators import check_values, synthesise
from rnn_audio.signals.recordings import Duration, Recording, check_content, read_recording

SOURCES = ("synthetic", "file", "url")

_ADDRESS = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # printable ASCII but for blank " < > \ ^ ` { | }
_FEWEST_SAMPLES = 2  # a sample to feed, and one to predict
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")
_DIGEST_LENGTHS = {"sha256": 64, "git_blob": 40}


def load_source(
    signal_name: str, settings: Mapping[str, Any], download_folder: Path | str
) -> tuple[NDArray[np.float64], int]:
    """Make or read a signal at its source's own rate: samples, float64, shape (n,), and rate in Hz.

    `settings` is one entry of the configuration's `signals`. Only the section that `source` names (`synthetic`, `file`
    or `url`) is read. A download is kept in `download_folder` under its digest.
    Raises InputError that names the configuration's key if anything is wrong with the source.
    """
    section, source = _chosen_section(signal_name, settings)
    duration = _duration(signal_name, settings)
    if settings["source"] == "synthetic":
        rate_hz = source["rate_hz"]
        with _errors_name(section):
            samples = synthesise(
                source["generator"],
                rate_hz=rate_hz,
                samples=duration.in_samples(rate_hz),
                own_keys=_generator_keys(source),
            )
        check_content(section, samples, "choose other values")
        return samples, rate_hz

    path = Path(source["path"]) if settings["source"] == "file" else download(section, source, Path(download_folder))
    recording = _read(path, section, source, duration)
    return recording.samples, recording.rate_hz


def inspect_source(signal_name: str, settings: Mapping[str, Any], rates_hz: Sequence[int]) -> None:
    """Check a signal's source before anything is trained; `rates_hz` are the rates that are trained on.

    A file is read and checked in full. A generator's name, keys, values and rate are checked. For a download, only
    the address and the digest can be checked. Raises InputError as `load_source` does.
    """
    section, source = _chosen_section(signal_name, settings)
    duration = _duration(signal_name, settings)
    highest_rate_hz = max(rates_hz)
    if settings["source"] == "url":
        check_address(section, source)
        return
    if settings["source"] == "synthetic":
        with _errors_name(section):
            rate_hz = source["rate_hz"]
            seconds = duration.in_samples(rate_hz) / rate_hz
            check_values(source["generator"], rate_hz=rate_hz, seconds=seconds, own_keys=_generator_keys(source))
        _check_rate(f"{section}.rate_hz", source["rate_hz"], highest_rate_hz)
        return
    recording = _read(Path(source["path"]), section, source, duration)
    _check_rate(f"{section}.path: {source['path']}", recording.rate_hz, highest_rate_hz)
    left = recording.samples.size * min(rates_hz) // recording.rate_hz
    if left < _FEWEST_SAMPLES:
        raise InputError(
            f"signals.{signal_name}.{duration.key}: {duration.length:g} leaves {left} sample(s) at {min(rates_hz)} Hz, "
            f"and training needs {_FEWEST_SAMPLES}; choose a longer signal or a higher rate"
        )


@contextmanager
def _errors_name(section: str) -> Iterator[None]:
    """Put `section` before the key that an error names, since a generator does not know its section."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{section}.{error}") from error


def _chosen_section(signal_name: str, settings: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    key = f"signals.{signal_name}"
    chosen = settings.get("source")
    if chosen not in SOURCES:
        raise InputError(f"{key}.source: {chosen!r} is not a source; choose one of {', '.join(SOURCES)}")
    if not settings.get(chosen):
        raise InputError(f"{key}.{chosen}: missing, but {key}.source is {chosen}; add the section")
    return f"{key}.{chosen}", settings[chosen]


def _duration(signal_name: str, settings: Mapping[str, Any]) -> Duration:
    with _errors_name(f"signals.{signal_name}"):
        return Duration(seconds=settings.get("duration_s"), samples=settings.get("duration_samples"))


def _generator_keys(source: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in source.items() if key not in ("generator", "rate_hz")}


def _read(path: Path, section: str, source: Mapping[str, Any], duration: Duration) -> Recording:
    return read_recording(
        path, channel=source.get("channel"), start=source.get("start", 0.0), duration=duration, section=section
    )


def _check_rate(what: str, rate_hz: int, highest_rate_hz: int) -> None:
    if rate_hz < highest_rate_hz:
        raise InputError(
            f"{what}: its rate is {rate_hz} Hz, below the {highest_rate_hz} Hz that a configuration needs, and "
            f"upsampling would invent content; use a source at {highest_rate_hz} Hz or more, or lower target rates"
        )


def check_address(section: str, source: Mapping[str, Any]) -> tuple[str, str]:
    """Check a download's address and digest, return the digest's kind and value; raises InputError."""
    address = str(source.get("address", ""))
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # fails for a port that is not a number
    except ValueError as error:
        raise InputError(f"{section}.address: {address!r} is not an address ({error}); correct it") from error
    if parts.scheme not in ("http", "https") or not host:
        raise InputError(
            f"{section}.address: {address!r} is not an http or https address; use source: file for local files"
        )
    if parts.scheme == "http" and host not in _OWN_MACHINE and not source.get("allow_http"):
        raise InputError(
            f"{section}.address: {address!r} is not encrypted; write https, or set {section}.allow_http to true"
        )
    if not _ADDRESS.fullmatch(address):
        raise InputError(
            f"{section}.address: {address!r} has signs that an address may not have; write them with per cent signs "
            "(a blank is %20)"
        )
    if "@" in parts.netloc:
        raise InputError(
            f"{section}.address: it has a user's name or password, which would stand in tables; remove it, and use "
            "source: file for what needs one"
        )
    given = [(kind, source[kind]) for kind in _DIGEST_LENGTHS if source.get(kind) is not None]
    if len(given) != 1:
        raise InputError(f"{section}: give the download's digest as either sha256 or git_blob")
    kind, digest = given[0]
    length = _DIGEST_LENGTHS[kind]
    if not re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", str(digest)):
        raise InputError(
            f"{section}.{kind}: {digest!r} is not a digest; give its {length} hexadecimal digits, in quotes"
        )
    return kind, digest


def download(section: str, source: Mapping[str, Any], folder: Path) -> Path:
    """Fetch a configuration section's `address` into `folder`, unless the file is there with the right digest.

    Returns the file's path. Raises InputError if the section is wrong, the download fails or the digest differs.
    """
    kind, digest = check_address(section, source)
    return fetch(source["address"], folder / download_name(source), **{kind: digest})


def download_name(source: Mapping[str, Any]) -> str:
    """The file of a download: its digest, with the address's suffix for people; libsndfile looks at the content."""
    digest = next(str(source[kind]) for kind in _DIGEST_LENGTHS if source.get(kind) is not None)
    suffix = PurePosixPath(urlsplit(source["address"]).path).suffix
    return digest.lower() + (suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else "")
