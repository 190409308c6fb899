"""The jobs of the workflow, and the checks before the first one: logs, checkpoints, records, packs."""
