"""`fairlead disclosure`: what a patient is told before deciding, and what a referrer is told afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.ledger_pay import write_file
from fairlead.cli.ledger_place import now
from fairlead.cli.options import AsJson, Language, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.project import Project
    from fairlead.ruleset.typed import Ruleset
    from fairlead.show import Page

__all__ = ["register"]

_PURPOSE = "What a patient is told about a payment before deciding, and what a referrer may know."
_RENDER = (
    "Print the notice for a patient from the programme in force: who is paid by whom and how much, that the "
    "price does not change and the choice is free, what to ask, and a place to sign. It names the versions "
    "and digests of the programme and of the notice, which the disclosure on record can state. Hand it out "
    "only where what it says is true."
)
_THANKS = (
    "Print the thanks to a referrer and what they may know: that an introduction was received and verified, "
    "and never whether anybody was treated."
)
_FORMATS = ("text", "html")

_Form = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or html.")]
_Output = Annotated[
    str, typer.Option("--output", metavar="FILE", help="Where to write; `-` is standard output.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    render = (
        "fairlead disclosure render clinic --partner TA-101 --language tr",
        "fairlead disclosure render clinic --programme medical-travel/partner-programme --partner TA-101 \\",
        "    --language ar --format html --output notice.html",
    )
    thanks = "fairlead disclosure thanks clinic --language de"
    group.command("render", help=help_text(_RENDER, *render))(with_messages(_render))
    group.command("thanks", help=help_text(_THANKS, thanks))(with_messages(_thanks))
    app.add_typer(group, name="disclosure", help=help_text(_PURPOSE, render[0], thanks))


def _render(
    partner: Annotated[
        str, typer.Option("--partner", metavar="CODE", help="Who is paid.", show_default=False)
    ],
    folder: ProjectFolder = Path(),
    programme: Annotated[
        str | None,
        typer.Option(
            "--programme",
            metavar="NAME",
            help="The programme. Default: the only one of the project that pays for introductions.",
            show_default=False,
        ),
    ] = None,
    language: Language = None,
    form: _Form = "text",
    output: _Output = "-",
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.ledger.notice import check_language, notice_page
    from fairlead.ledger.payees import payee_of_code
    from fairlead.sync.place import open_store

    opened = project.open(folder)
    tag = check_language(language or opened.language)
    ruleset = _programme(opened, programme)
    with open_store(opened) as store, store.reading() as tx:
        payee = payee_of_code(tx, partner)
    if payee.gone:
        message = f"the CRM has no partner `{payee.code}` any more"
        raise UsageError([Problem("unknown-partner", message, found=payee.code)])
    page, digest = notice_page(
        ruleset, tag, payer=opened.name, payee=payee.name, code=payee.code, day=opened.day_of(now())
    )
    _print(page, form, output, as_json=as_json, more={"digest": digest})
    return 0


def _programme(opened: Project, name: str | None) -> Ruleset:
    """Return the programme of this name in force today; where none is named, the one for introductions."""
    from fairlead.ledger.programmes import programmes_of

    today = opened.day_of(now())
    versions = {each.name: each.current(today) for each in programmes_of(opened, today)}
    if name is None:
        paying = [
            known
            for known, version in versions.items()
            if any(reward.entity == "introduction" for reward in version.rewards)
        ] or list(versions)
        if len(paying) > 1:
            message = "the project has several programmes"
            remedy = "name one with `--programme`"
            raise UsageError([Problem("missing-key", message, allowed=tuple(paying), remedy=remedy)])
        name = paying[0]
    if name not in versions:
        message = f"`{name}` is no programme of the project that is in force on {today}"
        nearest = nearest_name(name[:100], versions)
        raise UsageError(
            [Problem("no-rewards", message, found=name, allowed=tuple(versions), nearest=nearest)]
        )
    return versions[name].ruleset


def _thanks(
    folder: ProjectFolder = Path(),
    language: Language = None,
    form: _Form = "text",
    output: _Output = "-",
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.ledger.notice import check_language, thanks_page

    opened = project.open(folder)
    page = thanks_page(check_language(language or opened.language), payer=opened.name)
    _print(page, form, output, as_json=as_json, more={})
    return 0


def _print(page: Page, form: str, output: str, *, as_json: bool, more: dict[str, Any]) -> None:
    from fairlead.ledger.statement_page import PAPER, page_text
    from fairlead.show import web_page

    if form not in _FORMATS:
        message = f"there is no format `{form}`"
        nearest = nearest_name(form[:100], _FORMATS)
        raise UsageError([Problem("unknown-format", message, found=form, allowed=_FORMATS, nearest=nearest)])
    if as_json:
        print_json({**page.as_json(), **more})
        return
    content = web_page(page, style=PAPER) if form == "html" else page_text(page)
    write_file(output, content.encode())
    if output != "-":
        say(f"{page.title.text} is written to {output}")
