"""The figure of a sweep: what is drawn where, and that it can be drawn at all."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from support.figures import lines

from rnn_audio.errors import InputError
from rnn_audio.reporting.figures.loss_curves import SeedCurve
from rnn_audio.reporting.figures.style import write_figure
from rnn_audio.reporting.figures.sweep import SweepPanel, plot_sweep
from rnn_audio.reporting.tables.sweep_points import SweepPoint

LOSSES = [{1: 3e-3, 2: 1e-3, 3: 2e-3}, {1: 5e-3, 2: 6e-3, 3: math.nan}, {1: 1e-2, 2: 3e-2, 3: 2e-2}]


def panel(labels: list[Any], quantity: str = "prediction_mse", **changes: Any) -> SweepPanel:  # noqa: ANN401
    values = {"chosen_seed": 2, "baseline": 7e-3, "is_loss": True} | changes
    points = [SweepPoint(label, seeds, **values) for label, seeds in zip(labels, LOSSES, strict=False)]
    return SweepPanel(quantity, tuple(points))


def curves(labels: list[Any]) -> list[tuple[str, SeedCurve]]:
    epochs = np.arange(1, 11)
    return [(str(label), SeedCurve(2, epochs, 1.0 / (epochs + index))) for index, label in enumerate(labels)]


def draw(labels: list[Any], *panels: SweepPanel, notes: tuple[str, ...] = ()) -> Figure:
    return plot_sweep(panels or [panel(labels)], curves(labels), "update_length_samples", notes)


def ticks(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_xticklabels()]


def test_every_seed_the_chosen_one_the_medians_and_the_baseline_are_drawn() -> None:
    drawn = lines(draw([16, 32, 64]))
    per_cent = 100 / 7e-3
    assert list(drawn["chosen seed"].get_ydata()) == pytest.approx([each * per_cent for each in (1e-3, 6e-3, 3e-2)])
    assert list(drawn["other seeds, 16"].get_ydata()) == pytest.approx([3e-3 * per_cent, 2e-3 * per_cent])
    medians = [each * per_cent for each in (2e-3, 5.5e-3, 2e-2)]
    assert list(drawn["median of the seeds"].get_ydata()) == pytest.approx(medians)
    assert set(drawn["zero output"].get_ydata()) == {100}
    assert drawn["zero output"].get_linestyle() == "--"
    for line in (drawn["chosen seed"], drawn["median of the seeds"]):
        assert list(line.get_xdata()) == [16, 32, 64]


@pytest.mark.parametrize(
    ("labels", "scale"), [([1, 2, 9], "linear"), ([1, 2, 10], "log"), ([-1, 0, 100], "linear"), ([1e-4, 1e-3], "log")]
)
def test_numbers_stand_where_they_belong_on_a_log_axis_from_a_decade_on(labels: list[float], scale: str) -> None:
    figure = draw(labels)
    assert figure.axes[0].get_xscale() == scale
    assert list(lines(figure)["chosen seed"].get_xdata()) == labels
    assert ticks(figure) == [f"{label:g}" for label in labels]


@pytest.mark.parametrize("labels", [["always", "linear", "never"], [16, 64, "full"]])
def test_words_stand_side_by_side(labels: list[Any]) -> None:
    figure = draw(labels)
    assert list(lines(figure)["chosen seed"].get_xdata()) == [0, 1, 2]
    assert ticks(figure) == [str(label) for label in labels]


def test_methods_with_different_targets_share_one_zero_output() -> None:
    """Two targets of different power: each loss is in per cent of its own."""
    points = tuple(SweepPoint(label, {1: 0.5 * power}, 1, power, is_loss=True) for label, power in (("a", 2), ("b", 4)))
    drawn = lines(draw(["a", "b"], SweepPanel("generation_mse", points)))
    assert list(drawn["chosen seed"].get_ydata()) == [50, 50]


def test_a_loss_without_a_zero_output_is_drawn_as_it_is() -> None:
    drawn = lines(draw([16, 32], panel([16, 32], baseline=math.nan)))
    assert list(drawn["chosen seed"].get_ydata()) == [1e-3, 6e-3]
    assert "zero output" not in drawn


def test_a_quantity_that_nothing_could_be_measured_of_is_left_out_and_said() -> None:
    nothing = SweepPanel("generation.t30_s", (SweepPoint(1, {2: math.nan}, 2, math.nan, is_loss=False),) * 2)
    figure = draw([1, 2], panel([1, 2]), nothing, notes=("A note.",))
    assert len(figure.axes) == 2
    assert "could not be measured at any value: T30 of the generation (s)" in figure.get_supxlabel()
    assert len(draw([1, 2], nothing).axes) == 1


def test_axes_say_their_units() -> None:
    points = tuple(SweepPoint(label, {2: label}, 2, math.nan, is_loss=False) for label in (1, 2))
    figure = draw([1, 2], panel([1, 2]), SweepPanel("generation.edt_s", points))
    assert [axes.get_ylabel() for axes in figure.axes] == ["% of zero output", "s", "Training loss"]


def test_losses_have_a_log_axis_unless_one_is_not_above_zero_or_they_are_alike() -> None:
    assert draw([1, 2, 3]).axes[0].get_yscale() == "log"
    assert draw([1], panel([1])).axes[0].get_yscale() == "linear"
    zero = SweepPanel("prediction_mse", (SweepPoint(1, {1: 0.0}, 1, math.nan, is_loss=True),))
    assert draw([1], zero).axes[0].get_yscale() == "linear"


def test_a_metric_is_the_chosen_models_alone_on_a_linear_axis() -> None:
    points = tuple(SweepPoint(label, {2: label}, 2, math.nan, is_loss=False) for label in (1, 2))
    figure = draw([1, 2], SweepPanel("generation.c50_db", points))
    assert figure.axes[0].get_yscale() == "linear"
    assert list(lines(figure)["chosen seed"].get_ydata()) == [1, 2]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["chosen seed"]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_each_quantity_has_a_lettered_panel_and_the_curves_come_last(count: int) -> None:
    figure = draw([1, 2, 3], *(panel([1, 2, 3], f"quantity_{index}") for index in range(count)))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:-1] == [f"({'abcde'[index]}) quantity {index}" for index in range(count)]
    assert titles[-1].startswith(f"({'abcdef'[count]}) training loss")


def test_the_curves_are_those_given_one_line_a_value() -> None:
    labels = ["a", "b", "c"]
    figure = draw(labels)
    drawn = lines(figure, axes=1)
    for label, curve in curves(labels):
        np.testing.assert_array_equal(drawn[label].get_xdata(), curve.epochs)
        np.testing.assert_array_equal(drawn[label].get_ydata(), curve.losses)
    looks = {(str(line.get_color()), str(line.get_linestyle())) for line in drawn.values()}
    assert len(looks) == len(labels)
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == labels


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(InputError, match="at least one panel"):
        plot_sweep([], [], "epochs")
    with pytest.raises(InputError, match=r"'prediction_mse'.*no value"):
        SweepPanel("prediction_mse", ())


def test_files_are_the_same_at_every_run_and_special_characters_are_text(tmp_path: Path) -> None:
    contents = []
    for run in ("first", "second"):
        labels = ["costs $5", "a_b^c", "linear, slow"]
        paths = [tmp_path / run / f"sweep.{suffix}" for suffix in ("svg", "png")]
        write_figure(draw(labels, notes=("Costs $5 and 10 %.",)), paths)
        contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]


def test_as_many_values_as_a_sweep_may_have_can_be_drawn(tmp_path: Path) -> None:
    labels = [f"value {index}" for index in range(26)]
    points = tuple(SweepPoint(label, {1: 1.0}, 1, math.nan, is_loss=True) for label in labels)
    write_figure(plot_sweep([SweepPanel("test_loss", points)], curves(labels), "epochs"), [tmp_path / "sweep.png"])
    assert (tmp_path / "sweep.png").stat().st_size > 0


def test_an_error_over_power_is_drawn_in_per_cent_over_that_of_zeros() -> None:
    own = panel([16, 32, 64], "generation.relative_error", is_loss=False, baseline=1.0)
    drawn = draw([16, 32, 64], own)
    assert drawn.axes[0].get_ylabel() == "% of the power"
    assert list(lines(drawn)["chosen seed"].get_ydata()) == pytest.approx([0.1, 0.6, 3.0])
    assert set(lines(drawn)["zero output"].get_ydata()) == {100}
