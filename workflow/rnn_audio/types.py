"""Names of types that many modules share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Settings = dict[str, Any]
"""A mapping of the configuration: a part of config.yaml, or a configuration merged with its preset."""

Samples = NDArray[np.floating]
"""Sound, of either precision."""

Floats = NDArray[np.float64]
"""Numbers that are computed in double precision."""
