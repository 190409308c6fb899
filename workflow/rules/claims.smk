from rnn_audio.configuration.claims_of_run import claims_context, claims_notes, claims_read


rule claims:
    """Every claim of both papers, with the verdict of this run."""
    input:
        [path for kind, name in claims_read(EXPERIMENT) for path in paths_for_claims(kind, name)],
    output:
        csv="<results>/claims.csv",
        markdown="<results>/claims.md",
        html=report(
            "<results>/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims: what this run confirms of the papers"},
        ),
    log:
        "<logs>/claims.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("claims.py"),
        # Functions, so that Snakemake takes no brace in a text for a wildcard.
        claims=lambda wildcards: typed(EXPERIMENT.config["claims"]),
        files=[(kind, name, len(paths_for_claims(kind, name))) for kind, name in claims_read(EXPERIMENT)],
        seeds=EXPERIMENT.seeds,
        context=lambda wildcards: claims_context(EXPERIMENT),
        notes=lambda wildcards: typed(claims_notes(EXPERIMENT)),
    message:
        "claims"
    script:
        "../scripts/claims.py"
