"""The one exception that users are meant to read."""


class InputError(ValueError):
    """A mistake in the configuration, a recording or a model file.

    Its message names the file or key, says what is wrong and what to do. Whoever catches it shows the message
    alone, without a traceback.
    """
