import os
import sys

from snakemake.exceptions import WorkflowError

LIBRARY = workflow.current_basedir.join("..").get_path_or_uri(secret_free=False)
sys.path.insert(0, LIBRARY)
# Scripts run in processes of their own, perhaps in another environment: this is how they find the library.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [LIBRARY, os.environ.get("PYTHONPATH")]))

from rnn_audio.errors import InputError
from rnn_audio.workflow_setup import set_up

try:
    EXPERIMENT, DEVICE = set_up(config, inspect_recordings=workflow.is_main_process)
except InputError as error:
    raise WorkflowError(str(error)) from None

ENVIRONMENT = "../../envs/rnn_audio.yaml"
GPUS_PER_TRAINING = 1 if DEVICE == "cuda" else 0


wildcard_constraints:
    signal="[a-z][a-z0-9_]*",
    configuration="[a-z][a-z0-9_]*",
    table="[a-z][a-z0-9_]*",
    figure="[a-z][a-z0-9_]*",
    rate=r"\d+",
    seed=r"\d+",


def code_of(script):
    """The library's modules behind a script: editing one reruns the rule's jobs."""
    from rnn_audio.code_dependencies import code_of

    return [str(path) for path in code_of(Path(LIBRARY) / "scripts" / script)]


def settings_of(wildcards):
    return EXPERIMENT.configurations[wildcards.configuration]


def signal_of(wildcards):
    settings = settings_of(wildcards)
    return f"<results>/signals/{settings['signal']}/{settings['rate_hz']}.wav"
