"""Names of settings and quantities as tables and figures write them: words of the field, with the unit."""

_UNITS = {
    "s": "s",
    "hz": "Hz",
    "db": "dB",
    "percent": "%",
    "permille": "‰",
    "samples": "samples",
    "khz": "kHz",
    "epochs": "epochs",
}
_SPELLED = {"mse": "MSE", "edt": "EDT", "t20": "T20", "t30": "T30", "c50": "C50", "rms": "RMS"}
_OF = {"prediction": "prediction", "generation": "generation", "reconstruction": "reconstruction", "target": "target"}
# Names whose parts do not say by themselves what they are.
_OWN = {
    "training_mse": "training MSE of the last epoch",
    "auxiliary_mse": "auxiliary MSE",
    "prediction.relative_error": "MSE of the prediction (% of the power)",
    "generation.relative_error": "MSE of the generation (% of the power)",
    "prediction.error_1_2_khz_db": "test error from 1 to 2 kHz, re target (dB)",
    "prediction.boundary_error_ratio": "relative error after the starts of sub-sequences, over that of the rest",
    "generation.sounding_states_percent": "initial states whose generation still sounds (%)",
    "generation.last_half_level_db": "level of the generation's last half, re target (dB)",
    "peak_share_percent": "share of the power in the strongest peak (%)",
    "log_spectral_distance_db": "log-spectral distance (dB)",
    "anchors": "number of anchors",
    "second_state": "initial state of the second layer",
    "first_state": "initial state of the first layer",
    "start_from": "starts from",
    "segment_samples": "segment length (samples)",
    "update_length_samples": "sub-sequence length (samples)",
    "pre_emphasis": "training pre-emphasis",
    "decay_loss.weight": "weight of the decay loss",
    "spectral_loss.weight": "weight of the spectral loss",
}
_QUARTILES = {"lower_quartile": "lower quartile", "median": "median", "upper_quartile": "upper quartile"}


def quantity_words(quantity: str) -> str:
    """A loss or a dotted metric in words.

    >>> [quantity_words(name) for name in ("prediction_mse", "generation.t30_s", "generation_mse_median")]
    ['prediction MSE', 'T30 of the generation (s)', 'generation MSE, median of the states']
    """
    for suffix, words in _QUARTILES.items():
        if quantity.endswith(f"_mse_{suffix}"):
            return f"{quantity_words(quantity.removesuffix(f'_{suffix}'))}, {words} of the states"
    if quantity in _OWN:
        return _OWN[quantity]
    group, dot, name = quantity.rpartition(".")
    words = _words(name)
    if not dot or group not in _OF:
        return words
    stem, bracket, unit = words.partition(" (")
    return f"{stem} of the {_OF[group]}{bracket}{unit}"


def is_relative_error(quantity: str) -> bool:
    """Whether a metric is a mean squared error over the target's power: a fraction, which is shown in per cent."""
    return quantity.endswith(".relative_error")


def setting_words(key: str) -> str:
    """A key of a configuration, dotted if it is inside a mapping, in words.

    >>> [setting_words(key) for key in ("hidden_size", "auxiliary.anchors", "free_running.decay_loss.weight")]
    ['hidden size', 'number of anchors', 'weight of the decay loss']
    """
    parts = key.split(".")
    for first in range(len(parts)):
        if (name := ".".join(parts[first:])) in _OWN:
            return _OWN[name]
    return _words(parts[-1])


def capitalised(words: str) -> str:
    """The words with a capital first letter, as at the head of a column.

    >>> capitalised("prediction MSE")
    'Prediction MSE'
    """
    return words[:1].upper() + words[1:]


def _words(name: str) -> str:
    if name in _OWN:
        return _OWN[name]
    parts = name.split("_")
    unit = _UNITS.get(parts[-1]) if len(parts) > 1 else None
    stem = " ".join(_SPELLED.get(part, part) for part in (parts[:-1] if unit else parts))
    return f"{stem} ({unit})" if unit else stem
