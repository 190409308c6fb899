import atexit
import re
from contextlib import suppress

from rnn_audio.atomic import check_writable
from rnn_audio.configuration.accelerator import unused_gpu
from rnn_audio.configuration.schema import hint
from rnn_audio.jobs.engine_proof import forget_proofs
from rnn_audio.jobs.packs.composition import compose_packs
from rnn_audio.jobs.packs.members import remove_waiting, write_waiting
from rnn_audio.reporting.page.plan import page_plan, write_page_plan
from rnn_audio.reporting.tables.headlines import headlines
from rnn_audio.speed.estimate import plan_run, write_plan
from rnn_audio.jobs.provenance import notes_on_versions
from rnn_audio.jobs.preparation import (
    check_accelerator_elsewhere,
    check_submission,
    discard_damaged_caches,
    export_library,
    limit_threads,
    set_up,
)

# A workflow that uses this one as a module has its own report and `onstart`.
IS_MODULE = not workflow.modifier.is_main_snakefile()

export_library()
limit_threads()
if workflow.is_main_process:
    discard_damaged_caches()
try:
    # A profile may lay its settings over config.yaml; tables then say what they change of it.
    PAPERS = None if IS_MODULE else without_overlays("config.yaml", workflow.configfiles)
    EXPERIMENT, ACCELERATOR = set_up(config, inspect_recordings=workflow.is_main_process, papers=PAPERS)
except InputError as error:
    raise WorkflowError(str(error)) from None


if not IS_MODULE:

    report: "../report/workflow.rst"


def say_misspelt(targets):
    """Of a name that is no target, Snakemake says only that it has no rule for it."""
    known = [rule.name for rule in workflow.rules if not rule.has_wildcards()]
    for target in targets:
        if re.fullmatch("[A-Za-z0-9_-]+", target) and target not in known:
            print(f"there is no target '{target}'; {hint(target, known)}", file=sys.stderr)


def say_plan():
    """What a dry run would make, and for about how long; without jobs, which target is misspelt."""
    if workflow.dag is None:
        return
    if not any(workflow.dag.jobs):
        say_misspelt(workflow.dag_settings.targets)
    elif workflow.dryrun:
        # All jobs count as finished by now.
        print(plan_of(workflow.dag.needrun_jobs(exclude_finished=False)).message, file=sys.stderr)


onstart:
    try:
        check_writable(Path(config["pathvars"]["results"]))
        if workflow.non_local_exec:
            check_accelerator_elsewhere(config["accelerator"])
            check_submission(workflow.executor_plugin.name)
        packs = waiting_packs(workflow.dag.needrun_jobs())
        if packs:
            write_waiting(CHECKPOINTS, packs)
            forget_proofs(CHECKPOINTS)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    plan = plan_of(workflow.dag.needrun_jobs())
    print(plan.message, file=sys.stderr)
    results = Path(config["pathvars"]["results"])
    # On a full disk, the first job says so, with what it could not write.
    with suppress(InputError):
        write_page_plan(results, page_plan(EXPERIMENT))
        write_plan(results, plan, Path(config["pathvars"]["logs"]))
    unused = unused_gpu(config["accelerator"]) if packs else None
    if unused:
        print(unused, file=sys.stderr)
    for note in notes_on_versions(Path(config["pathvars"]["results"])):
        print(note, file=sys.stderr)


# A dry run and one that cannot begin have no `onstart`; their jobs are known when Snakemake ends.
if workflow.is_main_process and not IS_MODULE:
    atexit.register(say_plan)


onsuccess:
    remove_waiting(CHECKPOINTS)
    made = [job.wildcards.table for job in workflow.dag.jobs if job.rule.name == "table"]
    shown = {name: EXPERIMENT.config["tables"][name] for name in sorted(made)}
    print(*headlines(Path(config["pathvars"]["results"]), shown), sep="\n", file=sys.stderr)


onerror:
    remove_waiting(CHECKPOINTS)


ENVIRONMENT = "../../envs/rnn_audio.yaml"
GPUS_PER_TRAINING = 1 if ACCELERATOR == "cuda" else 0
CHECKPOINTS = Path(config["pathvars"]["results"]) / "checkpoints"
# A pack needs the list that `onstart` writes; without it, each model trains alone.
PACKS = [] if IS_MODULE else compose_packs(EXPERIMENT, ACCELERATOR)

TABLE_SUFFIXES = (".csv", ".md", ".tex", ".html")
FIGURE_SUFFIXES = (".svg", ".png")

# Paths of what the kinds of tables and figures read (configuration/kinds.py), for one row or panel.
READ = {
    "selections": "<results>/models/{configuration}/selection.json",
    "histories": "<results>/models/{configuration}/seed-{seed}/history.csv",
    "metrics": "<results>/metrics/{configuration}.json",
    "sounds": "<results>/{shows}s/{configuration}.wav",
    "generations": "<results>/generations/{configuration}.wav",
    "errors": "<results>/errors/{configuration}.json",
    "running_speeds": "<results>/speed/running/{configuration}.json",
    "training_times": "<results>/speed/training/{configuration}.json",
    "convolutions": "<results>/convolutions/{table}/{configuration}.json",
}
# Paths of "targets", by what they belong to.
TARGETS = {
    "reconstruction": "<results>/reconstructions/{configuration}-target.wav",
    "signal": "<results>/signals/{signal}/{rate_hz}.wav",
    "device": "<results>/devices/{device}/test/target.wav",
}
