def one_of(names):
    """A wildcard's pattern that matches these names, or nothing where there are none."""
    return "|".join(names) or "(?!)"


def panels_of(wildcards):
    return config["figures"][wildcards.figure]["panels"]


def shown_sounds(wildcards):
    """For each panel, the sound that it shows."""
    return [f"<results>/{panel['shows']}s/{panel['configuration']}.wav" for panel in panels_of(wildcards)]


def shown_signals(wildcards):
    """For each panel, its target."""
    shown = [EXPERIMENT.configurations[panel["configuration"]] for panel in panels_of(wildcards)]
    return [f"<results>/signals/{settings['signal']}/{settings['rate_hz']}.wav" for settings in shown]


def shown_metrics(wildcards):
    """For each panel, its configuration's metrics."""
    return [f"<results>/metrics/{panel['configuration']}.json" for panel in panels_of(wildcards)]


def shown_selections(wildcards):
    """For each panel, its configuration's seeds and the chosen one."""
    return [f"<results>/models/{panel['configuration']}/selection.json" for panel in panels_of(wildcards)]


def shown_histories(wildcards):
    """For each panel, the loss curves of all its seeds."""
    return [
        f"<results>/models/{panel['configuration']}/seed-{seed}/history.csv"
        for panel in panels_of(wildcards)
        for seed in EXPERIMENT.seeds
    ]


def figure_category(wildcards):
    return config["papers"][config["figures"][wildcards.figure]["paper"]]["title"]


def figure_labels(wildcards):
    return {"figure": wildcards.figure, "content": config["figures"][wildcards.figure]["caption"]}


rule plot_waveforms:
    """A figure of sounds over time, target and output together."""
    input:
        signals=shown_signals,
        sounds=shown_sounds,
        metrics=shown_metrics,
        code=code_of("plot_waveforms.py"),
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/waveforms.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_waveforms/{figure}.log",
    params:
        panels=panels_of,
        notes=EXPERIMENT.scale_notes(),
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "waveforms")),
    conda:
        ENVIRONMENT
    script:
        "../scripts/plot_waveforms.py"


rule plot_loss_curves:
    """A figure of training losses over the epochs, every seed."""
    input:
        selections=shown_selections,
        histories=shown_histories,
        metrics=shown_metrics,
        code=code_of("plot_loss_curves.py"),
    output:
        svg=report(
            "<results>/figures/{figure}.svg",
            caption="../report/loss_curves.rst",
            category=figure_category,
            subcategory="Figures",
            labels=figure_labels,
        ),
        png="<results>/figures/{figure}.png",
    log:
        "<logs>/plot_loss_curves/{figure}.log",
    params:
        panels=panels_of,
        published=lambda wildcards: [EXPERIMENT.published_loss(panel["configuration"]) for panel in panels_of(wildcards)],
        seeds=EXPERIMENT.seeds,
        notes=EXPERIMENT.scale_notes(),
    wildcard_constraints:
        figure=one_of(EXPERIMENT.of_kind("figures", "loss_curves")),
    conda:
        ENVIRONMENT
    script:
        "../scripts/plot_loss_curves.py"
