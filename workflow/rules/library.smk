import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Relative, so that results stay up to date after the folder is moved or copied. Not taken from the main Snakefile: that
# may belong to another workflow, which uses this one as a module.
LIBRARY = os.path.relpath(Path(str(workflow.current_basedir)).parent)
sys.path.insert(0, os.path.abspath(LIBRARY))

from rnn_audio.configuration.files import check_profiles, checked_file, given_profiles, without_overlays
from rnn_audio.errors import InputError


def checked_configuration(path):
    """The configuration's file, checked before Snakemake reads it: Snakemake reports no key that occurs twice."""
    if not workflow.is_main_process:
        return path
    try:
        check_profiles(given_profiles(sys.argv), workflow.configfiles)
        return checked_file(path, workflow.configfiles)
    except InputError as error:
        raise WorkflowError(str(error)) from None
