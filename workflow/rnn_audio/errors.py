"""The one exception whose message is written for users."""


class InputError(ValueError):
    """A mistake in the configuration, a recording or a model file.

    The message names the file or key, says what is wrong and what to do. It is shown alone, without a traceback. It
    is always one line: signs that cannot be printed are escaped in the names that it quotes.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(sign if sign.isprintable() else _escaped(sign) for sign in message))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
