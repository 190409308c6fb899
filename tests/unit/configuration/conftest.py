import pytest
from support.configurations import shipped_config

from rnn_audio.configuration.experiment import Experiment, load_experiment


@pytest.fixture(scope="session")
def shipped() -> Experiment:
    """The configuration that users start from. Tests only read it."""
    return load_experiment(shipped_config())
