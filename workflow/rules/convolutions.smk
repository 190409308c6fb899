rule convolve:
    """A dry sound through a room's response and through the chosen model's generation of it, and how far they differ."""
    input:
        dry=dry_sound_of,
        signal=signal_of,
        generation="<results>/generations/{configuration}.wav",
    output:
        target=report(
            "<results>/convolutions/{convolution}/{configuration}-target.wav",
            caption="../report/convolution.rst",
            category=convolution_category,
            subcategory="Sounds",
            labels=sound_labels("target"),
        ),
        generation=report(
            "<results>/convolutions/{convolution}/{configuration}-generation.wav",
            caption="../report/convolution.rst",
            category=convolution_category,
            subcategory="Sounds",
            labels=sound_labels("generation"),
        ),
        numbers="<results>/convolutions/{convolution}/{configuration}.json",
    log:
        "<logs>/convolve/{convolution}/{configuration}.log",
    wildcard_constraints:
        convolution=one_of(EXPERIMENT.config["convolutions"]),
        configuration=one_of(EXPERIMENT.configurations_on("signal")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("convolve.py"),
        caption=lambda wildcards: convolution_of(wildcards)["caption"],
        notes=lambda wildcards: EXPERIMENT.scale_notes(wildcards.configuration),
    message:
        "{wildcards.convolution} of {wildcards.configuration}"
    script:
        "../scripts/convolve.py"


rule convolution_table:
    """How far the dry sound in generated rooms is from that in the target's."""
    input:
        records=convolution_numbers,
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
        "<logs>/convolution_table/{table}.log",
    wildcard_constraints:
        table=one_of(EXPERIMENT.of_kind("tables", "convolutions")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("convolution_table.py"),
        declaration=declared_table,
        notes=lambda wildcards: EXPERIMENT.table_notes(wildcards.table),
    message:
        "table {wildcards.table}"
    script:
        "../scripts/convolution_table.py"
