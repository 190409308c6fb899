rule select_best:
    """The best of a configuration's seeds, with every seed's losses (paper B, section 3)."""
    input:
        runs=runs_of,
    output:
        "<results>/models/{configuration}/selection.json",
    log:
        "<logs>/select_best/{configuration}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("select_best.py"),
        select_by=lambda wildcards: settings_of(wildcards)["select_by"],
    message:
        "best seed of {wildcards.configuration}"
    script:
        "../scripts/select_best.py"
