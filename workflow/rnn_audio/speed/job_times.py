"""About how long the jobs around the trainings take: starting Python and its libraries, sounds, tables, figures."""

from collections.abc import Mapping

from rnn_audio.configuration.experiment import Experiment

TRAINING_START_S = 2.6
"""Time of a training's job outside its training: it loads PyTorch, and evaluates the model."""

_OTHER_S = 1.5
# Seconds of one core, as measured with the quick profile on one core of a 2023 server processor.
_JOB_S: Mapping[str, float] = {
    "prepare_signal": 1.8,
    "resample_signal": 1.0,
    "segment": 0.4,
    "fit_baselines": 3.5,
    "select_best": 0.4,
    "generate": 3.0,
    "reconstruct": 2.4,
    "convolve": 2.2,
    "table": 1.2,
    "export": 1.9,
    "measure_running_speed": 4.5,
    "measure_training_time": 6.0,
}
_FIGURE_S = 2.2
# Of rules that handle a device's recordings: at the start, and per second of recording and model.
_DEVICE_S: Mapping[str, tuple[float, float]] = {"prepare_device": (3.0, 0.15), "process_test_set": (2.0, 0.02)}
_SUMMED_UP: Mapping[str, tuple[str, ...]] = {
    "sound set(s)": ("generate", "process_test_set"),
    "table(s)": ("table",),
    "figure(s)": ("plot_",),
}


def job_seconds(rule: str, experiment: Experiment) -> float:
    """About how many seconds one job of a rule other than `train` keeps one core busy."""
    if rule in _DEVICE_S:
        start, pace = _DEVICE_S[rule]
        recorded = max((experiment.recorded_s(device) for device in experiment.used_devices()), default=0.0)
        return start + pace * recorded * (len(experiment.seeds) if rule == "process_test_set" else 1)
    return _FIGURE_S if rule.startswith("plot_") else _JOB_S.get(rule, _OTHER_S)


def describe_jobs(jobs: Mapping[str, int]) -> str:
    """What other jobs make, in words: `24 sound set(s), 12 table(s), 20 figure(s) and 60 smaller job(s)`.

    Args:
        jobs: number of jobs by the name of their rule.
    """
    counts = {
        words: sum(count for rule, count in jobs.items() if rule.startswith(starts))
        for words, starts in _SUMMED_UP.items()
    }
    named = [f"{count} {words}" for words, count in counts.items() if count]
    smaller = sum(jobs.values()) - sum(counts.values())
    if smaller:
        named.append(f"{smaller} smaller job(s)")
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]])) if named else ""
