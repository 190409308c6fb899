rule tables:
    """Every table."""
    input:
        artefacts("tables", config["tables"]),


rule figures:
    """Every figure."""
    input:
        artefacts("figures", config["figures"]),


rule signals:
    """Every signal at every rate that a network learns."""
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
    """Every configuration's prediction and generation, with their metrics."""
    input:
        expand("<results>/metrics/{configuration}.json", configuration=EXPERIMENT.configurations),


for paper in config["papers"]:

    rule:
        name:
            paper
        input:
            artefacts("tables", EXPERIMENT.of_paper("tables", paper)),
            artefacts("figures", EXPERIMENT.of_paper("figures", paper)),


localrules:
    tables,
    figures,
    signals,
    models,
    sounds,
