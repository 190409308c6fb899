rule convolve:
    """Convolve a dry sound with a room's response and with the chosen model's generation of it, and compare the two."""
    input:
        # The dry sound, at the room's rate.
        dry=lambda wildcards: TARGETS["signal"].format(
            signal=declared(wildcards)["dry"], rate_hz=settings_of(wildcards)["rate_hz"]
        ),
        signal=signal_of,
        generation="<results>/generations/{configuration}.wav",
    output:
        target=report(
            "<results>/convolutions/{convolution}/{configuration}-target.wav",
            caption="../report/convolution.rst",
            category=category_of,
            subcategory="Sounds",
            labels=sound_labels("target"),
        ),
        generation=report(
            "<results>/convolutions/{convolution}/{configuration}-generation.wav",
            caption="../report/convolution.rst",
            category=category_of,
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
        declaration=declared,
        notes=lambda wildcards: typed(EXPERIMENT.scale_notes(wildcards.configuration)),
    message:
        "{wildcards.convolution} of {wildcards.configuration}"
    script:
        "../scripts/convolve.py"
