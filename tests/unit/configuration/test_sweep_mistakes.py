"""Sweeps that cannot be meant are refused, with the key and what is allowed."""

import pytest
from support.configurations import REMOVED, Config
from support.sweeps import AMPLIFIER, TONE, configuration, load, sweep

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.errors import InputError

REFUSED = [
    ({"vary": "learning_rat"}, r"sweeps\.rates\.vary: .*'learning_rat'; did you mean 'learning_rate'"),
    ({"vary": "teacher_forcing.bas"}, r"sweeps\.rates\.vary: .*did you mean 'teacher_forcing\.base'"),
    ({"vary": "learning_rate.base"}, r"sweeps\.rates\.vary: .*'learning_rate\.base'"),
    ({"vary": "preset", "values": ["overfit"]}, r"sweeps\.rates\.vary: there is no 'preset'"),
    ({"vary": "teacher_forcing.base", "values": [0.5]}, r"values\[0\]: 'teacher_forcing' is 'always'"),
    ({"vary": "segment_samples", "values": [9]}, r"values\[0\].*segment_samples.*left out"),
    ({"values": [0.1, -1]}, r"sweeps\.rates\.values\[1\].*learning_rate: -1 .* minimum of 0"),
    ({"values": ["1e-3"]}, r"sweeps\.rates\.values\[0\].*learning_rate: '1e-3' is not of type 'number'"),
    ({"values": {"low": 0.1, "high": 11}}, r"sweeps\.rates\.values\.high .*learning_rate: 11 .* maximum of 10"),
    ({"vary": "hidden_size", "values": [8, True]}, r"values\[1\].*hidden_size: True is not of type 'integer'"),
    ({"vary": "teacher_forcing", "values": ["nver"]}, r"values\[0\].*teacher_forcing: 'nver'.*always, never"),
    ({"vary": "signal", "values": ["tones"]}, r"values\[0\]\.signal: there is no 'tones'; did you mean 'tone'"),
    ({"values": []}, r"sweeps\.rates\.values: .*at least one"),
    ({"values": {}}, r"sweeps\.rates\.values: .*at least one"),
    ({"values": [0.1, 0.1]}, r"sweeps\.rates\.values: .*none of them twice"),
    ({"values": {"a": 0.1, "b": 0.1}}, r"sweeps\.rates\.values\.b: the same settings as sweeps\.rates\.values\.a"),
    ({"values": [[0.1]]}, r"sweeps\.rates\.values\[0\]: .*a number or a word"),
    ({"values": {1: 0.1}}, r"sweeps\.rates\.values: .*text"),
    ({"values": 0.1}, r"sweeps\.rates\.values: .*a list of numbers or words"),
    ({"values": {"a b": 0.1, "a-b": 0.2}}, r"values\.a-b: .*'rates_a_b', like sweeps\.rates\.values\.a b, whose set"),
    ({"values": {"+": 0.1}}, r"sweeps\.rates\.values\.\+: gives no file name"),
    ({"values": {"a" * 58: 0.1}}, r"more than 63 characters"),
    ({"quantities": []}, r"sweeps\.rates\.quantities"),
    ({"quantities": ["predicton_mse"]}, r"quantities\[0\]: .*'predicton_mse'; did you mean 'prediction_mse'"),
    ({"quantities": ["prediction_mse", "sound.t30_s"]}, r"quantities\[1\]: there is no 'sound'"),
    ({"quantities": ["test_loss"]}, r"quantities\[0\]: there is no 'test_loss'; choose from prediction_mse"),
    ({"quantities": ["reconstruction.mse"]}, r"quantities\[0\]: 'sweeps\.rates\.values\[0\]' has no auxiliary network"),
    (
        {"configuration": AMPLIFIER, "quantities": ["prediction_mse"]},
        r"quantities\[0\]: there is no 'prediction_mse'; choose from test_loss",
    ),
    (
        {"configuration": AMPLIFIER, "vary": "warm_up_samples", "values": [9, 1000], "quantities": ["test_loss"]},
        r"sweeps\.rates\.values\[1\]\.warm_up_samples: 1000 leave nothing of a segment",
    ),
    ({"configuration": {"preset": "overfit", "signal": "tone"}}, r"values\[0\].*the key 'rate_hz' is missing"),
    ({"configuration": TONE | {"preset": "over"}}, r"sweeps\.rates\.configuration\.preset: there is no 'over'"),
    ({"configuration": TONE | {"colour": 1}}, r"sweeps\.rates\.configuration: unknown key 'colour'"),
    ({"paper": "paper_b"}, r"sweeps\.rates\.paper: there is no 'paper_b'; did you mean 'paper_a'"),
    ({"colour": 1}, r"sweeps\.rates: unknown key 'colour'"),
    ({"quantities": REMOVED}, r"sweeps\.rates: the key 'quantities' is missing"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_sweep_that_cannot_be_meant_is_named_with_what_is_allowed(changes: Config, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(**changes)
    assert "\n" not in str(caught.value)


def test_a_point_that_would_be_named_like_another_configuration_names_both() -> None:
    config = configuration(tone=sweep(values={"full": 0.5}))
    with pytest.raises(InputError, match=r"sweeps\.tone\.values\.full: .*'tone_full'.*configurations\.tone_full"):
        load_experiment(config)


def test_points_of_two_sweeps_that_would_have_one_name_are_both_named() -> None:
    config = configuration(a=sweep(values={"b c": 0.5}), a_b=sweep(values={"c": 0.6}))
    with pytest.raises(InputError, match=r"sweeps\.a_b\.values\.c: .*'a_b_c'.*sweeps\.a\.values\.b c"):
        load_experiment(config)


@pytest.mark.parametrize(("section", "name"), [("tables", "table_1"), ("figures", "figure_1")])
def test_a_sweep_named_like_a_table_or_figure_names_both(section: str, name: str) -> None:
    with pytest.raises(InputError, match=rf"sweeps\.{name}: .*{section}\.{name}"):
        load_experiment(configuration(**{name: sweep()}))


def test_nobody_declares_a_table_of_a_sweep_by_hand() -> None:
    config = configuration(rates=sweep())
    config["tables"]["table_1"]["kind"] = "sweep"
    with pytest.raises(InputError, match=r"tables\.table_1\.kind"):
        load_experiment(config)


@pytest.mark.parametrize("name", ["a/b", "Rates", "1st", ""])
def test_a_sweeps_name_is_a_safe_file_name(name: str) -> None:
    with pytest.raises(InputError, match="sweeps"):
        load_experiment(configuration(**{name: sweep()}))
