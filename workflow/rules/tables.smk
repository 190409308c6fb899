rule table:
    """A table of the configuration, the papers' values beside ours."""
    input:
        selections=table_inputs("<results>/models/{configuration}/selection.json"),
        metrics=table_inputs("<results>/metrics/{configuration}.json"),
    output:
        csv="<results>/tables/{table}.csv",
        markdown="<results>/tables/{table}.md",
        latex="<results>/tables/{table}.tex",
        html=report(
            "<results>/tables/{table}.html",
            caption="../report/table.rst",
            category=table_category,
            subcategory="Tables",
            labels=table_labels,
        ),
    log:
        "<logs>/table/{table}.log",
    wildcard_constraints:
        table=one_of(EXPERIMENT.of_kind("tables", *RESULT_TABLES)),
    conda:
        ENVIRONMENT
    params:
        code=code_of("table.py"),
        declaration=declared_table,
        notes=lambda wildcards: EXPERIMENT.table_notes(wildcards.table),
    message:
        "table {wildcards.table}"
    script:
        "../scripts/table.py"


rule running_speed_table:
    """Seconds of computation per second of audio (paper B, section 5)."""
    input:
        records=table_inputs("<results>/speed/running/{configuration}.json"),
    output:
        csv="<results>/tables/{table}.csv",
        markdown="<results>/tables/{table}.md",
        latex="<results>/tables/{table}.tex",
        html=report(
            "<results>/tables/{table}.html",
            caption="../report/table.rst",
            category=table_category,
            subcategory="Tables",
            labels=table_labels,
        ),
    log:
        "<logs>/running_speed_table/{table}.log",
    wildcard_constraints:
        table=one_of(EXPERIMENT.of_kind("tables", "running_speed")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("running_speed_table.py"),
        declaration=declared_table,
        notes=lambda wildcards: EXPERIMENT.table_notes(wildcards.table),
    message:
        "table {wildcards.table}"
    script:
        "../scripts/running_speed_table.py"


rule training_time_table:
    """What a pre-emphasis filter costs in training (paper B, section 4.3)."""
    input:
        records=table_inputs("<results>/speed/training/{configuration}.json"),
    output:
        csv="<results>/tables/{table}.csv",
        markdown="<results>/tables/{table}.md",
        latex="<results>/tables/{table}.tex",
        html=report(
            "<results>/tables/{table}.html",
            caption="../report/table.rst",
            category=table_category,
            subcategory="Tables",
            labels=table_labels,
        ),
    log:
        "<logs>/training_time_table/{table}.log",
    wildcard_constraints:
        table=one_of(EXPERIMENT.of_kind("tables", "training_time")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("training_time_table.py"),
        declaration=declared_table,
        notes=lambda wildcards: EXPERIMENT.table_notes(wildcards.table),
    message:
        "table {wildcards.table}"
    script:
        "../scripts/training_time_table.py"
