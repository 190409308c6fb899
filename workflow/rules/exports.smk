rule export:
    """The chosen model of a device's configuration in the formats of players."""
    input:
        models=models_of,
        runs=runs_of,
        selection="<results>/models/{configuration}/selection.json",
        recordings=test_recordings_of,
        checks=lambda wildcards: f"<results>/devices/{settings_of(wildcards)['device']}/checks.json",
    output:
        # Which files there are depends on the model's size.
        directory("<results>/exports/{configuration}"),
    log:
        "<logs>/export/{configuration}.log",
    wildcard_constraints:
        configuration=one_of(EXPERIMENT.configurations_on("device")),
    conda:
        ENVIRONMENT
    params:
        code=code_of("export.py"),
        seeds=seeds_of,
        about=lambda wildcards: EXPERIMENT.about_device(settings_of(wildcards)["device"]),
    message:
        "exports of {wildcards.configuration}"
    script:
        "../scripts/export.py"
