from rnn_audio.atomic import check_writable
from rnn_audio.jobs.code_dependencies import code_of as code_dependencies
from rnn_audio.jobs.packs.composition import compose_packs
from rnn_audio.jobs.packs.members import PackMember, remove_waiting, write_waiting
from rnn_audio.speed.estimate import describe_plan
from rnn_audio.jobs.provenance import digest
from rnn_audio.jobs.preparation import check_accelerator_elsewhere, export_library, limit_threads, set_up

export_library()
limit_threads()
try:
    EXPERIMENT, ACCELERATOR = set_up(config, inspect_recordings=workflow.is_main_process)
except InputError as error:
    raise WorkflowError(str(error)) from None


report: "../report/workflow.rst"


onstart:
    try:
        check_writable(Path(config["pathvars"]["results"]))
        if workflow.non_local_exec:
            check_accelerator_elsewhere(config["accelerator"])
        packs = waiting_packs(workflow.dag.needrun_jobs())
        if packs:
            write_waiting(CHECKPOINTS, packs)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    if workflow.non_local_exec:
        limit = workflow.resource_settings.nodes
    else:
        limit = workflow.global_resources.get("gpu") if ACCELERATOR == "cuda" else workflow.resource_settings.cores
    at_once = getattr(limit, "value", limit) or max(1, len(packs))
    models = [[(member.settings, member.seed) for member in pack] for pack in packs]
    print(describe_plan(EXPERIMENT, models, ACCELERATOR, at_once), file=sys.stderr)


onsuccess:
    remove_waiting(CHECKPOINTS)


onerror:
    remove_waiting(CHECKPOINTS)


ENVIRONMENT = "../../envs/rnn_audio.yaml"
RESULT_TABLES = ("losses", "observations", "generations", "device_losses", "band_errors", "sweep")
GPUS_PER_TRAINING = 1 if ACCELERATOR == "cuda" else 0
CHECKPOINTS = Path(config["pathvars"]["results"]) / "checkpoints"
PACKS = compose_packs(EXPERIMENT, ACCELERATOR)
