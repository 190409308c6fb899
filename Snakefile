from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/functions.smk"
include: "workflow/rules/targets.smk"


# The default target: Snakemake takes it from this file only, never from an included one.
rule all:
    """Every table and figure of every paper."""
    input:
        artefacts("tables", config["tables"]),
        artefacts("figures", config["figures"]),


include: "workflow/rules/signals.smk"
include: "workflow/rules/devices.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/select.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/speed.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"


localrules:
    all,
