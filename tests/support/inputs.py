"""Functions that make a bad or unusual input: in a folder, and in the configuration in it."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from support.configurations import shipped_config
from support.workspace import Config

RATE_HZ = 16000
NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, RATE_HZ // 10)

Make = Callable[[Path, Config], str | bytes | None]
"""Changes the configuration in place, or returns the content of another config.yaml."""


def file(content: str | bytes) -> Make:
    """A whole config.yaml."""
    return lambda folder, config: content


def put(path: str, value: Any) -> Make:  # noqa: ANN401 (any YAML value)
    """Set one value by its path: `configurations/chopped/epochs`; numbers in the path are list indices."""

    def make(folder: Path, config: Config) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        place: Any = config
        for part in parents:
            place = place[part]
        place[last] = value

    return make


def claimed(**rule: object) -> Make:
    """A claim `mine` with one rule about the configuration `steady`, or as these keys say."""
    rules = [{"kind": "value", "quantity": "prediction_mse", "of": "steady", **rule}]
    return put("claims", {"mine": {"statement": "It is so.", "rules": rules}})


def drop(key: str) -> Make:
    def make(folder: Path, config: Config) -> None:
        del config[key]

    return make


def setting(**settings: Any) -> Make:  # noqa: ANN401 (any YAML value)
    """Set keys of a configuration."""

    def make(folder: Path, config: Config) -> None:
        config["configurations"]["chopped"] |= settings

    return make


def named(section: str, name: Any) -> Make:  # noqa: ANN401 (any YAML value)
    """Add an entry like the first of the section."""

    def make(folder: Path, config: Config) -> None:
        config[section][name] = next(iter(config[section].values()))

    return make


def both(*makes: Make) -> Make:
    def make(folder: Path, config: Config) -> None:
        for each in makes:
            each(folder, config)

    return make


def overlay(content: str | bytes) -> Make:
    """Write a file for --configfile."""

    def make(folder: Path, config: Config) -> None:
        (folder / "own.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())

    return make


def use(path: str = "own.wav", **settings: Any) -> Make:  # noqa: ANN401 (any YAML value)
    """Use a recording instead of the sine."""
    return put_signal(source="file", file={"path": path, **settings})


def put_signal(**settings: Any) -> Make:  # noqa: ANN401 (any YAML value)
    def make(folder: Path, config: Config) -> None:
        config["signals"]["sine"] |= settings

    return make


def sound(
    samples: Any,  # noqa: ANN401 (an array or nested lists)
    *,
    rate_hz: int = RATE_HZ,
    name: str = "own.wav",
    form: str = "WAV",
    subtype: str = "FLOAT",
    **settings: Any,  # noqa: ANN401 (any YAML value)
) -> Make:
    """Write a recording and use it."""

    def make(folder: Path, config: Config) -> None:
        with (folder / name).open("wb") as target:
            soundfile.write(target, np.asarray(samples, dtype=float), rate_hz, format=form, subtype=subtype)
        use(name, **settings)(folder, config)

    return make


def bytes_as_sound(content: bytes) -> Make:
    def make(folder: Path, config: Config) -> None:
        (folder / "own.wav").write_bytes(content)
        use()(folder, config)

    return make


def cut_sound(keep: int, **settings: Any) -> Make:  # noqa: ANN401 (as `sound`)
    def make(folder: Path, config: Config) -> None:
        sound(np.tile(NOISE, 20), **settings)(folder, config)
        path = folder / settings.get("name", "own.wav")
        path.write_bytes(path.read_bytes()[:keep])
        config["signals"]["sine"]["duration_samples"] = 20000

    return make


def hour(folder: Path, config: Config) -> None:
    """Use a recording of an hour at 44.1 kHz, silent after the first tenth of a second; the silence takes no space."""
    samples, rate_hz = 3600 * 44100, 44100
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    header = b"RIFF" + struct.pack("<I", 36 + 2 * samples) + b"WAVE" + layout
    with (folder / "own.wav").open("wb") as target:
        target.write(header + b"data" + struct.pack("<I", 2 * samples) + (NOISE * 32767).astype("<i2").tobytes())
        target.truncate(44 + 2 * samples)
    use(start="onset")(folder, config)


def device(input_samples: np.ndarray, target_samples: np.ndarray, target_rate_hz: int = 44100, **settings: Any) -> Make:  # noqa: ANN401
    """Use a device with two recordings, and a model of it."""

    def make(folder: Path, config: Config) -> None:
        soundfile.write(folder / "in.wav", input_samples, 44100, subtype="FLOAT")
        soundfile.write(folder / "out.wav", target_samples, target_rate_hz, subtype="FLOAT")
        files = {"source": "file", "file": {"input": "in.wav", "target": "out.wav"}}
        config["devices"]["amplifier"] |= files | settings
        own = {"preset": "amplifier", "device": "amplifier", "hidden_size": 8, "pre_emphasis": "none"}
        config["configurations"]["model"] = own

    return make


def swept(name: str, **settings: Any) -> Make:  # noqa: ANN401 (any YAML value)
    def make(folder: Path, config: Config) -> None:
        sweep = {"paper": next(iter(config["papers"])), "caption": "A sweep", "vary": "epochs", "values": [1, 2]}
        config["sweeps"][name] = (
            sweep | {"configuration": config["configurations"]["steady"], "quantities": ["prediction_mse"]} | settings
        )

    return make


def duplicate_json(folder: Path, config: Config) -> str:
    return json.dumps(config)[:-1] + ', "seeds": [3]}'


def bomb(folder: Path, config: Config) -> str:
    """Nine levels of ten aliases each: a thousand million values in 200 bytes."""
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for previous, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{previous}'] * 10)}]")
    return "\n".join(["# too much", *lines])


def windowed(samples: int) -> Make:
    """Train a free run with a spectral loss over windows of so many samples."""

    def make(folder: Path, config: Config) -> None:
        spectral = {"weight": 0.1, "window_samples": [16, samples]}
        config["configurations"]["chopped"] = {"preset": "free_running", "signal": "sine", "rate_hz": 4000} | {
            "free_running": {"spectral_loss": spectral}
        }

    return make


def _synthetic(name: str, **changes: Any) -> Make:  # noqa: ANN401 (any YAML value)
    """Use the generator of a shipped signal, with changes."""

    def make(folder: Path, config: Config) -> None:
        config["signals"]["sine"]["synthetic"] = shipped_config()["signals"][name]["synthetic"] | changes

    return make


def room(**changes: Any) -> Make:  # noqa: ANN401 (any YAML value)
    return _synthetic("impulse_response", **changes)


def bar(**changes: Any) -> Make:  # noqa: ANN401 (any YAML value)
    return _synthetic("vibraphone", **changes)


def download_from(address: str) -> Make:
    return put_signal(source="url", url={"address": address, "sha256": "0" * 64})


def labelled(name: str) -> Make:
    """Give a table a column of labels of this name."""

    def make(folder: Path, config: Config) -> None:
        table = config["tables"]["losses"]
        table["labels"] = {name: "Own"}
        for row in table["rows"]:
            row["labels"] = {name: "mine"}

    return make


def observed(quantity: str) -> dict[str, Any]:
    """A table of one row that shows this quantity."""
    return {"kind": "observations", "caption": "One", "quantity": quantity, "labels": {"own": "Own"}} | {
        "rows": [{"configuration": "steady", "labels": {"own": "mine"}}]
    }


def sizeless(folder: Path, config: Config) -> None:
    """Use a recording whose header says that it has no samples."""
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    header = b"RIFF" + struct.pack("<I", 0) + b"WAVE" + layout + b"data" + struct.pack("<I", 0)
    bytes_as_sound(header + bytes(40000))(folder, config)
