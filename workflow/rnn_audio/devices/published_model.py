"""A published model of a device as the device itself: a recording goes in, the model's output is the target."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.formats.files import read_model
from rnn_audio.formats.player import play, settled
from rnn_audio.formats.portable import PortableModel
from rnn_audio.signals.sources import check_address, download
from rnn_audio.types import Floats


def load_published(section: str, source: Mapping[str, Any], rate_hz: float, folder: Path | None) -> PortableModel:
    """Read a model of another program from its `path`, or from its `address` after a download.

    Args:
        section: the section's place in the configuration, such as `devices.amplifier.model`.
        source: the section.
        rate_hz: the rate at which it is to play.
        folder: where downloads are kept.

    Raises:
        InputError: the download fails, the file is not a model that can be read, or it states another rate.
    """
    path = Path(source["path"]) if "path" in source else download(section, source, folder)
    try:
        model = read_model(path)
    except InputError as error:
        raise InputError(f"{section}: {error}") from error
    _require_rate(section, model, rate_hz)
    return model


def inspect_published(section: str, settings: Mapping[str, Any], rate_hz: float) -> None:
    """Check what can be checked of a configuration's published model before anything runs.

    Raises:
        InputError: as `load_published` and `require_fitting`; of a download, only the address is checked.
    """
    own = settings["model"]
    if "address" in own:
        check_address(f"{section}.model", own)
    else:
        model = load_published(f"{section}.model", own, rate_hz, None)
        require_fitting(section, settings, model, rate_hz)


def require_fitting(section: str, settings: Mapping[str, Any], model: PortableModel, rate_hz: float) -> None:
    """Check that a configuration says what its published model is.

    Args:
        section: the configuration's place, such as `configurations.authors_32`.
        settings: its settings.
        model: the model.
        rate_hz: the rate of its device.

    Raises:
        InputError: hidden size, skip or rate differ.
    """
    _require_rate(f"{section}.model", model, rate_hz)
    for key, found in (("hidden_size", model.hidden_size), ("skip", model.skip)):
        if settings[key] != found:
            said = {True: "true", False: "false"}.get(found, found) if key == "skip" else found
            raise InputError(f"{section}.{key}: the model '{model.name}' has another one; set it to {said}")


def _require_rate(section: str, model: PortableModel, rate_hz: float) -> None:
    if model.rate_hz not in (None, rate_hz):
        raise InputError(
            f"{section}: '{model.name}' is a model at {model.rate_hz:g} Hz, but the device's rate_hz is {rate_hz:g}; "
            "set rate_hz to the model's"
        )


def play_published(section: str, model: PortableModel, samples: Floats) -> Floats:
    """The model's output for a recording, [N], from its state of rest; raises InputError if it is not finite."""
    output, _ = play(settled(model), samples)
    if not np.isfinite(output).all():
        raise InputError(f"{section}: the model's output is not finite; choose another model")
    return output.astype(np.float64)
