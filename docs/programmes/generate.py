# ruff: noqa: INP001, T201 - a script beside its pages, which says what it did
"""Write the page of each shipped ruleset, and the index of these pages.

`python docs/programmes/generate.py` writes them; with `--check` it writes nothing, names those that are not
up to date, and ends with exit code 1 where there are any. Needs the package installed from this checkout.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fairlead.ruleset.load import load_ruleset
from fairlead.show import markdown, page_of

FOLDER = Path(__file__).resolve().parent
CHECKOUT = FOLDER.parents[1]
RULESETS = CHECKOUT / "rulesets" / "medical-travel"
COMMAND = "python docs/programmes/generate.py"

#: ruleset -> which part of a referral programme it covers, in the order of a patient's way
COVERED = {
    "lead-scoring": "lead scoring as published, MQL and SQL segments, who to call now, when to follow up",
    "response-time": "response time: acknowledged by a machine against answered by a person",
    "lead-routing": "routing to one personal coordinator by language, specialty and time zone",
    "nurture": "nurture: which of the four weekly letters is due",
    "telemedicine-gateway": "telemedicine gateway: free screening, second opinion, first teleconsultation",
    "patient-preferences": "patient preferences: which facility of the portfolio suits this patient",
    "patient-journey": 'patient journey: the stage, and the risk that "booked" does not arrive',
    "feedback": "feedback after consultation and treatment, and what is done about it",
    "reminders": "reminders: may one go out today, and never too many",
    "partner-onboarding": "partner onboarding and tracking code: what is still missing",
    "conflict-of-interest": "role clarity: which conflict of interest follows from a partner's roles",
    "partner-programme": "tiers as recognition, and one flat fee for each verified introduction",
    "handling-fee-programme": "the redesign: fixed fees for documented work, and for nothing else",
    "partner-tiers-as-published": "the tier table as published, with its faults; an example, not for use",
    "ethics-checks": "ethics: disclosure, consent, independence from outcome, cost, decision and volume",
    "handoff": "referral leakage: the seven steps of a hand-off, and the one that is dropped",
    "partner-review": "partner review: a proposal to renew, to talk or to end, for a person to decide",
    "ambassador-rewards": "ambassadors: the thank-you for a story",
    "influencers": "influencers: vetted, trained and disclosed before anything is posted",
    "loyalty": "loyalty: discounts, points and follow-up consultations of former patients",
}

_BEGIN = f"<!-- written by `{COMMAND}` from the ruleset: change that, not this page -->"


def pages() -> dict[str, str]:
    """Return the text of each page by its file name. Raises SystemExit for a ruleset that is not listed."""
    shipped = {path.stem for path in RULESETS.glob("*.json") if "@" not in path.stem and _is_ruleset(path)}
    if differing := sorted(shipped ^ set(COVERED)):
        sys.exit(
            f"in only one of {RULESETS.name}/ and `COVERED` of {Path(__file__).name}: {', '.join(differing)}"
        )
    return {"README.md": _index(), **{f"{name}.md": _page(name) for name in COVERED}}


def _is_ruleset(path: Path) -> bool:
    return str(json.loads(path.read_text("utf-8"))["kind"]).startswith("ruleset")


def _page(name: str) -> str:
    shown = markdown(page_of(load_ruleset(f"medical-travel/{name}")))
    title, _, rest = shown.partition("\n")
    ruleset = f"[ruleset](../../rulesets/medical-travel/{name}.json)"
    tested = f"[its scenarios](../../rulesets/medical-travel/tests/{name}.json)"
    links = f"The {ruleset} as it runs, {tested}, [all programmes](README.md)."
    return f"{_BEGIN}\n\n{title}\n\n{links}\n{rest}"


def _index() -> str:
    rows = (
        f"| [{name}]({name}.md) | {covered} | [scenarios](../../rulesets/medical-travel/tests/{name}.json) |"
        for name, covered in COVERED.items()
    )
    return "\n".join(
        (
            _BEGIN,
            "",
            "# The shipped programmes",
            "",
            "A page for each ruleset of `medical-travel`: the published numbers, where the published text",
            "contradicts itself, the choice made, every table and check, and the facts that are read.",
            "A client changes any of it with an [overlay](../consultant.md), not by copying. Fairlead gives",
            "no legal advice and certifies no compliance.",
            "",
            "| page | what it covers | tested by |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def main() -> int:
    """Write or check the pages; return the exit code."""
    wanted = pages()
    found = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if "--check" in sys.argv[1:]:
        if differing:
            print(f"not up to date: {', '.join(differing)}; run `{COMMAND}`")
        return 1 if differing else 0
    for name in differing:
        path = FOLDER / name
        if name in wanted:
            path.write_text(wanted[name], "utf-8")
        else:
            path.unlink()
        print(f"{'wrote' if name in wanted else 'removed'} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
