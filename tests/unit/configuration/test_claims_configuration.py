"""Claims as data: what the shipped ones name, how they are written out, and what is refused."""

import re
from pathlib import Path

import pytest
from support.configurations import Config, minimal, overlaid, read_yaml, shipped_config, without_claims

from rnn_audio.configuration import claims
from rnn_audio.configuration.claims import configurations_of
from rnn_audio.configuration.claims_of_run import claims_context, claims_read
from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.errors import InputError
from rnn_audio.evaluation.quantities import check_quantities

RULE = {"kind": "value", "quantity": "prediction_mse", "of": "tone_full", "at_most": 1}
SECTION = {"a": r"(V-[A-E]|VI)\b", "b": r"[3-6](\.[1-3])?\b"}


@pytest.fixture(scope="module")
def shipped() -> Experiment:
    return load_experiment(shipped_config())


def loaded(*rules: Config, **keys: object) -> Config:
    """The claim `mine` of a small configuration, written out."""
    config = minimal()
    own = {"paper": "paper_a", "statement": "It is so."} | ({"rules": list(rules)} if rules else {}) | keys
    experiment = load_experiment(config | {"claims": {"mine": own}})
    check_quantities(experiment)
    return experiment.config["claims"]["mine"]


def test_every_claim_of_both_papers_is_shipped(shipped: Experiment) -> None:
    expected = [f"a{number}" for number in range(1, 27)] + [f"b{number}" for number in range(1, 14)]
    assert list(shipped.config["claims"]) == expected
    check_quantities(shipped)


def test_every_shipped_claim_says_where_and_on_what_evidence(shipped: Experiment) -> None:
    papers = {"a": "impulse_response", "b": "amplifier"}
    for name, claim in shipped.config["claims"].items():
        assert re.match(SECTION[name[0]], claim["place"]), name
        assert claim["paper"] == papers[name[0]], name
        assert claim["published"], name
        assert claim["statement"].endswith("."), name


def test_every_shipped_claim_names_configurations_that_exist(shipped: Experiment) -> None:
    rules = [rule for claim in shipped.config["claims"].values() for rule in claim["rules"]]
    assert set(configurations_of(*rules)) <= set(shipped.configurations)


def test_the_quick_profile_may_have_fewer_configurations() -> None:
    """Sweeps with fewer values make claims about fewer; nothing fails."""
    quick = load_experiment(overlaid(shipped_config(), read_yaml("profiles/quick/settings.yaml")))
    assert quick.config["claims"]["a26"]["rules"][0]["of"] == ["room_5512_auxiliary"]
    assert {name for kind, name in claims_read(quick) if kind != "heard"} <= set(quick.configurations)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a1: {statement: It is so.}", "claims.a1: give it either rules or 'needs: listeners'"),
        ("a1: {statement: It is so., rules: []}", "claims.a1.rules: [] should be non-empty"),
        ("a1: {statement: It is so., rule: []}", "claims.a1: unknown key 'rule'"),
        (
            "a1: {statement: It is so., needs: listeners}\nmine: {statement: It is., needs: listeners}",
            "claims.mine: there",
        ),
        ("a1: so", "claims.a1: "),
        ("a1: {}\na1: {}", "the key 'a1' occurs twice"),
        (None, "papers.paper_a.claims: there is no claims.yaml next to the Snakefile; name a file, or remove it"),
    ],
)
def test_a_file_of_claims_with_a_mistake_is_named(
    content: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_REPOSITORY", tmp_path)
    if content:
        (tmp_path / "claims.yaml").write_text(content)
    config = minimal()
    config["papers"]["paper_a"]["claims"] = "claims.yaml"
    config["claims"] = {"mine": {"paper": "paper_a", "statement": "It is so.", "rules": [RULE]}}
    with pytest.raises(InputError, match=re.escape(message)) as refusal:
        load_experiment(config)
    assert content is None or message.startswith("claims.mine") or "claims.yaml" in str(refusal.value)


def test_an_overlay_may_leave_out_what_a_paper_claims() -> None:
    experiment = load_experiment(overlaid(shipped_config(), {"papers": {"impulse_response": {"claims": None}}}))
    assert {claim["paper"] for claim in experiment.config["claims"].values()} == {"amplifier"}
    read = {name for kind, name in claims_read(experiment) if kind != "heard"}
    assert read
    assert all("device" in experiment.configurations[name] for name in read)


def test_claims_of_a_user_come_after_those_of_the_papers() -> None:
    own = {"statement": "It is so.", "rules": [RULE | {"of": "sine_full"}]}
    experiment = load_experiment(shipped_config() | {"claims": {"mine": own}})
    assert list(experiment.config["claims"])[-2:] == ["b13", "mine"]


def test_a_claim_of_a_user_needs_a_statement_and_a_rule() -> None:
    claim = loaded(RULE)
    assert claim["rules"] == [RULE | {"of": ["tone_full"]}]
    assert claim["paper"] == "paper_a"


def test_grids_and_sweeps_stand_for_their_members() -> None:
    config = minimal()
    config["configurations"]["sized"] = config["configurations"]["tone_full"] | {"grid": {"hidden_size": [2, 4]}}
    config["sweeps"] = {
        "rates": {
            "paper": "paper_a",
            "caption": "Rates",
            "configuration": config["configurations"]["tone_full"],
            "vary": "learning_rate",
            "values": [0.001, 0.1],
            "quantities": ["prediction_mse"],
        }
    }
    rule = RULE | {"of": ["sized", "rates", "rates_0_5"]}
    config["claims"] = {"mine": {"paper": "paper_a", "statement": "It is so.", "rules": [rule]}}
    experiment = load_experiment(config)
    members = ["sized_2", "sized_4", "tone_full", "rates_0_1", "rates_0_5"]
    assert experiment.config["claims"]["mine"]["rules"][0]["of"] == members
    assert claims_read(experiment) == [("selections", name) for name in members[:-1]]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"of": "tone_ful"}, r"claims.mine.rules\[0\].of: there is no 'tone_ful'; did you mean 'tone_full'\?"),
        ({"kind": "valu"}, r"kind: .*did you mean 'value'\?"),
        ({"quantity": "prediction_ms"}, r"rules\[0\].quantity: there is no 'prediction_ms'; did you mean"),
        ({"quantity": "generation.t30"}, r"rules\[0\].quantity: there is no 'generation.t30'"),
        ({"quantity": "running_speed"}, "'tone_full' has no device, which 'running_speed' is about"),
        ({"quantity": "auxiliary_mse"}, "there is no 'auxiliary_mse'"),
        ({"over": "tone_sub"}, "'value' has no 'over'; remove it"),
        ({"kind": "paired"}, "'paired' needs 'over'; add it"),
        ({"kind": "order"}, "'order' has no 'at_most'; remove it"),
        ({"kind": "covers", "value": 1}, "'covers' has no 'at_most'; remove it"),
        ({"kind": "heard"}, "'heard' has no 'quantity'; remove it"),
        ({"at_least": 2}, "at_least: 2 is above at_most, 1; choose less"),
        ({"kind": "paired", "of": ["tone_full"] , "over": []}, "over"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_evaluated_is_refused(rule: Config, message: str) -> None:
    with pytest.raises(InputError, match=message):
        loaded(RULE | rule)


def test_a_rule_without_limits_is_refused() -> None:
    with pytest.raises(InputError, match="'value' needs 'at_most' or 'at_least'; add one"):
        loaded({key: value for key, value in RULE.items() if key != "at_most"})


def test_pairs_need_as_many_of_both() -> None:
    both = ["tone_full", "tone_sub"]
    assert loaded(RULE | {"kind": "paired", "of": both, "over": "tone_sub"})
    three = {"kind": "paired", "of": both, "over": ["tone_full", "tone_sub", "third"]}
    config = minimal()
    config["configurations"]["third"] = config["configurations"]["tone_sub"] | {"epochs": 3}
    config["claims"] = {"mine": {"paper": "paper_a", "statement": "It is so.", "rules": [RULE | three]}}
    with pytest.raises(InputError, match="'of' has 2 configurations and 'over' 3; give both as many, or one"):
        load_experiment(config)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("test", "amplifier_listenin", r"claims.b13.rules\[0\].test: there is no 'amplifier_listenin'; did you mean"),
        ("group", "size_16", r"rules\[0\].group: there is no 'size_16'"),
        ("conditions", ["none", "tanh"], r"rules\[0\].conditions: there is no 'tanh'; choose from none, highpass"),
    ],
)
def test_a_rule_of_listeners_names_models_of_a_listening_test(key: str, value: object, message: str) -> None:
    claim = read_yaml("workflow/claims/amplifier.yaml")["b13"]
    claim["rules"][0][key] = value
    with pytest.raises(InputError, match=message):
        load_experiment(without_claims(shipped_config()) | {"claims": {"b13": claim}})


def test_a_claim_about_listeners_reads_their_test_and_the_models(shipped: Experiment) -> None:
    assert ("heard", "amplifier_listening") in claims_read(shipped)
    (rule,) = shipped.config["claims"]["b13"]["rules"]
    assert rule["of"] == ["amplifier_64_none", "amplifier_64_a_weighting"]


def test_a_claim_has_rules_or_needs_listeners() -> None:
    assert loaded(needs="listeners")["rules"] == []
    for keys in ({"needs": "listeners", "rules": [RULE]}, {}):
        with pytest.raises(InputError, match=r"claims\.mine: give it either rules or 'needs: listeners'"):
            loaded(**keys)


def test_a_claim_without_configurations_of_a_paper_names_one() -> None:
    with pytest.raises(InputError, match=r"claims.mine: belongs to no paper; name one of paper_a"):
        load_experiment(minimal() | {"claims": {"mine": {"statement": "It is so.", "rules": [RULE]}}})


def overlaid_run(overlay: Config) -> Experiment:
    return load_experiment(overlaid(shipped_config(), overlay), load_experiment(shipped_config()))


def test_the_laptop_profile_scales_paper_b_down_and_not_paper_a() -> None:
    laptop = overlaid_run(read_yaml("profiles/laptop/settings.yaml"))
    context = claims_context(laptop)
    assert context["scaled_down"].keys() == set(laptop.configurations_on("device"))
    assert "(750)" in context["scaled_down"]["amplifier_32_none"]


def test_the_shipped_run_is_the_papers_on_synthetic_sounds(shipped: Experiment) -> None:
    context = claims_context(shipped)
    assert context["scaled_down"] == {}
    assert context["synthetic"]["room_1024_full"] == "room"
    assert context["synthetic"]["amplifier_32_none"] == "amplifier"


def test_a_recording_is_not_synthetic() -> None:
    overlay = {"devices": {"amplifier": {"source": "url"}}}
    context = claims_context(load_experiment(overlaid(shipped_config(), overlay)))
    assert "amplifier_32_none" not in context["synthetic"]


def test_of_a_scale_whose_origin_is_unknown_everything_is_scaled_down() -> None:
    config = minimal() | {"scale": {"name": "mine", "epochs_factor": 1.0}}
    assert claims_context(load_experiment(config))["scaled_down"] == dict.fromkeys(
        ["tone_full", "tone_sub"], "scale 'mine'"
    )
