from snakemake.utils import min_version

min_version("9.25")


include: "workflow/rules/library.smk"


configfile: checked_configuration("config.yaml")


include: "workflow/rules/common.smk"
include: "workflow/rules/functions.smk"
include: "workflow/rules/shown.smk"
include: "workflow/rules/signals.smk"
include: "workflow/rules/devices.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/exports.smk"
include: "workflow/rules/speed.smk"
include: "workflow/rules/convolutions.smk"
include: "workflow/rules/listening.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/page.smk"
include: "workflow/rules/gpu_check.smk"


if "benchmark" in EXPERIMENT.config:

    include: "workflow/rules/benchmark.smk"


# The default target: Snakemake takes it from this file only, never from an included one.
rule all:
    """Every table, claim, figure, convolution and export, all sounds, and the page that shows and plays them."""
    input:
        made_by_all(),
        "<results>/report.html",


# Last, because the target of a paper or sweep must not have the name of any rule.
include: "workflow/rules/targets.smk"
