rule tables:
    """Every table."""
    input:
        artefacts("tables", EXPERIMENT.config["tables"]),
        artefacts("tables", tables_of_listening(EXPERIMENT.config["listening"])),


rule figures:
    """Every figure."""
    input:
        artefacts("figures", EXPERIMENT.config["figures"]),
        artefacts("figures", EXPERIMENT.config["listening"]),


rule signals:
    """Every signal at every rate at which it is learned or convolved."""
    input:
        [
            f"<results>/signals/{signal}/{rate}.wav"
            for signal in config["signals"]
            for rate in EXPERIMENT.rates_hz(signal)
        ],


rule models:
    """Every model of every configuration."""
    input:
        expand("<results>/models/{configuration}/selection.json", configuration=EXPERIMENT.configurations),


rule sounds:
    """Every configuration's prediction and generation, with their metrics, and every convolution."""
    input:
        expand("<results>/metrics/{configuration}.json", configuration=EXPERIMENT.configurations),
        convolved_sounds(EXPERIMENT.config["convolutions"]),


rule listening:
    """Every listening test: its page, its folder for webMUSHRA, its tables and its figure."""
    input:
        listening_files(EXPERIMENT.config["listening"]),


rule exports:
    """The chosen model of every device's configuration in the formats of players."""
    input:
        expand("<results>/exports/{configuration}", configuration=EXPERIMENT.configurations_on("device")),


for paper in config["papers"]:

    rule:
        name:
            free_target(paper, f"papers.{paper}")
        input:
            artefacts("tables", EXPERIMENT.of_paper("tables", paper)),
            artefacts("figures", EXPERIMENT.of_paper("figures", paper)),
            convolved_sounds(EXPERIMENT.of_paper("convolutions", paper)),
            listening_files(EXPERIMENT.of_paper("listening", paper)),


for sweep in config.get("sweeps", []):
    # A sweep of one value is no comparison, and has neither table nor figure.
    shown = [sweep] if sweep in EXPERIMENT.config["tables"] else []

    rule:
        name:
            free_target(f"sweep_{sweep}", f"sweeps.{sweep}")
        input:
            artefacts("tables", shown),
            artefacts("figures", shown),
