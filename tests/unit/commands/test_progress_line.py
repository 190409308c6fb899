import io

import pytest

from rnn_audio.commands.progress import StatusLine, bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_shorter_text_covers_a_longer_one() -> None:
    terminal = Terminal()
    line = StatusLine(terminal)
    line.show("a long text")
    line.end("short")
    assert terminal.getvalue() == "\ra long text\rshort      \n"


def test_a_log_gets_few_lines_and_the_last() -> None:
    log = io.StringIO()
    line = StatusLine(log)
    for number in range(100):
        line.show(str(number))
    line.end("done")
    assert log.getvalue() == "done\n"


@pytest.mark.parametrize(("share", "said"), [(0, "[....]   0 %"), (0.5, "[##..]  50 %"), (1.2, "[####] 120 %")])
def test_a_bar_stays_within_its_width(share: float, said: str) -> None:
    assert bar(share, width=4) == said
