def runs_of(wildcards):
    folder = f"<results>/models/{wildcards.configuration}"
    return [f"{folder}/seed-{seed}/run.json" for seed in EXPERIMENT.seeds]


rule select_best:
    """The best of a configuration's seeds, with every seed's losses (paper B, section 3)."""
    input:
        runs=runs_of,
        code=code_of("select_best.py"),
    output:
        "<results>/models/{configuration}/selection.json",
    log:
        "<logs>/select_best/{configuration}.log",
    params:
        select_by=lambda wildcards: settings_of(wildcards)["select_by"],
    conda:
        ENVIRONMENT
    script:
        "../scripts/select_best.py"
