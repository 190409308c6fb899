from rnn_audio.configuration.kinds import FIGURES

for name, kind in FIGURES.items():

    rule:
        name:
            f"plot_{name}"
        input:
            unpack(partial(files_of, kind)),
            checks=checks_of_shown,
        output:
            svg=report(
                "<results>/figures/{figure}.svg",
                caption=f"../report/{name}.rst",
                category=category_of,
                subcategory="Figures",
                labels=label_of,
            ),
            png="<results>/figures/{figure}.png",
        log:
            f"<logs>/plot_{name}/{{figure}}.log",
        wildcard_constraints:
            figure=one_of(EXPERIMENT.of_kind("figures", name)),
        conda:
            ENVIRONMENT
        params:
            code=code_of("plot.py", f"rnn_audio.reporting.figures.{name}"),
            declaration=declared,
            given=partial(given_to, kind),
            notes=scale_notes_of,
        message:
            "figure {wildcards.figure}"
        script:
            "../scripts/plot.py"
