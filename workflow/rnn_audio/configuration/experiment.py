"""The loaded configuration: checked, merged with its presets, with methods that return what each job needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_audio.configuration.checks import check_artefacts, check_benchmark, check_configurations, check_schema
from rnn_audio.configuration.convolutions import check_convolutions, expand_convolutions
from rnn_audio.configuration.grids import expand_grids
from rnn_audio.configuration.method_checks import METHODS, check_starts, start_of
from rnn_audio.configuration.settings import signal_samples, total_epochs
from rnn_audio.configuration.shorthand import write_out_entries, write_out_labels
from rnn_audio.configuration.sweeps import check_sweeps, expand_sweeps
from rnn_audio.configuration.unshown import with_own_figures
from rnn_audio.types import Settings

# The length of a download is unknown until it has arrived; the authors' recordings last about seven minutes.
_ASSUMED_DOWNLOAD_S = 420.0


@dataclass(frozen=True)
class Experiment:
    """A checked configuration.

    Attributes:
        config: the whole configuration, including the configurations, tables and figures of its sweeps and the tables
            of its convolutions.
        configurations: each configuration merged with its preset, by name; its epochs are scaled, and `full` update
            lengths are None.
    """

    config: Settings
    configurations: dict[str, Settings]

    @property
    def seeds(self) -> list[int]:
        """Seeds of each configuration."""
        return self.config["seeds"]

    def source_settings(self, signal: str) -> Settings:
        """What determines a signal before it is resampled: its length, its source, and that source's settings."""
        settings = self.config["signals"][signal]
        active = settings["source"]
        keep = ("kind", "duration_s", "duration_samples", "source", active)
        return {key: settings[key] for key in keep if key in settings}

    def recording_path(self, signal: str) -> list[str]:
        """The user's recording for a signal, as a list of at most one path."""
        settings = self.config["signals"][signal]
        return [_tidied(settings["file"]["path"])] if settings["source"] == "file" else []

    def used_devices(self) -> list[str]:
        """The devices that any configuration models."""
        return list(dict.fromkeys(entry["device"] for entry in self.configurations.values() if "device" in entry))

    def configurations_on(self, kind: str) -> list[str]:
        """Names of the configurations that learn a `signal`, model a `device`, or have an `auxiliary` network."""
        return [name for name, settings in self.configurations.items() if kind in settings]

    def device_settings(self, device: str) -> Settings:
        """What determines a device's recordings: its rate, split and the settings of its active source."""
        settings = self.config["devices"][device]
        keep = ("rate_hz", "split", "latency", "source", settings["source"])
        return {key: settings[key] for key in keep}

    def device_paths(self, device: str) -> list[str]:
        """The user's recordings for a device: input and target, or none."""
        settings = self.config["devices"][device]
        return [_tidied(settings["file"][side]) for side in ("input", "target")] if settings["source"] == "file" else []

    def samples(self, settings: Settings) -> int:
        """About how many samples a resolved configuration trains on in an epoch, for an estimate of its time."""
        if "device" in settings:
            return self._device_samples(settings["device"])
        return signal_samples(self.config["signals"][settings["signal"]], settings["rate_hz"])

    def rates_hz(self, signal: str) -> list[int]:
        """The rates at which a signal is learned or convolved by any configuration, ascending."""
        users = [settings for settings in self.configurations.values() if settings.get("signal") == signal]
        for convolution in self.config["convolutions"].values():
            if convolution["dry"] == signal:
                users += [self.configurations[name] for name in convolution["configurations"]]
        return sorted({settings["rate_hz"] for settings in users})

    def start_of(self, configuration: str) -> str | None:
        """The configuration whose models a configuration's trainings start from; None for random weights."""
        return start_of(self.configurations[configuration])

    def configurations_of(self, *artefacts: Mapping[str, Any]) -> list[str]:
        """The configurations that tables and figures name, each once, in order of first mention."""
        entries = [
            entry for artefact in artefacts for entry in [*artefact.get("rows", []), *artefact.get("panels", [])]
        ]
        return list(dict.fromkeys(entry["configuration"] for entry in entries))

    def of_paper(self, section: str, paper: str) -> list[str]:
        """Names of the tables or figures of one paper."""
        return [name for name, artefact in self.config[section].items() if artefact["paper"] == paper]

    def of_kind(self, section: str, *kinds: str) -> list[str]:
        """Names of the tables or figures of some kinds."""
        return [name for name, artefact in self.config[section].items() if artefact["kind"] in kinds]

    def table_notes(self, table: str) -> list[str]:
        """The notes below a table: the scale of the run, where its signals come from, and the table's own notes."""
        declared = self.config["tables"][table]
        names = self.configurations_of(declared)
        dry = [declared["dry"]] if "dry" in declared else []
        return [*self.scale_notes(*names), *self._provenance_notes(names, dry), *declared.get("notes", [])]

    def scale_notes(self, *configurations: str) -> list[str]:
        """A warning where the run is not at the paper's scale.

        Args:
            configurations: those whose numbers are shown; all of them if none is given.
        """
        scale = self.config["scale"]
        if scale["name"] == "paper" and scale["epochs_factor"] == 1:
            return []
        epochs = [total_epochs(self.configurations[name]) for name in configurations or self.configurations]
        spread = str(min(epochs)) if min(epochs) == max(epochs) else f"{min(epochs)} to {max(epochs)}"
        unit = "epoch" if spread == "1" else "epochs"
        seeds = "one seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        return [
            f"Scale '{scale['name']}': trained for {spread} {unit}, {seeds}. These numbers do not reproduce the paper."
        ]

    def origin(self, section: str, name: str) -> str:
        """Where one of the `signals` or `devices` comes from, in words."""
        return _origin(self.config[section][name])

    def published_loss(self, configuration: str) -> float | None:
        """The paper's prediction MSE of a configuration, from the first table row that states one.

        None at any scale but the paper's: a loss after fewer epochs has no published value to compare with.
        """
        if self.scale_notes():
            return None
        for table in self.config["tables"].values():
            for row in table["rows"]:
                is_its_loss = row["configuration"] == configuration and row.get("quantity") == "prediction_mse"
                value = row.get("published", {}).get("value")
                if is_its_loss and isinstance(value, int | float):
                    return value
        return None

    def _device_samples(self, name: str) -> int:
        device = self.config["devices"][name]
        if device["source"] == "synthetic":
            duration_s = device["synthetic"]["duration_s"]
        elif device["source"] == "file":
            import soundfile

            duration_s = soundfile.info(device["file"]["input"]).duration
        else:
            duration_s = _ASSUMED_DOWNLOAD_S
        return int(duration_s * device["rate_hz"] * device["split"][0])

    def _provenance_notes(self, configurations: list[str], more_signals: list[str]) -> list[str]:
        notes = []
        for kind, used in (("signal", more_signals), ("device", [])):
            learned = [self.configurations[name][kind] for name in configurations if kind in self.configurations[name]]
            for name in dict.fromkeys([*learned, *used]):
                notes.append(f"{kind.capitalize()} '{name}': {self.origin(f'{kind}s', name)}.")
        return notes


def load_experiment(config: Settings) -> Experiment:
    """Check a configuration, merge its presets, and write out its grids, sweeps, convolutions and labels.

    Raises:
        InputError: a key is unknown, missing or of the wrong type, or a reference points to nothing; the message
            names the key and says what to do.
    """
    check_schema(config)
    config = write_out_entries(*expand_grids(config))
    merged = {name: _merge(own, config["presets"]) for name, own in config["configurations"].items()}
    check_configurations(config, merged)
    config = with_own_figures(config, merged)
    check_sweeps(config)
    check_benchmark(config)
    sweeps = config.get("sweeps", {})
    bases = {name: _merge(sweep["configuration"], config["presets"]) for name, sweep in sweeps.items()}
    expanded, merged = expand_sweeps(config, merged, bases)
    check_convolutions(expanded, merged)
    expanded = expand_convolutions(expanded)
    check_starts(merged)
    factor = config["scale"]["epochs_factor"]
    resolved = {name: _resolve(settings, factor) for name, settings in merged.items()}
    expanded = write_out_labels(expanded, resolved)
    check_artefacts(expanded, merged)
    return Experiment(expanded, resolved)


def _merge(own: Settings, presets: Mapping[str, Settings]) -> Settings:
    """A configuration completed by its preset, key by key, including the keys of its training method's mapping."""
    preset = presets.get(own.get("preset"), {})
    merged = {key: value for key, value in (preset | own).items() if key != "preset"}
    nested = [key for key in METHODS if key in preset and key in own]
    return merged | {key: preset[key] | own[key] for key in nested}


def _resolve(settings: Settings, epochs_factor: float) -> Settings:
    update_length = settings["update_length_samples"]
    if "auxiliary" in settings:
        pretraining_epochs = _scale_epochs(settings["auxiliary"]["pretraining_epochs"], epochs_factor)
        settings = settings | {"auxiliary": settings["auxiliary"] | {"pretraining_epochs": pretraining_epochs}}
    return settings | {
        "epochs": _scale_epochs(settings["epochs"], epochs_factor),
        "update_length_samples": None if update_length == "full" else update_length,
        "teacher_forcing": _scale_schedule(settings["teacher_forcing"], epochs_factor),
    }


def _scale_epochs(epochs: int, factor: float) -> int:
    """Scaled and rounded, at least 1; 0 stays 0."""
    return max(1, round(epochs * factor)) if epochs > 0 else 0


def _scale_schedule(schedule: str | Settings, epochs_factor: float) -> str | Settings:
    """The same decrease of teacher forcing, stretched or shortened to the scaled number of epochs."""
    if isinstance(schedule, str) or epochs_factor == 1:
        return schedule
    scaled = dict(schedule)
    if "slope_per_epoch" in scaled:
        scaled["slope_per_epoch"] /= epochs_factor
    if "base" in scaled:
        scaled["base"] **= 1 / epochs_factor
    if "k_epochs" in scaled:
        scaled["k_epochs"] = max(1.0, scaled["k_epochs"] * epochs_factor)
    return scaled


def _tidied(path: str) -> str:
    """A path without double slashes, which Snakemake would not find."""
    return str(Path(path))


def _origin(settings: Settings) -> str:
    own = settings[settings["source"]]
    if settings["source"] == "synthetic":
        return f"synthetic ({own['generator']}), not a recording"
    if settings["source"] == "file":
        names = [Path(own[key]).name for key in ("path", "input", "target") if key in own]
        return f"recording {' and '.join(names)}"
    address = own["address"] if "address" in own else own["test"]["target"]["address"]
    return f"recording {address}"
