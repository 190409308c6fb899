wildcard_constraints:
    listening=one_of(EXPERIMENT.config["listening"]),


rule make_stimuli:
    """The sounds of a listening test, in a folder for webMUSHRA and pymushra (paper B, section 5.2)."""
    input:
        recordings=lambda wildcards: device_recordings(EXPERIMENT.listening_device(wildcards.listening), ["test"]),
        outputs=lambda wildcards: expand(
            "<results>/predictions/{configuration}.wav", configuration=compared_models(listening_test(wildcards))
        ),
    output:
        webmushra=directory("<results>/listening/{listening}/webmushra"),
        record="<results>/listening/{listening}/stimuli.json",
    log:
        "<logs>/make_stimuli/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("make_stimuli.py"),
        test=listening_test,
        device=lambda wildcards: EXPERIMENT.device_settings(EXPERIMENT.listening_device(wildcards.listening)),
        notes=lambda wildcards: EXPERIMENT.scale_notes(*compared_models(listening_test(wildcards))),
    message:
        "sounds of {wildcards.listening}"
    script:
        "../scripts/make_stimuli.py"


rule listening_page:
    """A listening test as one page, which opens from disk and gives its results as files."""
    input:
        webmushra="<results>/listening/{listening}/webmushra",
        record="<results>/listening/{listening}/stimuli.json",
    output:
        "<results>/listening/{listening}/test.html",
    log:
        "<logs>/listening_page/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=digest([*code_dependencies(Path(LIBRARY) / "scripts/listening_page.py"), *listening_parts()]),
        test=listening_test,
        notes=lambda wildcards: EXPERIMENT.scale_notes(*compared_models(listening_test(wildcards))),
    message:
        "page of {wildcards.listening}"
    script:
        "../scripts/listening_page.py"


rule analyse_listening:
    """Screening, scores and comparisons of a listening test; without results it says that nobody has taken part."""
    input:
        stimuli="<results>/listening/{listening}/stimuli.json",
        results=answers_of,
    output:
        "<results>/listening/{listening}/analysis.json",
    log:
        "<logs>/analyse_listening/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("analyse_listening.py"),
        test=listening_test,
        content=lambda wildcards: content_of(*answers_of(wildcards)),
    message:
        "analysis of {wildcards.listening}"
    script:
        "../scripts/analyse_listening.py"


rule listening_tables:
    """Tables of a listening test: scores (paper B, table 2), comparisons, clips with objective distances, listeners."""
    input:
        stimuli="<results>/listening/{listening}/stimuli.json",
        analysis="<results>/listening/{listening}/analysis.json",
    output:
        scores=listening_table("<results>/tables/{listening}"),
        comparisons=listening_table("<results>/tables/{listening}_comparisons"),
        clips=listening_table("<results>/tables/{listening}_clips"),
        listeners=listening_table("<results>/tables/{listening}_listeners"),
    log:
        "<logs>/listening_tables/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("listening_tables.py"),
        declaration=listening_test,
        notes=lambda wildcards: EXPERIMENT.listening_notes(wildcards.listening),
    message:
        "tables of {wildcards.listening}"
    script:
        "../scripts/listening_tables.py"


rule plot_listening:
    """Figure of a listening test's scores (paper B, figure 5)."""
    input:
        "<results>/listening/{listening}/analysis.json",
    output:
        svg=report(
            "<results>/figures/{listening}.svg",
            caption="../report/listening.rst",
            category=paper_of_listening,
            subcategory="Figures",
            labels=listening_labels,
        ),
        png="<results>/figures/{listening}.png",
    log:
        "<logs>/plot_listening/{listening}.log",
    conda:
        ENVIRONMENT
    params:
        code=code_of("plot_listening.py"),
        declaration=listening_test,
        notes=lambda wildcards: EXPERIMENT.listening_notes(wildcards.listening),
    message:
        "figure {wildcards.listening}"
    script:
        "../scripts/plot_listening.py"
