"""Whether the configuration's `benchmark` is sound beyond its schema."""

from collections.abc import Mapping
from typing import Any

from rnn_audio.configuration_checks import require_known
from rnn_audio.errors import InputError


def check_benchmark(config: Mapping[str, Any]) -> None:
    """Check that the benchmark's methods exist and leave something to learn.

    Args:
        config: the whole configuration, which has passed the schema; it may have no `benchmark`.

    Raises:
        InputError: naming the key.
    """
    settings = config.get("benchmark")
    if settings is None:
        return
    growth = settings["growth"]
    require_known("benchmark.growth.method", growth["method"], settings["methods"])
    lengths = {f"methods.{name}.samples": (method["samples"], method) for name, method in settings["methods"].items()}
    lengths["growth.samples"] = (min(growth["samples"]), settings["methods"][growth["method"]])
    for key, (samples, method) in lengths.items():
        warm_up = method.get("warm_up_samples", 0)
        if samples < warm_up + 2:
            raise InputError(f"benchmark.{key}: {samples} leave(s) nothing to learn; set it to {warm_up + 2} or more")
