"""Helpers of the tests of devices' recordings from any source."""

from collections.abc import Mapping
from pathlib import Path

from rnn_audio.devices.segments import write_segments
from rnn_audio.devices.sources import SIDES, SPLITS, DeviceRecordings
from rnn_audio.types import Samples
from rnn_audio.wav import write_wav

RATE_HZ = 16000
COMMON = {"rate_hz": RATE_HZ, "split": [0.6, 0.3, 0.1], "latency": "report"}


def lengths(device: DeviceRecordings) -> list[tuple[int, int]]:
    return [(len(device.pairs[split][0]), len(device.pairs[split][1])) for split in SPLITS]


def write_device(folder: Path, pairs: Mapping[str, tuple[Samples, Samples]], rate_hz: int, segment: int) -> list[Path]:
    """What a training reads: segments of train, then input and target of val and test; the files, in this order."""
    write_segments(folder / "segments.npy", *pairs["train"], segment)
    paths = [folder / "segments.npy"]
    for split in ("val", "test"):
        for side, samples in zip(SIDES, pairs[split], strict=True):
            paths.append(folder / f"{split}-{side}.wav")
            write_wav(paths[-1], samples, rate_hz)
    return paths
