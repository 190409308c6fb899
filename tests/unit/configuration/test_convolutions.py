"""Convolutions: what a few lines in the configuration are written out to, and what is refused."""

import copy

import pytest
from support.configurations import AMPLIFIER, OVERFIT, REMOVED, Config, shipped_config

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.errors import InputError

SINE = {"generator": "sine", "rate_hz": 44100, "frequency_hz": 440, "amplitude": 1.0, "phase_rad": 0.0}
GUITAR = {"generator": "guitar", "rate_hz": 44100, "seed": 1}


def signal(kind: str, **synthetic: object) -> Config:
    return {"kind": kind, "duration_s": 0.5, "normalise": "none", "source": "synthetic", "synthetic": synthetic}


def configuration() -> Config:
    """A small complete configuration with a convolution of a guitar."""
    room = {"preset": "overfit", "signal": "room", "rate_hz": 1024}
    sweep = {"paper": "paper_a", "caption": "Rates", "configuration": room, "vary": "learning_rate"}
    return {
        "pathvars": {"results": "results", "logs": "results/logs"},
        "scale": {"name": "paper", "epochs_factor": 1.0},
        "accelerator": "cpu",
        "packing": "auto",
        "seeds": [1],
        "papers": {"paper_a": {"title": "A title", "authors": "An author"}},
        "signals": {
            "room": signal("room", **SINE),
            "tone": signal("tone", **SINE),
            "guitar": signal("music", **GUITAR),
        },
        "devices": {
            "amplifier": {
                "rate_hz": 44100,
                "split": [0.8, 0.1, 0.1],
                "latency": "report",
                "source": "file",
                "file": {"input": "in.wav", "target": "out.wav"},
            }
        },
        "presets": {"overfit": dict(OVERFIT)},
        "configurations": {
            "room_low": room,
            "room_high": room | {"rate_hz": 5512},
            "tone_full": room | {"signal": "tone"},
            "amplifier_8": dict(AMPLIFIER),
        },
        "tables": {
            "table_1": {
                "paper": "paper_a",
                "kind": "generations",
                "caption": "Generations",
                "labels": {"what": "What"},
                "rows": [{"configuration": "room_low", "labels": {"what": "low"}}],
            }
        },
        "figures": {},
        "sweeps": {"rates": sweep | {"values": [0.1, 0.2], "quantities": ["generation_mse"]}},
        "convolutions": {
            "guitar_in_room": {
                "paper": "paper_a",
                "caption": "Guitar in a room",
                "dry": "guitar",
                "configurations": ["room_high", "room_low"],
            }
        },
    }


def load(**changes: object) -> Experiment:
    """The small configuration with some keys of its convolution changed or removed."""
    config = configuration()
    declared = config["convolutions"]["guitar_in_room"] | changes
    config["convolutions"]["guitar_in_room"] = {key: value for key, value in declared.items() if value is not REMOVED}
    return load_experiment(config)


def test_the_shipped_convolutions_are_written_out() -> None:
    config = shipped_config()
    experiment = load_experiment(config)
    assert config["convolutions"]
    for name, declared in config["convolutions"].items():
        table = experiment.config["tables"][name]
        assert [row["configuration"] for row in table["rows"]] == declared["configurations"]
        rates = {experiment.configurations[each]["rate_hz"] for each in declared["configurations"]}
        assert rates <= set(experiment.rates_hz(declared["dry"]))


def test_a_convolutions_table_has_its_name_a_row_for_each_configuration_and_its_labels() -> None:
    experiment = load(notes=["A note."])
    assert experiment.of_kind("tables", "convolutions") == ["guitar_in_room"]
    assert experiment.of_paper("tables", "paper_a") == ["table_1", "rates", "guitar_in_room"]
    assert experiment.of_paper("convolutions", "paper_a") == ["guitar_in_room"]
    table = experiment.config["tables"]["guitar_in_room"]
    assert table["caption"] == "Guitar in a room"
    assert [row["labels"] for row in table["rows"]] == [{"configuration": "room_high"}, {"configuration": "room_low"}]


def test_the_dry_sound_is_wanted_at_the_rates_of_the_rooms_alone() -> None:
    assert load().rates_hz("guitar") == [1024, 5512]
    assert load(configurations=["room_high"]).rates_hz("guitar") == [5512]
    assert load().rates_hz("room") == [1024, 5512]


def test_the_tables_notes_say_where_room_and_dry_sound_come_from() -> None:
    notes = load(notes=["A note."]).table_notes("guitar_in_room")
    assert any("'room'" in note for note in notes)
    assert any("'guitar'" in note and "synthetic (guitar)" in note for note in notes)
    assert notes[-1] == "A note."


def test_a_configuration_of_a_sweep_can_be_heard() -> None:
    table = load(configurations=["rates_0_1"]).config["tables"]["guitar_in_room"]
    assert table["rows"][0]["configuration"] == "rates_0_1"


def test_a_configuration_without_convolutions_is_whole() -> None:
    config = configuration()
    del config["convolutions"]
    experiment = load_experiment(config)
    assert experiment.config["convolutions"] == {}
    assert experiment.rates_hz("guitar") == []


def test_writing_out_leaves_the_configuration_as_it_was() -> None:
    config = configuration()
    before = copy.deepcopy(config)
    load_experiment(config)
    assert config == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dry": REMOVED}, r"convolutions\.guitar_in_room: the key 'dry' is missing"),
        ({"caption": REMOVED}, r"convolutions\.guitar_in_room: the key 'caption' is missing"),
        ({"configuration": ["room_low"]}, r"unknown key 'configuration'; did you mean 'configurations'"),
        ({"configurations": []}, r"convolutions\.guitar_in_room\.configurations: "),
        ({"configurations": ["room_low", "room_low"]}, r"convolutions\.guitar_in_room\.configurations: "),
        ({"paper": "paper_b"}, r"convolutions\.guitar_in_room\.paper: there is no 'paper_b'; did you mean 'paper_a'"),
        ({"dry": "guitars"}, r"convolutions\.guitar_in_room\.dry: there is no 'guitars'; did you mean 'guitar'"),
        (
            {"configurations": ["room_low", "room_hihg"]},
            r"convolutions\.guitar_in_room\.configurations\[1\]: there is no 'room_hihg'; did you mean 'room_high'",
        ),
        (
            {"configurations": ["tone_full"]},
            r"configurations\[0\]: 'tone_full' learns 'tone', whose kind is tone; only responses of rooms",
        ),
        ({"configurations": ["amplifier_8"]}, r"configurations\[0\]: 'amplifier_8' models a device; only responses"),
    ],
)
def test_a_convolution_that_cannot_be_meant_is_named_with_what_is_allowed(changes: Config, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(**changes)


@pytest.mark.parametrize("name", ["table_1", "rates"])
def test_a_convolution_named_like_a_table_is_refused(name: str) -> None:
    config = configuration()
    config["convolutions"] = {name: config["convolutions"]["guitar_in_room"]}
    with pytest.raises(InputError, match=rf"convolutions\.{name}: a table, or a sweep, has this name"):
        load_experiment(config)


def test_nobody_declares_a_table_of_a_convolution_by_hand() -> None:
    config = configuration()
    config["tables"]["table_1"]["kind"] = "convolutions"
    with pytest.raises(InputError, match=r"tables\.table_1\.kind"):
        load_experiment(config)


@pytest.mark.parametrize(
    ("changes", "key"), [({"rate_hz": 4000}, "rate_hz"), ({"seed": -1}, "seed"), ({"amplitude": 1}, "amplitude")]
)
def test_a_guitar_that_cannot_be_played_is_refused(changes: Config, key: str) -> None:
    config = configuration()
    config["signals"]["guitar"]["synthetic"] |= changes
    with pytest.raises(InputError, match=rf"signals\.guitar\.synthetic.*{key}"):
        load_experiment(config)
