"""Where recordings and published models are from, in words for the notes below tables."""

from pathlib import Path

from rnn_audio.types import Settings


def origin_of(settings: Settings) -> str:
    """Where a signal or a device is from: its entry of the configuration, in words."""
    own = settings[settings["source"]]
    if settings["source"] == "synthetic":
        return f"synthetic ({own['generator']}), not a recording"
    if settings["source"] == "model":
        played = Path(own["input"]).name if "input" in own else "synthetic playing"
        return f"output of the model {file_of(own)} for {played}, not a recording"
    if settings["source"] == "file":
        names = [Path(own[key]).name for key in ("path", "input", "target") if key in own]
        return f"recording {' and '.join(names)}"
    address = own["address"] if "address" in own else own["test"]["target"]["address"]
    return f"recording {address}"


def file_of(model: Settings) -> str:
    """Where a published model is from."""
    return model["address"] if "address" in model else Path(model["path"]).name
