rule table:
    """A table of the configuration, the papers' values beside ours."""
    input:
        selections=table_inputs("<results>/models/{configuration}/selection.json"),
        metrics=table_inputs("<results>/metrics/{configuration}.json"),
        code=code_of("table.py"),
    output:
        csv="<results>/tables/{table}.csv",
        markdown="<results>/tables/{table}.md",
        latex="<results>/tables/{table}.tex",
        html=report(
            "<results>/tables/{table}.html",
            caption="../report/table.rst",
            category=lambda wildcards: config["papers"][config["tables"][wildcards.table]["paper"]]["title"],
            subcategory="Tables",
            labels=lambda wildcards: {
                "table": wildcards.table,
                "content": config["tables"][wildcards.table]["caption"],
            },
        ),
    log:
        "<logs>/table/{table}.log",
    conda:
        ENVIRONMENT
    params:
        declaration=lambda wildcards: config["tables"][wildcards.table],
        notes=lambda wildcards: EXPERIMENT.table_notes(wildcards.table),
    message:
        "table {wildcards.table}"
    script:
        "../scripts/table.py"
