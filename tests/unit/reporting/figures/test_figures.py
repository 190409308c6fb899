import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from support.figures import lines

from rnn_audio.errors import InputError
from rnn_audio.reporting.figures.loss_curves import LossPanel, SeedCurve, plot_loss_curves
from rnn_audio.reporting.figures.style import letter, scientific, write_figure
from rnn_audio.reporting.figures.waveforms import WaveformPanel, plot_waveforms, short_time_level_db

RATE_HZ = 1000
ZERO = 5.7e-3


def waveform(**changes: Any) -> WaveformPanel:  # noqa: ANN401
    times_s = np.arange(200) / RATE_HZ
    target = np.exp(-20 * times_s) * np.sin(2 * np.pi * 50 * times_s)
    values = {
        "title": "Decay",
        "target": target,
        "output": 0.5 * target,
        "rate_hz": RATE_HZ,
        "output_label": "prediction",
        "mse": 5.13e-3,
    }
    return WaveformPanel(**(values | changes))


def loss_panel(**changes: Any) -> LossPanel:  # noqa: ANN401
    epochs = np.arange(1, 51)
    curves = tuple(SeedCurve(seed, epochs, 1e-2 * np.exp(-epochs / (10 * seed))) for seed in (1, 2, 3))
    return LossPanel(**({"title": "Room", "curves": curves, "chosen_seed": 2, "baseline_mse": ZERO} | changes))


def legend_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def png_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, from the header chunk."""
    return struct.unpack(">II", path.read_bytes()[16:24])


def test_the_waveforms_drawn_are_the_arrays_given_over_seconds() -> None:
    panel = waveform()
    drawn = lines(plot_waveforms([panel]), 0)
    assert list(drawn) == ["target", "prediction"]
    np.testing.assert_array_equal(drawn["target"].get_ydata(), panel.target)
    np.testing.assert_array_equal(drawn["prediction"].get_ydata(), panel.output)
    np.testing.assert_array_equal(drawn["prediction"].get_xdata(), np.arange(200) / RATE_HZ)


def test_the_output_is_drawn_thin_over_a_wide_target() -> None:
    drawn = lines(plot_waveforms([waveform()]), 0)
    assert drawn["target"].get_linewidth() > 2 * drawn["prediction"].get_linewidth() >= 1.2


def test_the_error_of_half_the_signal_is_6_db_under_it() -> None:
    drawn = lines(plot_waveforms([waveform()]), 1)
    difference = drawn["target"].get_ydata() - drawn["error"].get_ydata()
    np.testing.assert_allclose(difference, 20 * np.log10(2), atol=1e-9)


def test_a_burst_at_a_mark_does_not_begin_half_way_to_the_mark_before() -> None:
    output = np.zeros(200)
    output[100:104] = 1.0
    drawn = lines(plot_waveforms([waveform(output=output, mark_every_samples=20)]), 1)
    heard = np.flatnonzero(np.isfinite(drawn["prediction"].get_ydata()))
    assert 97 <= heard[0] <= 100


def test_the_level_of_a_sine_over_a_period_is_3_db_under_its_peak() -> None:
    signal = np.sin(2 * np.pi * np.arange(1000) / 100)
    levels = short_time_level_db(signal, 99)[100:-100]
    np.testing.assert_allclose(levels, 10 * np.log10(0.5), atol=0.01)


def test_silence_has_no_level() -> None:
    assert np.all(np.isneginf(short_time_level_db(np.zeros(20), 5)))


def test_the_zoom_shows_the_declared_samples() -> None:
    panel = waveform(zoom_samples=(40, 60))
    figure = plot_waveforms([panel])
    drawn = lines(figure, 2)
    np.testing.assert_array_equal(drawn["target"].get_ydata(), panel.target[40:60])
    np.testing.assert_array_equal(drawn["prediction"].get_xdata(), np.arange(40, 60) / RATE_HZ)


def test_update_boundaries_are_marked_where_they_lie_and_named() -> None:
    figure = plot_waveforms([waveform(mark_every_samples=64)], mark_label="state reset")
    marks = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert marks == [0.064, 0.128, 0.192]
    assert legend_texts(figure)[-1] == "state reset"


def test_panels_are_lettered_and_say_length_rate_and_error() -> None:
    figure = plot_waveforms([waveform(), waveform(title="Free", output_label="generation", mse=None)])
    assert figure.axes[0].get_title(loc="left") == "(a) Decay"
    assert figure.axes[2].get_title(loc="left") == "(b) Free"
    own = r"MSE of this prediction $5.13\times10^{-3}$"
    assert figure.axes[0].texts[0].get_text() == f"200 samples at 1000 Hz\n{own}"
    assert figure.axes[2].texts[0].get_text() == "200 samples at 1000 Hz"
    assert "prediction / generation" in legend_texts(figure)


def test_the_error_of_the_sound_stands_next_to_that_of_the_tables_and_both_are_named() -> None:
    figure = plot_waveforms([waveform(states_mse=2 * 5.13e-3, power=0.0513), waveform(states_mse=5.13e-3)])
    own = r"MSE of this prediction $5.13\times10^{-3}$"
    states = r"mean of all initial states $1.03\times10^{-2}$"
    assert figure.axes[0].texts[0].get_text() == f"200 samples at 1000 Hz\n{own} (10 %)\n{states} (20 %)"
    # A model with one state: one number.
    assert figure.axes[2].texts[0].get_text() == f"200 samples at 1000 Hz\n{own}"


def test_a_long_line_above_a_panel_does_not_narrow_it(tmp_path: Path) -> None:
    widths = []
    for changes in ({"mse": None}, {"states_mse": 1.0, "power": 1.23456}):
        figure = plot_waveforms([waveform(**changes)])
        write_figure(figure, [tmp_path / "figure.png"])
        widths.append(figure.axes[0].get_position().width)
    assert widths[0] == pytest.approx(widths[1], abs=0.01)
    assert widths[1] > 0.75


def test_a_segment_says_where_it_begins_in_its_recording() -> None:
    figure = plot_waveforms([waveform(first_sample=946, output_label="reconstruction", mse=None)])
    assert figure.axes[0].texts[0].get_text() == "200 samples at 1000 Hz from sample 946, the first one given"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output": np.zeros(199)}, r"'Decay'.*\(200,\).*\(199,\)"),
        ({"target": np.zeros(0), "output": np.zeros(0)}, "not empty"),
        ({"target": np.zeros((2, 9)), "output": np.zeros((2, 9))}, "mono"),
        ({"rate_hz": 0}, "0 Hz"),
        ({"zoom_samples": (150, 201)}, r"\[150, 201\].*200 samples"),
        ({"zoom_samples": (50, 50)}, "start before stop"),
        ({"mark_every_samples": 0}, "at least 1"),
    ],
)
def test_a_panel_that_would_mislead_is_an_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        waveform(**changes)


def test_silent_and_diverged_sounds_can_be_drawn(tmp_path: Path) -> None:
    silent = waveform(target=np.zeros(200), output=np.zeros(200))
    diverged = [waveform(output=np.full(200, value)) for value in (np.nan, np.inf)]
    write_figure(plot_waveforms([silent, *diverged]), [tmp_path / "figure.png"])
    assert (tmp_path / "figure.png").stat().st_size > 0


def test_loss_curves_draw_every_seed_and_emphasise_the_chosen_one() -> None:
    panel = loss_panel()
    figure = plot_loss_curves([panel])
    drawn = lines(figure, 0)
    for curve in panel.curves:
        np.testing.assert_allclose(drawn[f"seed {curve.seed}"].get_ydata(), 100 * curve.losses / ZERO)
        np.testing.assert_array_equal(drawn[f"seed {curve.seed}"].get_xdata(), curve.epochs)
    assert drawn["seed 2"].get_linewidth() > drawn["seed 1"].get_linewidth() == drawn["seed 3"].get_linewidth()
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_title(loc="left") == "(a) Room"


def test_baseline_and_published_loss_are_drawn_and_named_where_given() -> None:
    figure = plot_loss_curves([loss_panel(), loss_panel(published_mse=5.13e-3)])
    assert set(lines(figure, 0)) == {"seed 1", "seed 2", "seed 3", "zero output"}
    drawn = lines(figure, 1)
    assert set(drawn["zero output"].get_ydata()) == {100}
    assert drawn["zero output"].get_linestyle() == "--"
    assert list(drawn["paper"].get_ydata()) == pytest.approx([90, 90])
    assert legend_texts(figure) == ["chosen seed", "other seeds", "zero output", "paper"]


def test_all_loss_panels_share_the_loss_axis() -> None:
    figure = plot_loss_curves([loss_panel() for _ in range(6)])
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chosen_seed": 7}, r"'Room'.*seed 7.*\[1, 2, 3\]"),
        ({"curves": (SeedCurve(2, np.arange(3), np.ones(2)),)}, "3 epochs and 2 losses"),
        ({"curves": (SeedCurve(2, np.arange(0), np.ones(0)),)}, "at least one"),
    ],
)
def test_a_loss_panel_that_does_not_add_up_is_an_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        loss_panel(**changes)


def test_figures_need_panels() -> None:
    with pytest.raises(InputError, match="at least one panel"):
        plot_waveforms([])
    with pytest.raises(InputError, match="at least one panel"):
        plot_loss_curves([])


def test_files_are_the_same_at_every_run_and_as_large_as_said(tmp_path: Path) -> None:
    contents = []
    for run in ("first", "second"):
        waves = plot_waveforms([waveform(zoom_samples=(0, 50), mark_every_samples=50)], ["Quick profile."])
        losses = plot_loss_curves([loss_panel(baseline_mse=5.7e-3, published_mse=5e-3)], ["Costs $5 and 10 %."])
        paths = [tmp_path / run / name for name in ("waves.svg", "waves.png", "losses.svg", "losses.png")]
        write_figure(waves, paths[:2])
        write_figure(losses, paths[2:])
        contents.append([path.read_bytes() for path in paths])
        assert len(list((tmp_path / run).iterdir())) == 4
    assert contents[0] == contents[1]
    assert png_size(paths[1])[0] == round(7.16 * 300)
    assert png_size(paths[3])[0] == round(3.5 * 300)
    assert ElementTree.fromstring(contents[0][0]).tag.endswith("svg")
    assert b"<dc:date>" not in contents[0][0]


class UnsteadyLayout(ConstrainedLayoutEngine):
    """Ends a rounding error beside where the solver does, as it may in another process."""

    def execute(self, fig: Figure) -> None:
        super().execute(fig)
        for axes in fig.axes:
            axes.set_position(axes.get_position().translated(1e-13, 1e-13))


def test_rounding_errors_of_the_layout_do_not_reach_the_file(tmp_path: Path) -> None:
    paths = [tmp_path / "steady.svg", tmp_path / "unsteady.svg"]
    for path, engine in zip(paths, (ConstrainedLayoutEngine(), UnsteadyLayout()), strict=True):
        figure = plot_waveforms([waveform(), waveform()])
        figure.set_layout_engine(engine)
        write_figure(figure, [path])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_notes_stand_below_the_figure_as_they_are() -> None:
    figure = plot_waveforms([waveform()], ["Quick profile.", "Costs $5 and $6."])
    assert figure.get_supxlabel() == "Quick profile.\nCosts $5 and $6."


def test_an_unknown_suffix_is_an_error_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"figure\.gif.*\.svg or \.png"):
        write_figure(plot_waveforms([waveform()]), [tmp_path / "figure.svg", tmp_path / "figure.gif"])
    assert list(tmp_path.iterdir()) == []


def test_panel_letters_go_on_after_z() -> None:
    assert [letter(index) for index in (0, 25, 26, 27)] == ["(a)", "(z)", "(aa)", "(ab)"]


def test_numbers_in_figures_have_three_digits() -> None:
    assert scientific(5.1349e-3) == r"$5.13\times10^{-3}$"
    assert scientific(0) == "0"
