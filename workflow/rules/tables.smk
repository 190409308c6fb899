from rnn_audio.configuration.kinds import TABLES


rule table:
    """A table of the configuration, the papers' values next to ours."""
    input:
        unpack(lambda wildcards: files_of(TABLES[declared(wildcards)["kind"]], wildcards)),
        checks=checks_of_shown,
    output:
        csv="<results>/tables/{table}.csv",
        markdown="<results>/tables/{table}.md",
        latex="<results>/tables/{table}.tex",
        html=report(
            "<results>/tables/{table}.html",
            caption="../report/table.rst",
            category=category_of,
            subcategory="Tables",
            labels=label_of,
        ),
    log:
        "<logs>/table/{table}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("table.py"),
        declaration=declared,
        notes=lambda wildcards: typed(EXPERIMENT.table_notes(wildcards.table)),
    message:
        "table {wildcards.table}"
    script:
        "../scripts/table.py"
