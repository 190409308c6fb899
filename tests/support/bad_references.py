"""Mistakes in what one part of a configuration says of another."""

import numpy as np

from support.bad_case import REFERENCES, Case
from support.inputs import (
    claimed,
    download_from,
    labelled,
    observed,
    put,
    put_signal,
    setting,
)
from support.listening import changed

_SECOND = np.random.default_rng(2).uniform(-0.5, 0.5, 44100)
_LONG = np.random.default_rng(3).uniform(-0.5, 0.5, 12 * 44100)
_A_NAME = "a name of lower-case letters, digits and underscores that begins with a letter"

REFERENCES_TO_OTHERS = [
    Case(
        REFERENCES,
        "a misspelt signal",
        "configurations.chopped.signal: there is no 'sin'; did you mean 'sine'?",
        setting(signal="sin"),
        real=True,
    ),
    Case(
        REFERENCES,
        "a preset that is not there",
        "configurations.chopped.preset: there is no 'zzz'; choose from ",
        setting(preset="zzz"),
    ),
    Case(
        REFERENCES,
        "a table's row of no configuration",
        "tables.losses.rows[0].configuration: there is no 'stedy'; did you mean 'steady'?",
        put("tables/losses/rows/0/configuration", "stedy"),
    ),
    Case(
        REFERENCES,
        "a figure of no paper",
        "figures.waves.paper: there is no 'paper_c'",
        put("figures/waves/paper", "paper_c"),
    ),
    Case(
        REFERENCES,
        "a listening test of models that are of no device",
        "listening.ears.groups.a.none: 'steady' learns a signal; only models of devices can be compared",
        put("listening/ears", changed(groups={"a": {"none": "steady"}}, published={}, paper="impulse_response")),
    ),
    Case(
        REFERENCES,
        "a quantity that does not exist",
        "tables.losses.rows[0].quantity: there is no 'prediction_mes'; did you mean 'prediction_mse'?",
        put("tables/losses/rows/0/quantity", "prediction_mes"),
    ),
    Case(
        REFERENCES,
        "a row without a label",
        "tables.losses.rows[0].labels: ",
        put("tables/losses/rows/0/labels", {"other": 1}),
    ),
    Case(
        REFERENCES,
        "a source without its section",
        "config.signals.sine: the key 'file' is missing; add it",
        put_signal(source="file"),
    ),
    Case(
        REFERENCES,
        "a download without a digest",
        "config.signals.sine.url: ",
        put_signal(source="url", url={"address": "https://example.org/a.wav"}),
    ),
    Case(
        REFERENCES,
        "a download from a local path",
        "signals.sine.url.address: 'own.wav' is not an http or https address",
        put_signal(source="url", url={"address": "own.wav", "sha256": "0" * 64}),
    ),
    Case(
        REFERENCES,
        "a published value in quotes",
        "tables.losses.rows[0].published.value: '1e-3' is text; write 0.001",
        put("tables/losses/rows/0/published", {"value": "1e-3"}),
    ),
    Case(
        REFERENCES,
        "a published value in words where a number is needed",
        "tables.losses.rows[0].published.value: 'about 200' is not a number",
        put("tables/losses/rows/0/published", {"value": "about 200"}),
    ),
    Case(
        REFERENCES,
        "a metric in a table of losses",
        "tables.losses.rows[0].quantity: 'generation.mse' is not one of the losses",
        put("tables/losses/rows/0/quantity", "generation.mse"),
    ),
    Case(
        REFERENCES,
        "two quantities in a table of losses",
        "tables.losses.rows: show generation_mse, prediction_mse, but 'losses' shows one quantity",
        put("tables/losses/rows/0/quantity", "generation_mse"),
    ),
    Case(
        REFERENCES,
        "a loss of devices for a signal",
        "tables.losses.rows[0].quantity: there is no 'test_loss'",
        put("tables/losses/rows/0/quantity", "test_loss"),
    ),
    Case(
        REFERENCES,
        "a label named as a computed column",
        "tables.losses.labels.seeds: tables compute a column of this name",
        labelled("seeds"),
    ),
    Case(
        REFERENCES,
        "a label named as a computed number",
        "tables.losses.labels.best_mse: tables compute a column of this name",
        labelled("best_mse"),
    ),
    Case(
        REFERENCES,
        "an address with half a bracket",
        "'http://[bad/x.wav' is not an address",
        download_from("http://[bad/x.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a bad port",
        "'https://example.org:port/x.wav' is not an address",
        download_from("https://example.org:port/x.wav"),
    ),
    Case(
        REFERENCES,
        "an address without a host",
        "'https:///x.wav' is not an http or https address",
        download_from("https:///x.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a blank",
        "'https://example.org/my room.wav' has signs that an address may not have",
        download_from("https://example.org/my room.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a line break",
        "has signs that an address may not have; write them with per cent signs",
        download_from("https://example.org/a\nb.wav"),
    ),
    Case(
        REFERENCES,
        "an address with an umlaut",
        "'https://example.org/größe.wav' has signs that an address may not have",
        download_from("https://example.org/größe.wav"),
    ),
    Case(
        REFERENCES,
        "an address with a password",
        "signals.sine.url.address: it has a user's name or password",
        download_from("https://me:secret@example.org/a.wav"),
    ),
    Case(
        REFERENCES,
        "a metric that does not exist",
        "tables.sounds_of_steady.rows[0].quantity: there is no 'generation.nope'",
        put("tables/sounds_of_steady", observed("generation.nope")),
    ),
    Case(
        REFERENCES,
        "a claim about a misspelt configuration",
        "claims.mine.rules[0].of: there is no 'stedy'; did you mean 'steady'?",
        claimed(of="stedy", at_most=1),
    ),
    Case(
        REFERENCES,
        "a claim's rule without a limit",
        "claims.mine.rules[0]: 'value' needs 'at_most' or 'at_least'; add one",
        claimed(),
    ),
    Case(
        REFERENCES,
        "a claim's metric that does not exist",
        "claims.mine.rules[0].quantity: there is no 'generation.nope'",
        claimed(quantity="generation.nope", at_most=1),
    ),
    Case(
        REFERENCES,
        "an address that is not encrypted",
        "signals.sine.url.address: 'http://example.org/a.wav' is not encrypted",
        download_from("http://example.org/a.wav"),
    ),
]
