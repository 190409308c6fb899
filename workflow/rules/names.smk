"""Names of the configuration as parts of files and as targets."""


def one_of(names):
    """A wildcard's pattern that matches these names, or nothing where there are none."""
    return "|".join(names) or "(?!)"


def free_target(name, key):
    """A target's name, which no rule may have."""
    if not workflow.is_rule(name):
        return name
    raise WorkflowError(f"config.{key}: the workflow has a rule or target named '{name}' already; choose another name")


# A file that is asked for is of a declared name, or no rule makes it. What a name may be, the schema says.
wildcard_constraints:
    device=one_of(config["devices"]),
    signal=one_of(config["signals"]),
    configuration=one_of(EXPERIMENT.configurations),
    table=one_of(EXPERIMENT.config["tables"]),
    figure=one_of(EXPERIMENT.config["figures"]),
    rate="[1-9][0-9]*",
    samples="[1-9][0-9]*",
    split="train|val|test",
    seed="0|[1-9][0-9]*",
