"""A tiny workflow on recordings of a user's own: a dry one is convolved with the room that a network learned."""

import numpy as np
import soundfile

from support.workspace import Config, Workspace, tiny_config

RATE_HZ = 4000
DRY_RATE_HZ = 8000
ROOM_SAMPLES = 400
ROOM_ONSET = 50
DRY_SAMPLES = 3000
SOUNDS = {
    f"convolutions/claps/{name}-{response}.wav" for name in ("full", "chopped") for response in ("target", "generation")
}


def rooms_config() -> Config:
    """Two configurations that learn a recorded room, a convolution named `claps` and a figure named `decays`."""
    config = tiny_config()
    paper = next(iter(config["papers"]))
    recorded = {"normalise": "peak", "source": "file"}
    small = {"preset": "overfit", "signal": "hall", "rate_hz": RATE_HZ, "hidden_size": 4, "batch_size": 2, "epochs": 2}
    return config | {
        "seeds": [1],
        "signals": {
            "hall": recorded
            | {"kind": "room", "duration_samples": ROOM_SAMPLES}
            | {"file": {"path": "recordings/my hall.wav", "channel": 1, "start": "onset"}},
            "dry": recorded | {"kind": "music", "duration_samples": DRY_SAMPLES, "file": {"path": "dry.wav"}},
        },
        "configurations": {"full": small, "chopped": small | {"update_length_samples": 50}},
        "tables": {
            "generations": {
                "paper": paper,
                "kind": "generations",
                "caption": "Generations of the hall",
                "labels": {"method": "Training"},
                "rows": [{"configuration": name, "labels": {"method": name}} for name in ("full", "chopped")],
            }
        },
        "figures": {
            "decays": {
                "paper": paper,
                "kind": "decays",
                "caption": "Decays of both",
                "panels": [{"configuration": name, "group": "Hall", "title": name} for name in ("full", "chopped")],
            }
        },
        "convolutions": {
            "claps": {
                "paper": paper,
                "caption": "Claps in the hall",
                "dry": "dry",
                "configurations": ["full", "chopped"],
            }
        },
    }


def hall() -> np.ndarray:
    """A decaying noise after some silence, in the second of two channels; it starts earlier and is quiet in the first.

    Returns:
        Samples, [ROOM_ONSET + ROOM_SAMPLES + 100, 2].
    """
    random = np.random.default_rng(5)
    room = random.standard_normal(ROOM_SAMPLES + 100) * 10 ** (-3 * np.arange(ROOM_SAMPLES + 100) / 200) / 5
    room[0] = 0.8
    channels = np.zeros((ROOM_ONSET + len(room), 2), dtype=np.float32)
    channels[20:, 0] = 0.01 * random.standard_normal(len(channels) - 20)
    channels[ROOM_ONSET:, 1] = room
    return channels


def write_recordings(workspace: Workspace) -> None:
    """Write the room, at 4 kHz, and single impulses as the dry sound, at 8 kHz."""
    path = workspace.folder / "recordings/my hall.wav"
    path.parent.mkdir()
    soundfile.write(path, hall(), RATE_HZ, subtype="FLOAT")
    dry = np.zeros(DRY_SAMPLES)
    dry[500::700] = 0.5
    soundfile.write(workspace.folder / "dry.wav", dry, DRY_RATE_HZ, subtype="FLOAT")
