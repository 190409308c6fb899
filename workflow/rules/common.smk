import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Relative, so that a folder that was moved or copied finds its results up to date.
LIBRARY = os.path.relpath(Path(workflow.basedir) / "workflow")
sys.path.insert(0, os.path.abspath(LIBRARY))

from rnn_audio.code_dependencies import code_of as code_dependencies
from rnn_audio.errors import InputError
from rnn_audio.planning import describe_plan
from rnn_audio.workflow_setup import export_library, limit_threads, set_up

export_library()
limit_threads()
try:
    EXPERIMENT, DEVICE = set_up(config, inspect_recordings=workflow.is_main_process)
except InputError as error:
    raise WorkflowError(str(error)) from None


report: "../report/workflow.rst"


onstart:
    waiting = [job.wildcards for job in workflow.dag.needrun_jobs() if job.rule.name == "train"]
    jobs = [(EXPERIMENT.configurations[wildcards.configuration], int(wildcards.seed)) for wildcards in waiting]
    limit = workflow.global_resources.get("gpu") if DEVICE == "cuda" else workflow.resource_settings.cores
    at_once = getattr(limit, "value", limit) or len(jobs)
    print(describe_plan(EXPERIMENT, jobs, DEVICE, at_once), file=sys.stderr)


ENVIRONMENT = "../../envs/rnn_audio.yaml"
RESULT_TABLES = ("losses", "observations", "generations", "device_losses", "band_errors")
GPUS_PER_TRAINING = 1 if DEVICE == "cuda" else 0


wildcard_constraints:
    device="[a-z][a-z0-9_]*",
    signal="[a-z][a-z0-9_]*",
    configuration="[a-z][a-z0-9_]*",
    table="[a-z][a-z0-9_]*",
    figure="[a-z][a-z0-9_]*",
    rate=r"\d+",
    seed=r"\d+",
