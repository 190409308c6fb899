"""The inputs of docs/bad-input.md, mistakes and unusual inputs of users, with the message about each."""

import math
from dataclasses import dataclass

import numpy as np

from support.inputs import (
    NOISE,
    RATE_HZ,
    Make,
    bar,
    bomb,
    both,
    bytes_as_sound,
    cut_sound,
    device,
    download_from,
    drop,
    duplicate_json,
    file,
    hour,
    labelled,
    named,
    observed,
    overlay,
    put,
    put_signal,
    room,
    setting,
    sizeless,
    sound,
    swept,
    use,
    windowed,
)


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        kind: section of the document.
        given: what is given, in words.
        said: a part of the message.
        make: writes the input into a folder and its configuration.
        real: whether it is tested through the `snakemake` command.
        library: whether the library reports it, without Snakemake.
        used: whether the input is not a mistake but used, and the log says how.
        arguments: the command line, for inputs that are not in the configuration.
    """

    kind: str
    given: str
    said: str
    make: Make
    real: bool = False
    library: bool = True
    used: bool = False
    arguments: tuple[str, ...] = ()


YAML = "The file of the configuration"
VALUES = "Values"
NAMES = "Names"
REFERENCES = "References"
COMMANDS = "The command line"
SOUNDS = "Recordings"
USED = "Recordings that are used"
DEVICES = "Pairs of recordings"

_SECOND = np.random.default_rng(2).uniform(-0.5, 0.5, 44100)
_LONG = np.random.default_rng(3).uniform(-0.5, 0.5, 12 * 44100)
_A_NAME = "a name of lower-case letters, digits and underscores that begins with a letter"


def _command(given: str, said: str, *arguments: str, text: str = "") -> Case:
    """A mistake on the command line, where `own.yaml` holds this text."""
    return Case(COMMANDS, given, said, overlay(text), real=True, library=False, arguments=arguments)


CASES = [
    Case(
        YAML,
        "two configurations of one name",
        "config.yaml: the key 'configurations.steady' occurs twice, in line 2 and in line 4",
        file("configurations:\n  steady: {epochs: 1}\n  other: {epochs: 1}\n  steady: {epochs: 2}\n"),
        real=True,
    ),
    Case(
        YAML,
        "a setting twice in one preset",
        "the key 'presets.a.epochs' occurs twice, in line 3 and in line 3",
        file("presets:\n  a:\n    {epochs: 1, epochs: 2}\n"),
    ),
    Case(YAML, "a key twice in JSON", "config.yaml: the key 'seeds' occurs twice", duplicate_json),
    Case(YAML, "an empty file", "config.yaml: has no keys at its top level", file(""), real=True),
    Case(YAML, "comments only", "config.yaml: has no keys at its top level", file("# later\n")),
    Case(YAML, "a list", "config.yaml: has no keys at its top level", file("- seeds\n- accelerator\n")),
    Case(YAML, "a sentence", "config.yaml: has no keys at its top level", file("to be written\n")),
    Case(YAML, "indentation by tabs", "config.yaml: line 2 is not YAML", file("seeds:\n\t- 1\n"), real=True),
    Case(YAML, "a bracket that is not closed", "is not YAML", file("seeds: [1, 2\ndevice: cpu\n")),
    Case(YAML, "a colon within text", "config.yaml: line 1 is not YAML", file("caption: Loss: all seeds\n")),
    Case(YAML, "an alias without its anchor", "is not YAML", file("seeds: *seeds\n")),
    Case(YAML, "an anchor inside itself", "'a.b' contains itself (line 1)", file("a: &a {b: *a}\n")),
    Case(YAML, "two documents", "is not YAML", file("accelerator: cpu\n---\naccelerator: auto\n")),
    Case(YAML, "a Python object", "is not YAML", file("seeds: !!python/object:os.system {}\n")),
    Case(YAML, "a date that does not exist", "config.yaml: a value cannot be read", file("seeds: 2020-13-45\n")),
    Case(YAML, "a number of 5000 digits", "config.yaml: a value cannot be read", file("seeds: 1" + "0" * 5000)),
    Case(YAML, "UTF-16, or a binary file", "config.yaml: is not UTF-8 text", file("a: 1".encode("utf-16")), real=True),
    Case(
        YAML,
        "aliases that stand for a thousand million values",
        "config.yaml: 'f' has more than 1000000 values (line 7)",
        bomb,
    ),
    Case(YAML, "brackets nested 100,000 deep", "config.yaml: line 1 is nested too deeply", file("a: " + "[" * 100_000)),
    Case(
        YAML,
        "brackets nested 100,000 deep, in JSON",
        "config.yaml: line 1 is nested too deeply",
        file('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    ),
    Case(
        VALUES, "a misspelt key", "unknown key 'learning_rat'; did you mean 'learning_rate'?", setting(learning_rat=1)
    ),
    Case(VALUES, "an unknown section", "config: unknown key 'sedes'; did you mean 'seeds'?", put("sedes", [1])),
    Case(VALUES, "a missing section", "config: the key 'seeds' is missing; add it", drop("seeds"), real=True),
    Case(VALUES, "no configuration", "config.configurations: {} should be non-empty", put("configurations", {})),
    Case(VALUES, "a key that is not text", "config.signals: the key True is not text", named("signals", True)),
    Case(
        VALUES,
        "text for a number",
        "chopped.epochs: 'many' is not of type 'integer'",
        setting(epochs="many"),
        real=True,
    ),
    Case(VALUES, "`1e-3`", "learning_rate: '1e-3' is not of type 'number'", setting(learning_rate="1e-3")),
    Case(VALUES, "a number in quotes", "chopped.epochs: '3' is not of type 'integer'", setting(epochs="3")),
    Case(VALUES, "a list for a number", "chopped.epochs: [3] is not of type 'integer'", setting(epochs=[3])),
    Case(VALUES, "true for a number", "chopped.epochs: True is not of type 'integer'", setting(epochs=True)),
    Case(VALUES, "nothing after a key", "chopped.epochs: None is not of type 'integer'", setting(epochs=None)),
    Case(VALUES, "a number for a list", "config.seeds: 5 is not of type 'array'", put("seeds", 5)),
    Case(VALUES, "a section that is a list", "config.signals: [] is not of type 'object'", put("signals", [])),
    Case(VALUES, "a negative number", "chopped.epochs: -1 is less than the minimum of 1", setting(epochs=-1)),
    Case(VALUES, "zero", "chopped.batch_size: 0 is less than the minimum of 1", setting(batch_size=0)),
    Case(VALUES, "a decimal for a whole number", "8.5 is not of type 'integer'", setting(hidden_size=8.5)),
    Case(VALUES, "a huge network", "hidden_size: 5000 is greater than the maximum of 4096", setting(hidden_size=5000)),
    Case(VALUES, "a number of 400 digits", "... is not of type 'number'", setting(learning_rate=10**400)),
    Case(VALUES, "`.nan`", "learning_rate: nan is not of type 'number'", setting(learning_rate=math.nan)),
    Case(VALUES, "`.inf`", "learning_rate: inf is not of type 'number'", setting(learning_rate=math.inf)),
    Case(VALUES, "a seed twice", "config.seeds: [1, 1] has non-unique elements", put("seeds", [1, 1])),
    Case(VALUES, "no seed", "config.seeds: [] should be non-empty", put("seeds", [])),
    Case(VALUES, "a word that is not a choice", "config.accelerator: 'gpu' is not one of", put("accelerator", "gpu")),
    Case(VALUES, "a key of an older version", "config.device: this key is called accelerator", put("device", "cpu")),
    Case(
        VALUES,
        "a GPU that is not there",
        "accelerator: cuda was asked for, but ",
        put("accelerator", "cuda"),
        real=True,
    ),
    Case(
        VALUES,
        "results outside the folder",
        "config.pathvars.results: '../a'",
        put("pathvars/results", "../a"),
        real=True,
    ),
    Case(
        VALUES, "results in a path with shell signs", "config.pathvars.results: ", put("pathvars/results", "a;touch x")
    ),
    Case(VALUES, "two lengths of one signal", "config.signals.sine: ", put_signal(duration_s=1.0)),
    Case(
        VALUES,
        "a signal that is one sample long at its rate",
        "configurations.chopped.rate_hz: signal 'sine' has 1 sample(s) at 100 Hz",
        setting(rate_hz=100),
    ),
    Case(
        VALUES,
        "a sine above half its rate",
        "signals.sine.synthetic.frequency_hz",
        put("signals/sine/synthetic/frequency_hz", 9000),
    ),
    Case(VALUES, "a key of devices for a signal", "must be left out", setting(keep="last")),
    Case(VALUES, "100,000 seeds", "config.seeds: ", put("seeds", list(range(100_000)))),
    Case(VALUES, "results in a path of 300 letters", "config.pathvars.results: ", put("pathvars/results", "a" * 300)),
    Case(
        VALUES,
        "a linear schedule whose minimum is above its start",
        "chopped.teacher_forcing.minimum: 0.9 is above the start, 0.5",
        setting(teacher_forcing={"schedule": "linear", "start": 0.5, "slope_per_epoch": 0.1, "minimum": 0.9}),
    ),
    Case(
        VALUES,
        "a spectral window longer than the signal",
        "chopped.free_running.spectral_loss.window_samples: 65 is more than the 64 samples",
        windowed(65),
    ),
    Case(
        VALUES,
        "a room of a millimetre",
        "config.signals.sine.synthetic.dimensions_m[0]: 0.001 is less than the minimum of 1",
        room(dimensions_m=[0.001, 3.0, 2.5]),
    ),
    Case(
        VALUES,
        "a room of a kilometre",
        "config.signals.sine.synthetic.dimensions_m[0]: 1000.0 is greater than the maximum of 100",
        room(dimensions_m=[1000.0, 3.0, 2.5]),
    ),
    Case(
        VALUES,
        "a response too long for its room",
        "signals.sine.synthetic.dimensions_m: 20 s in the room [4.0, 3.0, 2.5] need",
        room(t30_s=20),
    ),
    Case(
        VALUES,
        "a bar's mode at 100,000 dB",
        "config.signals.sine.synthetic.mode_levels_db[0]: 100000.0 is greater than the maximum of 100",
        bar(mode_levels_db=[1e5]),
    ),
    Case(
        VALUES,
        "a bar's mode that decays in a nanosecond",
        "config.signals.sine.synthetic.mode_decays_s[0]: 1e-09 is less than the minimum of 0.001",
        bar(mode_decays_s=[1e-9]),
    ),
    Case(
        VALUES,
        "a mallet that stays for ever",
        "config.signals.sine.synthetic.contact_s: 1000000000.0 is greater than the maximum of 0.1",
        bar(contact_s=1e9),
    ),
    Case(
        VALUES,
        "HTML in a caption",
        "tables.losses.caption: '<script>alert(1)</script>' has HTML in it",
        put("tables/losses/caption", "<script>alert(1)</script>"),
    ),
    Case(
        VALUES,
        "HTML in a label",
        "tables.losses.rows[0].labels.method: '<img src=x onerror=alert(1)>' has HTML in it",
        put("tables/losses/rows/0/labels/method", "<img src=x onerror=alert(1)>"),
    ),
    Case(
        VALUES,
        "the end of a script in a paper's title",
        "papers.impulse_response.title: '</script>' has HTML in it",
        put("papers/impulse_response/title", "</script>"),
    ),
    Case(
        VALUES,
        "results where a file is",
        "pathvars.results: config.yaml is a file, where a folder is needed",
        put("pathvars/results", "config.yaml"),
        real=True,
        library=False,
    ),
    Case(NAMES, "`a/b`", "'a/b' does not match", named("configurations", "a/b"), real=True),
    Case(NAMES, "`..`", "'..' does not match", named("configurations", "..")),
    Case(NAMES, "`my model`", "'my model' does not match", named("configurations", "my model")),
    Case(NAMES, "`$(touch x)`", "'$(touch x)' does not match", named("tables", "$(touch x)"), real=True),
    Case(NAMES, "`a;touch x`", "'a;touch x' does not match", named("figures", "a;touch x")),
    Case(NAMES, "`it's`", "does not match", named("signals", "it's")),
    Case(NAMES, "`*`", "'*' does not match", named("devices", "*")),
    Case(NAMES, "`Room`", "'Room' does not match", named("papers", "Room")),
    Case(NAMES, "`1st`", "'1st' does not match", named("presets", "1st")),
    Case(NAMES, "`größe`", "'größe' does not match", named("configurations", "größe")),
    Case(NAMES, "a name with a line break", _A_NAME, named("configurations", "a\nb")),
    Case(NAMES, "an empty name", "'' does not match", named("configurations", "")),
    Case(NAMES, "a name of 64 letters", "does not match", named("configurations", "a" * 64)),
    Case(NAMES, "the number 7", "config.configurations: the key 7 is not text", named("configurations", 7)),
    Case(
        NAMES,
        "a paper named as a rule is",
        "config.papers.train: the workflow has a rule or target named 'train' already",
        named("papers", "train"),
        real=True,
        library=False,
        arguments=(),
    ),
    Case(
        NAMES,
        "a sweep whose target is named as a paper is",
        "config.sweeps.rates: the workflow has a rule or target named 'sweep_rates' already",
        both(swept("rates"), named("papers", "sweep_rates")),
        real=True,
        library=False,
    ),
    Case(
        NAMES,
        "a sweep named as a table is",
        "sweeps.losses: its table would have the same name as tables.losses",
        swept("losses"),
    ),
    Case(
        REFERENCES,
        "a misspelt signal",
        "configurations.chopped.signal: there is no 'sin'; did you mean 'sine'?",
        setting(signal="sin"),
        real=True,
    ),
    Case(
        REFERENCES,
        "a preset that is not there",
        "configurations.chopped.preset: there is no 'zzz'; choose from ",
        setting(preset="zzz"),
    ),
    Case(
        REFERENCES,
        "a table's row of no configuration",
        "tables.losses.rows[0].configuration: there is no 'stedy'; did you mean 'steady'?",
        put("tables/losses/rows/0/configuration", "stedy"),
    ),
    Case(
        REFERENCES,
        "a figure of no paper",
        "figures.waves.paper: there is no 'paper_c'",
        put("figures/waves/paper", "paper_c"),
    ),
    Case(
        REFERENCES,
        "a quantity that does not exist",
        "tables.losses.rows[0].quantity: there is no 'prediction_mes'; did you mean 'prediction_mse'?",
        put("tables/losses/rows/0/quantity", "prediction_mes"),
    ),
    Case(
        REFERENCES,
        "a row without a label",
        "tables.losses.rows[0].labels: ",
        put("tables/losses/rows/0/labels", {"other": 1}),
    ),
    Case(
        REFERENCES,
        "a source without its section",
        "config.signals.sine: the key 'file' is missing; add it",
        put_signal(source="file"),
    ),
    Case(
        REFERENCES,
        "a download without a digest",
        "config.signals.sine.url: ",
        put_signal(source="url", url={"address": "https://example.org/a.wav"}),
    ),
    Case(
        REFERENCES,
        "a download from a local path",
        "signals.sine.url.address: 'own.wav' is not an http or https address",
        put_signal(source="url", url={"address": "own.wav", "sha256": "0" * 64}),
    ),
    Case(
        REFERENCES,
        "a published value in quotes",
        "tables.losses.rows[0].published.value: '1e-3' is text; write 0.001",
        put("tables/losses/rows/0/published", {"value": "1e-3"}),
    ),
    Case(
        REFERENCES,
        "a published value in words where a number is needed",
        "tables.losses.rows[0].published.value: 'about 200' is not a number",
        put("tables/losses/rows/0/published", {"value": "about 200"}),
    ),
    Case(
        REFERENCES,
        "a metric in a table of losses",
        "tables.losses.rows[0].quantity: 'generation.mse' is not one of the losses",
        put("tables/losses/rows/0/quantity", "generation.mse"),
    ),
    Case(
        REFERENCES,
        "two quantities in a table of losses",
        "tables.losses.rows: show generation_mse, prediction_mse, but 'losses' shows one quantity",
        put("tables/losses/rows/0/quantity", "generation_mse"),
    ),
    Case(
        REFERENCES,
        "a loss of devices for a signal",
        "tables.losses.rows[0].quantity: there is no 'test_loss'",
        put("tables/losses/rows/0/quantity", "test_loss"),
    ),
    Case(
        REFERENCES,
        "a label named as a computed column",
        "tables.losses.labels.seeds: tables compute a column of this name",
        labelled("seeds"),
    ),
    Case(
        REFERENCES,
        "a label named as a computed number",
        "tables.losses.labels.best_mse: tables compute a column of this name",
        labelled("best_mse"),
    ),
    Case(
        REFERENCES,
        "an address with half a bracket",
        "'http://[bad/x.wav' is not an address",
        download_from("http://[bad/x.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a bad port",
        "'https://example.org:port/x.wav' is not an address",
        download_from("https://example.org:port/x.wav"),
    ),
    Case(
        REFERENCES,
        "an address without a host",
        "'https:///x.wav' is not an http or https address",
        download_from("https:///x.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a blank",
        "'https://example.org/my room.wav' has signs that an address may not have",
        download_from("https://example.org/my room.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a line break",
        "has signs that an address may not have; write them with per cent signs",
        download_from("https://example.org/a\nb.wav"),
    ),
    Case(
        REFERENCES,
        "an address with an umlaut",
        "'https://example.org/größe.wav' has signs that an address may not have",
        download_from("https://example.org/größe.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a password",
        "signals.sine.url.address: it has a user's name or password",
        download_from("https://me:secret@example.org/a.wav"),
    ),
    Case(
        REFERENCES,
        "a metric that does not exist",
        "tables.sounds_of_steady.rows[0].quantity: there is no 'generation.nope'",
        put("tables/sounds_of_steady", observed("generation.nope")),
    ),
    Case(
        REFERENCES,
        "an address that is not encrypted",
        "signals.sine.url.address: 'http://example.org/a.wav' is not encrypted",
        download_from("http://example.org/a.wav"),
    ),
    _command(
        "`--configfile` with a key twice",
        "own.yaml: the key 'seeds' occurs twice, in line 1 and in line 2",
        "--configfile",
        "own.yaml",
        text="seeds: [1]\nseeds: [2]\n",
    ),
    _command(
        "`--configfile` that is empty, or a list",
        "Config file must be given as JSON or YAML with keys at top level",
        "--configfile",
        "own.yaml",
        text="- 1\n",
    ),
    _command(
        "`--configfile` that is not YAML",
        "Config file is not valid JSON or YAML",
        "--configfile",
        "own.yaml",
        text="seeds:\n\t- 1\n",
    ),
    _command(
        "`--configfile` next to a profile that has one",
        "profiles/quick/config.yaml: --configfile has replaced its configfile (profiles/quick/settings.yaml)",
        "--profile",
        "profiles/quick",
        "--configfile",
        "own.yaml",
        text="seeds: [1]\n",
    ),
    _command("`--config seeds=5`", "config.seeds: 5 is not of type 'array'; write a list", "--config", "seeds=5"),
    _command("`--config 'seeds=[1]'`", "config.seeds[0]: '1' is not of type 'integer'", "--config", "seeds=[1]"),
    _command(
        "`--config 'accelerator=$(touch x)'`, in quotes",
        "config.accelerator: '$(touch x)' is not one of",
        "--config",
        "accelerator=$(touch x)",
    ),
    _command(
        "a file of a configuration that is not declared",
        "No rule to produce results/models/stedy/selection.json",
        "results/models/stedy/selection.json",
    ),
    Case(SOUNDS, "a missing file", "own.wav: no such file; correct the path in signals.sine.file", use(), real=True),
    Case(SOUNDS, "a folder", ".: a folder, where signals.sine.file needs a sound file", use(".")),
    Case(SOUNDS, "an empty file", "own.wav: cannot be read as sound", bytes_as_sound(b"")),
    Case(SOUNDS, "a file that is cut after its header", "own.wav: has no samples", cut_sound(44, subtype="PCM_16")),
    Case(SOUNDS, "text called .wav", "own.wav: cannot be read as sound", bytes_as_sound(b"sound\n" * 99), real=True),
    Case(SOUNDS, "no samples", "own.wav: has no samples", sound([])),
    Case(SOUNDS, "one sample", "the file has only 1; set duration_samples to at most that", sound([0.5])),
    Case(SOUNDS, "NaN", "own.wav: the excerpt has samples that are not finite", sound([*NOISE[:9], math.nan, *NOISE])),
    Case(SOUNDS, "infinity", "own.wav: the excerpt has samples that are not finite", sound([math.inf, *NOISE])),
    Case(
        SOUNDS,
        "64-bit samples beyond what 32 bits hold",
        "own.wav: the excerpt has samples that are not finite",
        sound(1e300 * NOISE, subtype="DOUBLE"),
    ),
    Case(SOUNDS, "silence", "own.wav: the excerpt is silent", sound(0 * NOISE), real=True),
    Case(SOUNDS, "a constant", "own.wav: the excerpt is constant (only DC)", sound(0 * NOISE + 0.5)),
    Case(
        SOUNDS,
        "a shorter recording than asked for",
        "own.wav: signals.sine.duration_samples is 128",
        sound(NOISE[:99]),
    ),
    Case(
        SOUNDS,
        "six channels, none named",
        "own.wav: has 6 channels; set signals.sine.file.channel to one of 0..5",
        sound(np.column_stack([NOISE * gain for gain in range(1, 7)])),
        real=True,
    ),
    Case(SOUNDS, "a channel that is not there", "own.wav: has no channel 3, only 1 in all", sound(NOISE, channel=3)),
    Case(SOUNDS, "a start after the end", "own.wav: lasts 0.1 s; set signals.sine.file.start", sound(NOISE, start=60)),
    Case(
        SOUNDS,
        "a rate below the one to be learned",
        "its rate is 4000 Hz, below the 8000 Hz that a configuration needs",
        sound(NOISE, rate_hz=4000),
    ),
    Case(
        SOUNDS,
        "a FLAC file that is cut",
        "; replace the file",
        cut_sound(30000, name="own.flac", form="FLAC", subtype="PCM_16"),
    ),
    Case(
        SOUNDS,
        "a path with braces",
        "own{1}.wav: Snakemake takes { } < > in a path for placeholders",
        use("own{1}.wav"),
        real=True,
    ),
    Case(SOUNDS, "a path that is too long", ": not a valid path (File name too long)", use("a" * 5000)),
    Case(SOUNDS, "an address for a path", "no such file; correct the path", use("https://example.org/a.wav")),
    Case(
        SOUNDS,
        "samples of up to 1e30",
        "own.wav: the excerpt has samples of up to 4.96e+29, where full scale is 1",
        sound(1e30 * NOISE),
    ),
    Case(
        SOUNDS, "integers stored as floating point", "own.wav: the excerpt has samples of up to ", sound(32767 * NOISE)
    ),
    Case(
        SOUNDS,
        "samples below what 24 bits resolve",
        "own.wav: the excerpt is silent (its peak is ",
        sound(1e-9 * NOISE),
    ),
    Case(
        SOUNDS,
        "a start of 1e308 seconds",
        "own.wav: lasts 0.1 s; set signals.sine.file.start",
        sound(NOISE, start=1e308),
    ),
    Case(
        SOUNDS,
        "a header without its length, as of an interrupted recording",
        "own.wav: has no samples by its header, but 40044 bytes",
        sizeless,
    ),
    Case(
        SOUNDS,
        "a recording of one sample at the lowest rate",
        "signals.sine.duration_samples: 2 leaves 1 sample(s) at 8000 Hz",
        both(put("configurations/chopped/rate_hz", 8000), put_signal(duration_samples=2), sound(NOISE)),
    ),
    Case(
        USED,
        "8 bits",
        "own.wav: WAV PCM_U8, 16000 Hz, channel 0 of 1 (from 0); 128 samples from sample 0 on",
        sound(NOISE, subtype="PCM_U8"),
        used=True,
    ),
    Case(
        USED,
        "32-bit floating point beyond ±1",
        "own.wav: WAV FLOAT, 16000 Hz, channel 0 of 1 (from 0); 128 samples from sample 0 on, peak 3",
        sound([*(2 * NOISE), 3.0, *NOISE][RATE_HZ // 10 - 5 :]),
        used=True,
    ),
    Case(
        USED,
        "one of six channels, by `channel`",
        "channel 2 of 6 (from 0); 128 samples from sample 0 on",
        sound(np.column_stack([NOISE * gain for gain in range(6)]), channel=2),
        used=True,
    ),
    Case(
        USED,
        "192 kHz",
        "own.wav: WAV FLOAT, 192000 Hz, channel 0 of 1 (from 0)",
        sound(NOISE, rate_hz=192000),
        used=True,
    ),
    Case(USED, "8 kHz, learned at no more", "own.wav: WAV FLOAT, 8000 Hz", sound(NOISE, rate_hz=8000), used=True),
    Case(USED, "an hour, of which an excerpt is asked for", "128 samples from sample ", hour, used=True),
    Case(
        USED,
        "a FLAC file called .wav",
        "own.wav: FLAC PCM_24, 16000 Hz",
        sound(NOISE, form="FLAC", subtype="PCM_24"),
        used=True,
    ),
    Case(
        USED,
        "a path with spaces, quotes, shell signs, umlauts or line breaks",
        "FLOAT, 16000 Hz",
        sound(NOISE, name="-my 'own' \"größe\" $(touch x); `touch x`\n&*?.wav"),
        used=True,
    ),
    Case(
        USED,
        "two equal channels, none named",
        "own.wav: WAV FLOAT, 16000 Hz, channel 0 of 2 (from 0)",
        sound(np.column_stack([NOISE, NOISE])),
        used=True,
    ),
    Case(
        DEVICES,
        "different lengths",
        "in.wav has 44100 samples and out.wav 44095",
        device(_SECOND, _SECOND[:-5]),
        real=True,
    ),
    Case(
        DEVICES,
        "another rate",
        "out.wav: its rate is 48000 Hz, but devices.amplifier.rate_hz is 44100",
        device(_SECOND, _SECOND, 48000),
    ),
    Case(
        DEVICES,
        "a silent target",
        "out.wav: the excerpt is silent; choose another devices.amplifier.file.target_channel",
        device(_SECOND, 0 * _SECOND),
    ),
    Case(
        DEVICES,
        "a recording shorter than a segment",
        "devices.amplifier.split: leaves 800 of 1000 samples to train on, fewer than a segment has",
        device(_SECOND[:1000], _SECOND[:1000]),
    ),
    Case(
        DEVICES,
        "one sample",
        "devices.amplifier.split: val gets none of 1 samples",
        device(_SECOND[:1], _SECOND[:1]),
    ),
    Case(
        DEVICES,
        "synthetic playing that is too short for its splits",
        "devices.amplifier.synthetic.duration_s: 8 s give the smallest split 0.8 s, and 1.2 s are needed",
        device(
            _SECOND,
            _SECOND,
            source="synthetic",
            synthetic={"generator": "guitar_amplifier", "duration_s": 8, "seed": 1, "oversampling": 8},
        ),
    ),
    Case(
        DEVICES,
        "shares that add up to more than 1",
        "devices.amplifier.split: [0.8, 0.2, 0.2] add up to more than 1",
        device(_SECOND, _SECOND, split=[0.8, 0.2, 0.2]),
    ),
    Case(
        DEVICES,
        "a target that is silent in the test part",
        "out.wav: the test part, from 0.9 to 1.0 s, is silent",
        device(_SECOND, np.where(np.arange(44100) < 39000, _SECOND, 0)),
    ),
    Case(
        DEVICES,
        "both sides silent in the training part",
        "in.wav: the train part, from 0.0 to 0.8 s, is silent",
        device(*[np.where(np.arange(44100) > 36000, _SECOND, 0)] * 2),
    ),
    Case(
        DEVICES,
        "samples lost in the middle",
        "out.wav after in.wav jumps by -400 samples between",
        device(_LONG, np.concatenate([_LONG[:265000], _LONG[265400:], np.zeros(400)]), latency="correct"),
    ),
]
