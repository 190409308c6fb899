rule page:
    """One page with every verdict, table, figure, sound and training curve of the run."""
    input:
        made_by_all(),
        models=models_of_page(),
        sounds=sounds_of_page(),
    output:
        page="<results>/report.html",
    log:
        "<logs>/page.log",
    conda:
        ENVIRONMENT
    params:
        code=digest([*code_dependencies(Path(LIBRARY) / "scripts/page.py"), *static_files("reporting/page")]),
        # A function, so that Snakemake takes no brace in a text for a wildcard.
        plan=lambda wildcards: page_plan(EXPERIMENT),
    message:
        "page with all results: {output}"
    script:
        "../scripts/page.py"
