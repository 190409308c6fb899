"""The analysis of simulated listeners, whose means are known, and its tables and figure."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.listening import MEANS, NAME, STIMULI, TEST, changed, simulated

from rnn_audio.errors import InputError
from rnn_audio.evaluation.heard import DECIDED, TOO_FEW, UNDECIDED, compare_heard
from rnn_audio.listening.analysis import analyse
from rnn_audio.listening.figure import plot_scores
from rnn_audio.listening.plan import trials
from rnn_audio.listening.tables import listening_tables
from rnn_audio.records import Record, read_json, write_json
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.reporting.tables.rendering import render_csv, render_markdown, write_table

DISTANCES = {"esr_none": 0.1, "esr_highpass": 0.2, "esr_folded_differentiator": 0.3, "esr_a_weighting": 0.4}
RECORD = STIMULI | {
    "clips": [{"start_s": 1.0, "seconds": 8.0, "gain_db": -3.0, "preferred": 0.5, "limited_by_peak": False}] * 4,
    "distances": {
        file: DISTANCES | {"spectral_distance": 1.5} for trial in trials(TEST) for file in trial.files.values()
    },
}
NOBODY = analyse({}, TEST, RECORD)


def verdicts(analysis: Record, group: str = "size_32") -> dict[tuple[str, str], str]:
    return {(own["first"], own["second"]): own["verdict"] for own in analysis["groups"][group]["comparisons"]}


def test_known_means_are_recovered_and_lie_in_their_intervals() -> None:
    analysis = analyse(simulated(40), TEST, RECORD)
    assert (analysis["listeners"], analysis["counted"]) == (40, 40)
    for found in analysis["groups"].values():
        for condition in ("none", "highpass", "a_weighting"):
            own = found["scores"][condition]
            assert own["mean"] == pytest.approx(MEANS[condition], abs=2.5)
            assert own["low"] < own["mean"] < own["high"]
            assert own["bootstrap_low"] < own["mean"] < own["bootstrap_high"]
            assert own["lower_quartile"] <= own["median"] <= own["upper_quartile"]
        assert found["scores"]["reference"]["mean"] == 100
        assert found["friedman"]["p_value"] < 1e-6
        for own in found["comparisons"]:
            assert own["difference"] == pytest.approx(MEANS[own["second"]] - MEANS[own["first"]], abs=2.5)
            assert own["low"] < own["difference"] < own["high"]
            assert own["p_value"] <= own["p_holm"]
    assert set(verdicts(analysis).values()) == {DECIDED}


def test_a_claim_reads_means_and_the_p_value_in_either_order() -> None:
    analysis = analyse(simulated(14), TEST, RECORD)
    heard, turned = (compare_heard(analysis, "size_64", *pair) for pair in (("none", "highpass"), ("highpass", "none")))
    scores = analysis["groups"]["size_64"]["scores"]
    assert (heard.first_mean, heard.second_mean) == (scores["none"]["mean"], scores["highpass"]["mean"])
    assert (turned.first_mean, turned.second_mean) == (heard.second_mean, heard.first_mean)
    assert heard.p_value == turned.p_value == pytest.approx(3 * 2 / 2**14)
    assert (heard.listeners, heard.verdict) == (14, DECIDED)
    nobody = compare_heard(NOBODY, "size_64", "none", "highpass")
    assert (nobody.listeners, nobody.first_mean, nobody.p_value, nobody.verdict) == (0, None, None, TOO_FEW)
    with pytest.raises(InputError, match="compares no 'none' with 'tanh' in a group 'size_16'"):
        compare_heard(analysis, "size_16", "none", "tanh")


def test_the_listener_is_the_unit() -> None:
    """More clips of the same listeners make no interval narrower than the spread of the listeners themselves."""
    listeners = simulated(14, spread=0)
    for number, own in enumerate(listeners.values()):
        for scores in own.scores.values():
            scores["none"] = 50 + number
    summary = analyse(listeners, TEST, RECORD)["groups"]["size_64"]["scores"]["none"]
    from rnn_audio.listening.inference import t_interval

    assert (summary["low"], summary["high"]) == pytest.approx(t_interval(50.0 + np.arange(14)))


def test_equal_models_are_mostly_not_told_apart() -> None:
    """10 tests of equal models in two groups each: Holm keeps false findings at 5 %, or 1 of 20 on average."""
    equal = MEANS | {"highpass": 60.0, "a_weighting": 60.0}
    found = [
        DECIDED in verdicts(analyse(simulated(12, means=equal, seed=seed), TEST, RECORD), group).values()
        for seed in range(10)
        for group in TEST["groups"]
    ]
    assert sum(found) <= 4


@pytest.mark.parametrize(("count", "expected"), [(0, TOO_FEW), (1, TOO_FEW), (6, TOO_FEW), (7, DECIDED)])
def test_too_few_listeners_decide_nothing_and_the_analysis_says_so(count: int, expected: str) -> None:
    """With three comparisons, Holm's smallest p-value is 3 * 2 / 2^n."""
    far = {"none": 30.0, "highpass": 55.0, "a_weighting": 80.0, "tanh": 5.0}
    assert set(verdicts(analyse(simulated(count, means=far, spread=2), TEST, RECORD)).values()) == {expected}


def test_a_difference_may_be_undecided_with_enough_listeners() -> None:
    same = MEANS | {"highpass": MEANS["none"]}
    assert verdicts(analyse(simulated(14, means=same), TEST, RECORD))["none", "highpass"] == UNDECIDED


def test_who_is_excluded_does_not_count_and_is_listed() -> None:
    listeners = simulated(9)
    poor = listeners["listener-004"]
    for scores in poor.scores.values():
        scores |= {"reference": 20, "none": 100}
    analysis = analyse(listeners, TEST, RECORD)
    without = analyse({name: own for name, own in listeners.items() if own is not poor}, TEST, RECORD)
    assert analysis["groups"] == without["groups"]
    (excluded,) = [own for own in analysis["screening"] if not own["counted"]]
    assert excluded["listener"] == "listener-004"
    assert excluded["reason"] == "hidden reference below 90 in 8 of 8 trials"


def test_one_condition_alone_has_scores_and_no_comparisons(tmp_path: Path) -> None:
    test = changed(groups={"only": {"none": "amplifier_32_none"}}, published={})
    record = RECORD | {
        "distances": {
            file: own
            for trial in trials(test)
            for file in trial.files.values()
            for own in [next(iter(RECORD["distances"].values()))]
        }
    }
    analysis = analyse(simulated(3, test), test, record)
    assert analysis["groups"]["only"]["comparisons"] == []
    for table in listening_tables(NAME, test, analysis, record).values():
        write_table(table, [tmp_path / f"{table.name}.{kind}" for kind in ("csv", "md", "tex", "html")])
    write_figure(plot_scores(test, analysis), [tmp_path / "figure.svg"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Usually 20 listeners are enough (BS.1534-3); the paper had 14."),
        ({}, "After the paper, MUSHRA-like"),
        ({}, "4 clips; BS.1534-3 asks for at least 5."),
        (
            {"means": MEANS | {"none": 85.0, "highpass": 88.0, "a_weighting": 92.0}},
            "of the models' scores lie between 80 and 100",
        ),
    ],
)
def test_readers_are_warned(change: dict, said: str) -> None:
    assert any(said in warning for warning in analyse(simulated(14, **change), TEST, RECORD)["warnings"])


def test_warnings_that_do_not_apply_are_not_given() -> None:
    test = changed(anchors=["tanh", "low_pass_3500", "low_pass_7000"], clips={"count": 6, "seconds": 8})
    means = MEANS | {"low_pass_3500": 20.0, "low_pass_7000": 40.0}
    assert analyse(simulated(20, test, means), test, RECORD)["warnings"] == []


def test_other_sounds_short_clips_and_missing_hundreds_are_warned_of() -> None:
    listeners = simulated(3)
    listeners["listener-001"].tests.add(f"{NAME}-11111111")
    for scores in listeners["listener-002"].scores.values():
        scores["reference"] = 95
    warnings = analyse(listeners, TEST, RECORD | {"clips": [{"seconds": 0.3}] * 4})["warnings"]
    assert any("1 of 3 listeners heard other sounds than those of this run" in warning for warning in warnings)
    assert any("The clips last 0.3 s" in warning for warning in warnings)
    assert any("In 8 of 16 trials no sound got 100" in warning for warning in warnings)


def test_the_record_can_be_written_and_read_back(tmp_path: Path) -> None:
    for analysis in (NOBODY, analyse(simulated(8), TEST, RECORD)):
        write_json(tmp_path / "analysis.json", analysis)
        assert read_json(tmp_path / "analysis.json") == analysis


def test_without_listeners_the_tables_say_so_and_show_no_scores() -> None:
    tables = listening_tables(NAME, TEST, NOBODY, RECORD, ["A note."])
    text = render_markdown(tables[""])
    assert "No listeners have taken part. Put their CSV files into listeners/amplifier." in text
    assert [column.key for column in tables[""].columns] == ["group", "signal", "paper"]
    assert pd.isna(tables[""].frame["mean"].astype(float)).all()
    assert len(tables["listeners"].frame) == 0
    assert set(tables["comparisons"].frame["verdict"].dropna()) == {TOO_FEW}
    assert tables["clips"].frame["esr_none"].tolist() == [0.1] * 40
    assert "A note." in text


def test_scores_stand_next_to_the_papers() -> None:
    analysis = analyse(simulated(10), TEST, RECORD)
    frame = listening_tables(NAME, TEST, analysis, RECORD)[""].frame
    first = frame.iloc[0]
    assert (first["group"], first["signal"], first["paper"]) == ("size 32", "none", 74)
    assert first["mean"] == analysis["groups"]["size_32"]["scores"]["none"]["mean"]
    assert frame["signal"].tolist()[:5] == [
        "none",
        "high-pass",
        "low-passed A-weighting",
        "tanh (anchor)",
        "hidden reference",
    ]


def test_every_table_has_every_listener_clip_and_comparison() -> None:
    analysis = analyse(simulated(5), TEST, RECORD)
    tables = listening_tables(NAME, TEST, analysis, RECORD)
    assert {end: len(table.frame) for end, table in tables.items()} == {
        "": 10,
        "comparisons": 8,
        "clips": 40,
        "listeners": 5,
    }
    assert "10 took part" not in render_csv(tables[""])
    assert "5 took part, 5 counted." in render_markdown(tables[""])


def test_the_figure_shows_means_intervals_clips_and_the_papers_means(tmp_path: Path) -> None:
    analysis = analyse(simulated(10), TEST, RECORD)
    figure = plot_scores(TEST, analysis, ["Simulated."])
    first, second = figure.axes
    means = [float(line.get_ydata()[0]) for line in first.lines if line.get_marker() == "o"]
    assert means == pytest.approx(
        [analysis["groups"]["size_32"]["scores"][name]["mean"] for name in ("none", "highpass", "a_weighting")]
    )
    assert [float(line.get_ydata()[0]) for line in first.lines if line.get_marker() == "x"] == [74]
    assert not [line for line in second.lines if line.get_marker() == "x"]
    assert sum(len(line.get_ydata()) for line in first.lines if line.get_marker() == ".") == 12
    write_figure(figure, [tmp_path / "figure.svg", tmp_path / "figure.png"])
    nobody = plot_scores(TEST, NOBODY)
    assert not [line for axes in nobody.axes for line in axes.lines if line.get_marker() == "o"]
    write_figure(nobody, [tmp_path / "nobody.svg"])
