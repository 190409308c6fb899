"""Helpers of the tests of devices' recordings from any source."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.devices.sources import SPLITS, DeviceRecordings

Floats = NDArray[np.float64]
Settings = dict[str, Any]

RATE_HZ = 16000
COMMON = {"rate_hz": RATE_HZ, "split": [0.6, 0.3, 0.1], "latency": "report"}


def lengths(device: DeviceRecordings) -> list[tuple[int, int]]:
    return [(len(device.pairs[split][0]), len(device.pairs[split][1])) for split in SPLITS]
