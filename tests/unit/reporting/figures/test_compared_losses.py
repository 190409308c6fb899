import numpy as np
import pytest
from numpy.typing import NDArray
from support.figures import lines

from rnn_audio.errors import InputError
from rnn_audio.reporting.figures.compared_losses import ComparedPanel, ComparedTraining, plot_compared_losses

EPOCHS = np.arange(1.0, 9.0)
ZERO = 0.5
# Random segments of a decaying signal, one of them silent.
POWERS = np.array([1.0, 1e-4, 0.3, 1e-2, 1e-6, 0.5, 0.0, 2.0])


def history(start: float, pretraining: int | None = None) -> dict[str, NDArray[np.float64]]:
    """Eight epochs; with an auxiliary loss where the length of the pre-training is given."""
    columns = {"epoch": EPOCHS, "training_mse": start / EPOCHS}
    if pretraining is None:
        return columns
    auxiliary = {"auxiliary_mse": start / EPOCHS**2, "segments_power": POWERS}
    return columns | auxiliary | {"phase": (pretraining < EPOCHS).astype(float)}


def alone(label: str = "alone") -> ComparedTraining:
    return ComparedTraining(label, {1: history(1.0), 2: history(2.0)}, chosen_seed=2)


def beside(pretraining: int = 3) -> ComparedTraining:
    histories = {1: history(3.0, pretraining), 2: history(4.0, pretraining)}
    return ComparedTraining("with", histories, chosen_seed=1)


def panel(*trainings: ComparedTraining, title: str = "Sine") -> ComparedPanel:
    return ComparedPanel(title, trainings, baseline_mse=ZERO)


def test_the_main_losses_of_every_seed_are_drawn_and_the_chosen_ones_are_strong() -> None:
    drawn = lines(plot_compared_losses([panel(alone(), beside())]))
    for label, start in (("alone, seed 1", 1), ("alone, seed 2", 2), ("with, seed 1", 3), ("with, seed 2", 4)):
        np.testing.assert_allclose(drawn[label].get_ydata(), 100 * start / EPOCHS / ZERO)
        np.testing.assert_array_equal(drawn[label].get_xdata(), EPOCHS)
    for chosen, other in (("alone, seed 2", "alone, seed 1"), ("with, seed 1", "with, seed 2")):
        assert drawn[chosen].get_linewidth() > drawn[other].get_linewidth()
        assert drawn[chosen].get_color() == drawn[other].get_color()
    assert drawn["alone, seed 1"].get_color() != drawn["with, seed 1"].get_color()


def test_the_auxiliary_loss_is_the_chosen_seeds_dots_and_in_its_methods_colour() -> None:
    drawn = lines(plot_compared_losses([panel(alone(), beside())]))
    auxiliary = drawn["with, auxiliary loss"]
    expected = 100 * 3 / EPOCHS**2 / np.where(POWERS > 0, POWERS, np.nan)
    np.testing.assert_allclose(auxiliary.get_ydata(), expected)  # of the segments that each epoch drew
    assert (auxiliary.get_linestyle(), auxiliary.get_marker()) == ("None", ".")
    assert auxiliary.get_color() == drawn["with, seed 1"].get_color()
    assert "alone, auxiliary loss" not in drawn


@pytest.mark.parametrize("pretraining", [1, 3, 7])
def test_the_end_of_the_pretraining_lies_between_its_last_epoch_and_the_next(pretraining: int) -> None:
    drawn = lines(plot_compared_losses([panel(alone(), beside(pretraining))]))
    assert pretraining < drawn["end of pre-training"].get_xdata()[0] < pretraining + 1


def test_without_pretraining_nothing_is_marked() -> None:
    for trainings in ([alone()], [alone(), beside(0)]):
        figure = plot_compared_losses([panel(*trainings)])
        assert "end of pre-training" not in lines(figure)
        assert "end of pre-training" not in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_method_has_one_colour_in_all_panels_and_one_entry_in_the_legend() -> None:
    figure = plot_compared_losses([panel(alone(), beside()), panel(beside(), alone(), title="Room")], ["A note."])
    first, second = lines(figure, 0), lines(figure, 1)
    for label in first:
        assert first[label].get_color() == second[label].get_color()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "alone",
        "with",
        "its auxiliary loss, % of the segments' power",
        "end of pre-training",
        "zero output",
    ]
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["(a) Sine", "(b) Room"]
    assert first["zero output"].get_ydata()[0] == 100
    assert figure.get_supxlabel() == "A note."


def test_what_would_mislead_is_an_error() -> None:
    with pytest.raises(InputError, match=r"'alone'.*seed 3.*\[1\]"):
        ComparedTraining("alone", {1: history(1.0)}, chosen_seed=3)
    with pytest.raises(InputError, match=r"'Sine'.*nothing to compare"):
        panel()
    with pytest.raises(InputError, match="at least one panel"):
        plot_compared_losses([])
    with pytest.raises(InputError, match="at most 4 methods, not 5"):
        plot_compared_losses([panel(*(alone(str(index)) for index in range(5)))])
