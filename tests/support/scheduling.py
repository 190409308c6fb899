"""How tests are shared out among processes, by pytest-xdist."""

from xdist.scheduler import LoadFileScheduling


class ByFile(LoadFileScheduling):
    """A file's tests stay in one process, for they share what is made once; so do all that need the one cluster."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/cluster" if nodeid.startswith("tests/cluster/") else super()._split_scope(nodeid)
