"""Settings of backpropagation through time: what the network is fed, and when it is updated."""

from collections.abc import Iterator
from dataclasses import dataclass

from rnn_audio.training.teacher_forcing import TeacherForcing


@dataclass(frozen=True)
class Feeding:
    """What a network is fed in training, and its initial states; predictions use the same.

    Attributes:
        teacher_forcing: schedule of true input samples.
        update_length: samples per sub-sequence; None for the whole sequence.
        carry_state: whether a sub-sequence starts from the final state of the one before, or from a fresh state (paper
            A, figure 4).
    """

    teacher_forcing: TeacherForcing
    update_length: int | None
    carry_state: bool


@dataclass(frozen=True)
class BpttMethod(Feeding):
    """A training with one update after each sub-sequence: truncated BPTT, or full BPTT after the whole sequence.

    Attributes:
        learning_rate: Adam's step size.
        gradient_clip_norm: largest gradient norm of a model, or None.
    """

    learning_rate: float
    gradient_clip_norm: float | None = None


def sub_sequences(length: int, update_length: int | None, offset: int = 0) -> Iterator[slice]:
    """Consecutive sub-sequences of `length` samples from `offset` on; the last one may be shorter.

    A shorter last sub-sequence is trained on like the others: its loss is the mean over its own samples.
    """
    step = update_length or length
    for start in range(0, length, step):
        yield slice(offset + start, offset + min(start + step, length))
