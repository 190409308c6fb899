"""The configuration: checked against its schema, merged with its presets, and asked for what each job needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_audio.configuration_checks import check_references, check_schema

Settings = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """A checked configuration.

    Attributes:
        config: the whole configuration, as loaded.
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
        """The user's recording behind a signal, as a list of at most one path."""
        settings = self.config["signals"][signal]
        return [settings["file"]["path"]] if settings["source"] == "file" else []

    def samples(self, settings: Settings) -> int:
        """How many samples the signal of a resolved configuration has at the rate that the network learns."""
        signal = self.config["signals"][settings["signal"]]
        if "duration_s" in signal:
            return int(signal["duration_s"] * settings["rate_hz"])
        source_rate_hz = signal.get("synthetic", {}).get("rate_hz", settings["rate_hz"])
        return int(signal["duration_samples"] * settings["rate_hz"] / source_rate_hz)

    def rates_hz(self, signal: str) -> list[int]:
        """The rates at which any configuration learns a signal, ascending."""
        rates = {settings["rate_hz"] for settings in self.configurations.values() if settings["signal"] == signal}
        return sorted(rates)

    def configurations_of(self, *artefacts: Mapping[str, Any]) -> list[str]:
        """The configurations that tables and figures name, each once, in order of first mention."""
        entries = [
            entry for artefact in artefacts for entry in [*artefact.get("rows", []), *artefact.get("panels", [])]
        ]
        return list(dict.fromkeys(entry["configuration"] for entry in entries))

    def of_paper(self, section: str, paper: str) -> list[str]:
        """Names of the tables or figures of one paper."""
        return [name for name, artefact in self.config[section].items() if artefact["paper"] == paper]

    def of_kind(self, section: str, kind: str) -> list[str]:
        """Names of the tables or figures of one kind."""
        return [name for name, artefact in self.config[section].items() if artefact["kind"] == kind]

    def table_notes(self, table: str) -> list[str]:
        """What a reader must know beside a table's numbers: its scale, where its signals come from, its own notes."""
        declared = self.config["tables"][table]
        names = self.configurations_of(declared)
        return [*self.scale_notes(), *self._provenance_notes(names), *declared.get("notes", [])]

    def scale_notes(self) -> list[str]:
        """A warning where the run is not at the paper's scale."""
        scale = self.config["scale"]
        if scale["name"] == "paper" and scale["epochs_factor"] == 1:
            return []
        return [
            f"Scale '{scale['name']}': epochs times {scale['epochs_factor']:g}, {len(self.seeds)} seed(s). "
            "These numbers do not reproduce the paper."
        ]

    def published_loss(self, configuration: str) -> float | None:
        """The paper's prediction MSE of a configuration, from the first table row that states one.

        None at any other scale than the paper's: a loss after fewer epochs has no published neighbour.
        """
        if self.scale_notes():
            return None
        for table in self.config["tables"].values():
            for row in table["rows"]:
                if row["configuration"] == configuration and row.get("quantity") == "prediction_mse":
                    return row.get("published", {}).get("value")
        return None

    def _provenance_notes(self, configurations: list[str]) -> list[str]:
        notes = []
        for signal in dict.fromkeys(self.configurations[name]["signal"] for name in configurations):
            settings = self.config["signals"][signal]
            active = settings["source"]
            origin = {
                "synthetic": lambda s: f"synthetic ({s['generator']})",
                "file": lambda s: f"recording {Path(s['path']).name}",
                "url": lambda s: f"recording {s['address']}",
            }[active](settings[active])
            notes.append(f"Signal '{signal}': {origin}.")
        return notes


def load_experiment(config: Settings) -> Experiment:
    """Check a configuration and merge its presets.

    Raises:
        InputError: a key is unknown, missing or of the wrong type, or something refers to what does not exist; the
            message names the key and says what to do.
    """
    check_schema(config)
    merged = {}
    for name, own in config["configurations"].items():
        preset = config["presets"].get(own.get("preset"), {})
        merged[name] = {key: value for key, value in (preset | own).items() if key != "preset"}
    check_references(config, merged)
    factor = config["scale"]["epochs_factor"]
    return Experiment(dict(config), {name: _resolve(settings, factor) for name, settings in merged.items()})


def _resolve(settings: Settings, epochs_factor: float) -> Settings:
    update_length = settings["update_length_samples"]
    return settings | {
        "epochs": max(1, round(settings["epochs"] * epochs_factor)),
        "update_length_samples": None if update_length == "full" else update_length,
    }
