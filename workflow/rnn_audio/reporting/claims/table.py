"""The table of claims."""

from collections.abc import Mapping, Sequence

import pandas as pd

from rnn_audio.configuration.claims import configurations_of
from rnn_audio.reporting.claims.evidence import Results
from rnn_audio.reporting.claims.verdicts import Judgement, Verdict, judge
from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import Column, Table
from rnn_audio.types import Settings

_COLUMNS = (
    Column("claim", "Claim", Format.TEXT),
    Column("statement", "Statement", Format.PROSE),
    Column("verdict", "Verdict", Format.PROSE),
    Column("reason", "Why", Format.PROSE),
    Column("ours", "This run", Format.PROSE),
    Column("seeds", "Seeds", Format.INTEGER),
    Column("published", "Published", Format.PROSE),
    Column("place", "Place", Format.PROSE),
)
_NOTES = (
    "Confirmed: every rule of the claim holds, and chance explains it with a probability below 5 %. Not confirmed: a "
    "rule does not hold. Undecided: this run cannot tell, whatever its numbers are. docs/claims.md has more.",
    "Published: the paper's evidence, not measured here. This run: the median over the seeds and, in brackets, its "
    "interval. Names are those of configurations; one over another is their ratio, seed by seed.",
)


def build_claims_table(
    claims: Mapping[str, Settings],
    results: Mapping[str, Results],
    context: Settings,
    notes: Sequence[str] = (),
) -> Table:
    """The claims, each with its verdict.

    Args:
        claims: by name, from the configuration.
        results: those of the configurations of this run.
        context: what limits the verdicts (`configuration.claims_of_run.claims_context`).
        notes: the scale of the run, and where its sounds come from.

    Raises:
        InputError: a configuration does not have the quantity of a rule.
    """
    judgements = {name: judge(claim, results, context) for name, claim in claims.items()}
    records = [_record(name, claims[name], judgement) for name, judgement in judgements.items()]
    counts = [(verdict, sum(each.verdict is verdict for each in judgements.values())) for verdict in Verdict]
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts if count)
    caption = f"{len(claims)} claims: {summary}"
    frame = pd.DataFrame(records, dtype=object) if records else pd.DataFrame(columns=[c.key for c in _COLUMNS])
    return Table("claims", caption, frame, _COLUMNS, (*_NOTES, *notes))


def _record(name: str, claim: Settings, judgement: Judgement) -> dict[str, object]:
    return {
        "claim": name,
        "paper": claim["paper"],
        "place": claim.get("place", ""),
        "statement": claim["statement"],
        "published": claim.get("published", ""),
        "ours": judgement.ours,
        "effect": judgement.effect,
        "low": judgement.low,
        "high": judgement.high,
        "seeds": judgement.seeds,
        "verdict": str(judgement.verdict),
        "reason": judgement.reason,
        "configurations": " ".join(configurations_of(*claim["rules"])),
    }
