"""How pytest-xdist distributes tests among processes."""

from xdist.scheduler import LoadFileScheduling


class ByFile(LoadFileScheduling):
    """Tests of one file run in one process, because they share fixtures; so do all tests that need the cluster."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/cluster" if nodeid.startswith("tests/cluster/") else super()._split_scope(nodeid)
