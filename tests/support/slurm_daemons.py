"""A SLURM cluster of one machine, with simulated GPUs: real daemons and real jobs, all on the loopback address.

`SLURM_CONF` does not reach the jobs, because the executor's inner step removes it. So the configuration must be where
SLURM looks for it by default. A configuration that is not from this module is never changed.
"""

import ctypes
import os
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from support.slurm import Cluster, wait_for

_SYSTEM_FOLDER = Path("/etc/slurm")
_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo")
_DAEMONS = ("slurmctld", "slurmd")
_CLUSTER = "rig"
_OWN_PREFIX = f"{_CLUSTER}-"
_GPUS = 2
_PR_SET_PDEATHSIG = 1

# More cores than the machine may have: the tests are about waiting for GPUs, not about the speed of jobs.
# cred_expire is also the time for which a requeued job waits before it starts again.
_SLURM_CONF = """\
ClusterName={cluster}
SlurmctldHost={node}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.log
PlugStackConfig=/dev/null
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
MinJobAge=600
KillWait=2
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={node} NodeAddr=127.0.0.1 CPUs=32 RealMemory=200000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes={node} Default=YES MaxTime=INFINITE DefaultTime=10 State=UP PriorityTier=1
PartitionName=urgent Nodes={node} MaxTime=INFINITE DefaultTime=10 State=UP PriorityTier=2
"""
_GRES_CONF = "AutoDetect=off\nName=gpu File={folder}/dev/nvidia[0-{last}]\n"


def obstacle() -> str | None:
    """Why a cluster cannot be started here; None if it can."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"SLURM is not installed ({', '.join(missing)}): apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "only root can start a cluster"
    foreign = [path for path in _system_files() if os.path.lexists(path) and not _is_own(path)]
    if foreign:
        return f"{foreign[0]} is another cluster's"
    processes = [process.info for process in psutil.process_iter(["name", "status"])]
    running = [each["name"] for each in processes if each["name"] in _DAEMONS and each["status"] != "zombie"]
    return f"{running[0]} is running here already" if running else None


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Run a cluster until the end of the context.

    Args:
        folder: an empty folder for all its files, with a short path (that of a socket has at most 107 characters).
    """
    controller_port = _write_files(folder)
    with ExitStack() as stack:
        stack.callback(_kill_orphans, controller_port)
        for path in _system_files():
            stack.enter_context(_linked(path, folder / f"{_OWN_PREFIX}{path.name}"))
        run, log = folder / "run", folder / "log"
        stack.enter_context(
            _daemon(
                folder,
                *("munged", "--foreground", "--force", "--num-threads=2"),
                *(f"--key-file={folder}/munge.key", f"--socket={run}/munge.socket", f"--pid-file={run}/munged.pid"),
                *(f"--log-file={log}/munged.log", f"--seed-file={run}/munged.seed"),
            )
        )
        wait_for((run / "munge.socket").exists, "munged's socket")
        stack.enter_context(_daemon(folder, "slurmctld", "-D", "-i", "-c"))
        stack.enter_context(_daemon(folder, "slurmd", "-D"))
        cluster = Cluster(folder, _GPUS)
        wait_for(_is_idle, f"an idle node; see {log}", limit_s=30)
        try:
            yield cluster
        finally:
            cluster.cancel_all()


def _system_files() -> list[Path]:
    return [_SYSTEM_FOLDER / name for name in ("slurm.conf", "gres.conf")]


def _is_own(path: Path) -> bool:
    """Whether a path is a link that a killed test run has left."""
    return path.is_symlink() and path.readlink().name.startswith(_OWN_PREFIX)


def _write_files(folder: Path) -> int:
    """Write all files that the daemons read; return the controller's port."""
    for name in ("run", "log", "state", "spool", "dev"):
        (folder / name).mkdir()
    for number in range(_GPUS):
        # SLURM counts GPUs by their device files. These are other names for /dev/null.
        os.mknod(folder / f"dev/nvidia{number}", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    controller_port, node_port = _free_ports(2)
    node = socket.gethostname().split(".")[0]
    values = {"cluster": _CLUSTER, "folder": folder, "node": node, "gpus": _GPUS, "last": _GPUS - 1}
    values |= {"controller_port": controller_port, "node_port": node_port}
    for name, text in (("slurm.conf", _SLURM_CONF), ("gres.conf", _GRES_CONF)):
        (folder / f"{_OWN_PREFIX}{name}").write_text(text.format(**values), encoding="utf-8")
    return controller_port


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def _linked(path: Path, target: Path) -> Iterator[None]:
    path.parent.mkdir(exist_ok=True)
    if _is_own(path):
        path.unlink()
    path.symlink_to(target)
    try:
        yield
    finally:
        path.unlink()


@contextmanager
def _daemon(folder: Path, *command: str) -> Iterator[None]:
    """Run a daemon in the foreground, as a child that ends with this process."""
    with (folder / f"log/{command[0]}.out").open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=_die_with_parent
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _kill_orphans(controller_port: int) -> None:
    """Kill remaining processes of the cluster's jobs.

    A cancelled Snakemake that gets the signal while it holds a lock waits for ever. SLURM, which here tracks processes
    by their parents, does not find it.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            cluster = process.environ().get("SLURM_WORKING_CLUSTER", "")
            if cluster.startswith(f"{_CLUSTER}:127.0.0.1:{controller_port}:"):
                process.kill()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _is_idle() -> bool:
    answer = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == "idle"
