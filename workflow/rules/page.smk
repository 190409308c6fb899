from rnn_audio.reporting.page.page import STATIC


rule page:
    """One page with every table, figure, sound and training curve of the run."""
    input:
        made_by_all(),
        selections=expand("<results>/models/{configuration}/selection.json", configuration=EXPERIMENT.configurations),
        runs=expand(RUNS, configuration=EXPERIMENT.configurations),
        histories=expand(
            "<results>/models/{configuration}/seed-{seed}/history.csv",
            configuration=EXPERIMENT.configurations,
            seed=EXPERIMENT.seeds,
        ),
        sounds=sounds_of_page(),
    output:
        page="<results>/report.html",
    log:
        "<logs>/page.log",
    conda:
        ENVIRONMENT
    params:
        code=digest([*code_dependencies(Path(LIBRARY) / "scripts/page.py"), *page_parts()]),
        # A function, so that Snakemake takes no brace in a text for a wildcard.
        plan=lambda wildcards: page_plan(EXPERIMENT),
    message:
        "page with all results: {output}"
    script:
        "../scripts/page.py"
