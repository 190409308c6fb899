"""The one exception that users are meant to read."""


class InputError(ValueError):
    """A mistake in the configuration, a recording or a model file.

    Its message names the file or key, says what is wrong and what to do. Whoever catches it shows the message
    alone, without a traceback. It is one line, whatever stands in the names that it quotes.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(sign if sign.isprintable() else _escaped(sign) for sign in message))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
