"""Generations beside their target: what is drawn is what was given."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.figures import lines

from rnn_audio.errors import InputError
from rnn_audio.reporting.figures.decays import DecayPanel, Response, plot_decays
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.signals.acoustics import decay_curve

RATE_HZ = 1000


def response(label: str, error: float | None = None, time_s: float = 0.2) -> Response:
    samples = 10 ** (-3 * np.arange(300) / RATE_HZ / time_s)
    return Response(label, samples, decay_curve(samples), error)


def panel(**changes: Any) -> DecayPanel:  # noqa: ANN401
    generations = (response("paper", 1.05, 0.05), response("free running", 0.00123))
    values = {"title": "Room", "target": response("target"), "rate_hz": RATE_HZ, "generations": generations}
    return DecayPanel(**(values | changes))


def test_the_target_stands_above_each_generation_over_it() -> None:
    given = panel()
    figure = plot_decays([given])
    assert len(figure.axes) == 4
    assert [list(lines(figure, index)) for index in range(3)] == [
        ["target"],
        ["target", "paper"],
        ["target", "free running"],
    ]
    for index, generation in enumerate(given.generations, start=1):
        drawn = lines(figure, index)
        np.testing.assert_array_equal(drawn["target"].get_ydata(), given.target.samples)
        np.testing.assert_array_equal(drawn[generation.label].get_ydata(), generation.samples)
        np.testing.assert_array_equal(drawn[generation.label].get_xdata(), np.arange(300) / RATE_HZ)


def test_waveforms_share_their_scale() -> None:
    loud = replace(response("paper", 9.0), samples=4 * response("paper").samples)
    figure = plot_decays([panel(generations=(loud, response("free running", 0.1)))])
    limits = {axes.get_ylim() for axes in figure.axes[:3]}
    assert len(limits) == 1
    assert limits.pop()[1] > 4


def test_all_decays_are_in_one_axes() -> None:
    given = panel()
    drawn = lines(plot_decays([given]), 3)
    assert list(drawn) == ["target", "paper", "free running"]
    for each in (given.target, *given.generations):
        np.testing.assert_array_equal(drawn[each.label].get_ydata(), each.decay_db)


def test_a_method_has_one_colour_everywhere() -> None:
    figure = plot_decays([panel(), panel(title="Other room")])
    for label in ("target", "paper", "free running"):
        colours = {line.get_color() for axes in figure.axes for line in axes.lines if line.get_label() == label}
        assert len(colours) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["target", "paper", "free running"]


def test_the_panels_say_what_they_show() -> None:
    figure = plot_decays([panel(), panel(title="Costs $5 and $6")], ["A note."])
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]
    assert titles == ["(a) Room", "(b) Costs $5 and $6"]
    captions = [axes.texts[0].get_text() for axes in figure.axes[:4]]
    assert captions == [
        "target, 300 samples at 1000 Hz",
        "paper, MSE 105 % of the power",
        "free running, MSE 0.123 % of the power",
        "energy decay (Schroeder)",
    ]
    assert figure.get_supxlabel() == "A note."


def test_a_silent_generation_can_be_drawn(tmp_path: Path) -> None:
    silent = replace(response("paper", 1.0), samples=np.zeros(300), decay_db=np.full(300, np.nan))
    write_figure(plot_decays([panel(generations=(silent,))]), [tmp_path / "figure.png", tmp_path / "figure.svg"])
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_files_are_the_same_at_every_run(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("first.svg", "second.svg")]
    for path in paths:
        write_figure(plot_decays([panel()]), [path])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_figures_that_would_mislead_are_errors() -> None:
    with pytest.raises(InputError, match="at least one panel"):
        plot_decays([])
    with pytest.raises(InputError, match=r"'Room'.*no generation"):
        panel(generations=())
    with pytest.raises(InputError, match=r"'Room'.*paper \(200,\).*\(300,\)"):
        panel(generations=(replace(response("paper"), samples=np.zeros(200)),))
    with pytest.raises(InputError, match="at most 3 methods, not 4"):
        plot_decays([panel(generations=tuple(response(str(index), 0.1) for index in range(4)))])
