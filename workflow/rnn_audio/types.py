"""Names of types that many modules share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Settings = dict[str, Any]
"""A section of config.yaml, or a configuration merged with its preset."""

Samples = NDArray[np.floating]
"""Sound, in single or double precision."""

Floats = NDArray[np.float64]
"""Numbers in double precision."""
