"""The loaded configuration: checked, merged with its presets, with methods that return what each job needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rnn_audio.configuration.artefact_checks import check_artefacts
from rnn_audio.configuration.checks import check_benchmark, check_configurations, check_schema
from rnn_audio.configuration.claims import expand_claims
from rnn_audio.configuration.convolutions import check_convolutions, expand_convolutions
from rnn_audio.configuration.grids import expand_grids
from rnn_audio.configuration.listening import check_listening, compared_models, device_of
from rnn_audio.configuration.method_checks import METHODS, check_starts, start_of
from rnn_audio.configuration.origins import file_of, origin_of
from rnn_audio.configuration.resolving import resolve
from rnn_audio.configuration.scale import differences
from rnn_audio.configuration.settings import signal_samples, total_epochs
from rnn_audio.configuration.shorthand import write_out_entries, write_out_labels
from rnn_audio.configuration.sweeps import check_sweeps, expand_sweeps
from rnn_audio.configuration.unshown import with_own_figures
from rnn_audio.losses.preemphasis import MINIMUM_PHASE
from rnn_audio.types import Settings

AT_THE_PAPERS = "as in the paper"
"""What is said of a training that a reduced run leaves at the papers' scale."""

_BRACKETS = "In brackets: the papers' scale."

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
        papers: the experiment at the papers' scale, of which this one is a reduction; None if it is not known.
    """

    config: Settings
    configurations: dict[str, Settings]
    papers: "Experiment | None" = None

    @property
    def seeds(self) -> list[int]:
        """Seeds of each configuration."""
        return self.config["seeds"]

    @property
    def published(self) -> list[str]:
        """Names of the configurations whose model is published, and not trained here."""
        return [name for name, settings in self.configurations.items() if "model" in settings]

    @property
    def trained(self) -> list[str]:
        """Names of the configurations that are trained."""
        return [name for name, settings in self.configurations.items() if "model" not in settings]

    def seeds_of(self, configuration: str) -> list[int]:
        """Seeds of one configuration; a published model takes the first seed's place."""
        return self.seeds[:1] if "model" in self.configurations[configuration] else self.seeds

    @property
    def a_weighting_design(self) -> str:
        """How the A-weighting is fitted to the standard's curve, one of `preemphasis.DESIGNS`."""
        return self.config.get("a_weighting_design", MINIMUM_PHASE)

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
        keep = ["rate_hz", "split", "latency", "source", settings["source"]]
        if settings["source"] == "model" and "input" not in settings["model"]:
            keep.append("synthetic")
        return {key: settings[key] for key in keep}

    def device_paths(self, device: str) -> list[str]:
        """The user's files for a device: input and target, a published model and what it plays, or none."""
        settings = self.config["devices"][device]
        own = settings[settings["source"]] if settings["source"] in ("file", "model") else {}
        return [_tidied(own[key]) for key in ("path", "input", "target") if key in own]

    def about_device(self, device: str) -> Settings:
        """What an exported model says of its device: where its recordings come from, and the user's words for it."""
        settings = self.config["devices"][device]
        return {"device": device, "recordings": origin_of(settings), **settings.get("gear", {})}

    def model_path(self, configuration: str) -> list[str]:
        """The user's file of a configuration's published model, as a list of at most one path."""
        own = self.configurations[configuration]["model"]
        return [_tidied(own["path"])] if "path" in own else []

    def samples(self, settings: Settings) -> int:
        """About how many samples a resolved configuration trains on in an epoch, for an estimate of its time."""
        if "device" in settings:
            return self._device_samples(settings["device"])
        return signal_samples(self.config["signals"][settings["signal"]], settings["rate_hz"])

    def recorded_s(self, device: str) -> float:
        """About how many seconds of a device's recordings there are, all splits together, for an estimate of times."""
        declared = self.config["devices"][device]
        if declared["source"] == "url":
            return _ASSUMED_DOWNLOAD_S
        own = declared[declared["source"]]
        if "input" in own:
            import soundfile

            return soundfile.info(own["input"]).duration
        return declared["synthetic"]["duration_s"]

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
        by_row = len(self._grouped(names)) > 1 and any("scale" in row for row in declared["rows"])
        scale = [self._row_note()] if by_row else self.scale_notes(*names)
        return [*scale, *self._provenance_notes(names, dry), *declared.get("notes", [])]

    def listening_device(self, test: str) -> str:
        """The device whose models a listening test compares."""
        return device_of(self.config["listening"][test], self.configurations)

    def listening_notes(self, test: str) -> list[str]:
        """The notes below a listening test's tables, as `table_notes`."""
        names = compared_models(self.config["listening"][test])
        own = self.config["listening"][test].get("notes", [])
        return [*self.scale_notes(*names), *self._provenance_notes(names, []), *own]

    def notes_on(self, *configurations: str) -> list[str]:
        """The scale of these configurations, and where their signals and devices come from."""
        return [*self.scale_notes(*configurations), *self._provenance_notes(list(configurations), [])]

    def scale_notes(self, *configurations: str) -> list[str]:
        """A warning where the run is not at the paper's scale.

        Args:
            configurations: those whose numbers are shown; all of them if none is given.
        """
        names = [name for name in configurations or self.configurations if name in self.trained]
        if self._is_at_the_papers_scale() or not names:
            return []
        seeds = "one seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        scale = f"Scale '{self.config['scale']['name']}', {seeds}"
        by_text = self._grouped(names)
        if not all(by_text):
            epochs = [total_epochs(self.configurations[name]) for name in names]
            spread = str(min(epochs)) if min(epochs) == max(epochs) else f"{min(epochs)} to {max(epochs)}"
            unit = "epoch" if spread == "1" else "epochs"
            return [f"{scale}: trained for {spread} {unit}. These numbers do not reproduce the paper."]
        if len(by_text) == 1:
            (text,) = by_text
            return [f"{scale}; trained {text}." if text == AT_THE_PAPERS else f"{scale}; {text}. {_BRACKETS}"]
        groups = [f"{', '.join(group)}: {text}" for text, group in by_text.items()]
        return [f"{scale}. {'; '.join(groups)}. {_BRACKETS}"]

    def scale_of(self, configuration: str) -> str | None:
        """What training changes of the papers' scale, in words; None if that is not known, or it is the papers'."""
        if self.papers is None or self._is_at_the_papers_scale() or configuration not in self.papers.configurations:
            return None
        own, theirs = self.configurations[configuration], self.papers.configurations[configuration]
        changed = [differences(own, theirs)]
        if "device" in own:
            changed.append(differences(*(each.device_settings(own["device"]) for each in (self, self.papers))))
        else:
            changed.append(differences(*(each.config["signals"][own["signal"]] for each in (self, self.papers))))
        return ", ".join(filter(None, changed)) or AT_THE_PAPERS

    def _is_at_the_papers_scale(self) -> bool:
        scale = self.config["scale"]
        return scale["name"] == "paper" and scale["epochs_factor"] == 1

    def _grouped(self, configurations: Iterable[str]) -> dict[str, list[str]]:
        """The configurations by what their training changes of the papers' scale."""
        groups: dict[str, list[str]] = {}
        for name in configurations:
            groups.setdefault(self.scale_of(name) or "", []).append(name)
        return groups

    def _row_note(self) -> str:
        seeds = "one seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        return (
            f"Scale '{self.config['scale']['name']}', {seeds}. The column Scale says what each training changes of the "
            "papers' scale, which stands in brackets."
        )

    def origin(self, section: str, name: str) -> str:
        """Where one of the `signals` or `devices` comes from, in words."""
        return origin_of(self.config[section][name])

    def published_loss(self, configuration: str) -> float | None:
        """The paper's prediction MSE of a configuration, from the first table row that states one.

        None if the configuration is not trained at the paper's scale: a loss after fewer epochs has no published value
        to compare with.
        """
        if not self._is_at_the_papers_scale() and self.scale_of(configuration) != AT_THE_PAPERS:
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
        return int(self.recorded_s(name) * device["rate_hz"] * device["split"][0])

    def _provenance_notes(self, configurations: list[str], more_signals: list[str]) -> list[str]:
        """Notes on the sounds that configurations learn, and on more signals, that are synthetic."""
        notes = []
        for kind, used in (("signal", more_signals), ("device", [])):
            learned = [self.configurations[name][kind] for name in configurations if kind in self.configurations[name]]
            for name in dict.fromkeys([*learned, *used]):
                notes.append(f"{kind.capitalize()} '{name}': {self.origin(f'{kind}s', name)}.")
        for name in configurations:
            if name in self.published:
                own = self.configurations[name]["model"]
                notes.append(f"Configuration '{name}': the published model {file_of(own)}, not trained here.")
        return notes


def load_experiment(config: Settings, papers: Experiment | None = None) -> Experiment:
    """Check a configuration, merge its presets, and write out its grids, sweeps, convolutions and labels.

    Args:
        config: the whole configuration.
        papers: the experiment at the papers' scale, if this configuration reduces it.

    Raises:
        InputError: a key is unknown, missing or of the wrong type, or a reference points to nothing; the message
            names the key and says what to do.
    """
    check_schema(config)
    config, grids = expand_grids(config)
    config = write_out_entries(config, grids)
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
    check_listening(expanded, merged)
    check_starts(merged)
    factor = config["scale"]["epochs_factor"]
    # The default is left out, so that models of before it could be chosen stay up to date.
    chosen = {key: value for key, value in config.items() if key == "a_weighting_design" and value != MINIMUM_PHASE}
    resolved = {
        name: resolve(settings, factor) | (chosen if "device" in settings else {}) for name, settings in merged.items()
    }
    expanded = write_out_labels(expanded, resolved)
    check_artefacts(expanded, merged)
    expanded = expand_claims(expanded, grids, merged)
    return _with_scales(Experiment(expanded, resolved, papers))


def _with_scales(experiment: Experiment) -> Experiment:
    """Rows of tables that differ in what they change of the papers' scale say it, each on its own."""
    tables = {}
    for name, table in experiment.config["tables"].items():
        scales = [experiment.scale_of(row["configuration"]) for row in table["rows"]]
        says = all(scales) and len(set(scales)) > 1
        rows = [row | {"scale": scale} for row, scale in zip(table["rows"], scales, strict=True)]
        tables[name] = table | {"rows": rows} if says else table
    return replace(experiment, config={**experiment.config, "tables": tables})


def _merge(own: Settings, presets: Mapping[str, Settings]) -> Settings:
    """A configuration completed by its preset, key by key, including the keys of its training method's mapping."""
    preset = presets.get(own.get("preset"), {})
    merged = {key: value for key, value in (preset | own).items() if key != "preset"}
    nested = [key for key in METHODS if key in preset and key in own]
    return merged | {key: preset[key] | own[key] for key in nested}


def _tidied(path: str) -> str:
    """A path without double slashes, which Snakemake would not find."""
    return str(Path(path))
