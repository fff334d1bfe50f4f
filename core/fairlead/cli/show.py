"""`fairlead show`: a ruleset for people who do not read JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, Decisions, Language, RulesetName, help_text, names_in
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.show import Page

__all__ = ["register"]

#: format -> how the names of its files end
_FORMATS = {"terminal": (".txt",), "html": (".html", ".htm"), "markdown": (".md",), "xlsx": (".xlsx",)}

#: how wide the lines of a text file are
_FILE_WIDTH = 110

_PURPOSE = (
    "Show a ruleset as tables and sentences: in the terminal, as one web page that needs no network, as "
    "Markdown, or as an Excel workbook. Texts are in the language asked for where the ruleset has them, and "
    "conditions and the words of the page in English, German, Turkish or Arabic."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "show",
        help=help_text(
            _PURPOSE,
            "fairlead show medical-travel/lead-scoring",
            "fairlead show medical-travel/lead-scoring --output lead-scoring.html --language de",
            "fairlead show medical-travel/partner-programme --output programme.xlsx \\",
            "    --decisions partner.tier",
        ),
    )(with_messages(_show))


def _show(
    ruleset: RulesetName,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="terminal, html, markdown or xlsx. Default: what the name of --output tells, else terminal.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", metavar="FILE", help="Where to write; `-` is standard output.", show_default=False
        ),
    ] = None,
    language: Language = None,
    decisions: Decisions = None,
    as_json: AsJson = False,
) -> int:
    from fairlead.cli.targets import Target
    from fairlead.files import STANDARD_STREAM
    from fairlead.show import page_of

    form = _format_of(form, output)
    to_screen = output is None or output == STANDARD_STREAM
    if as_json and not (to_screen and form == "terminal"):
        message = "`--json` prints the content, and goes with neither `--format` nor a file"
        raise UsageError([Problem("wrong-usage", message)])
    if form == "xlsx" and output is None:
        remedy = "name a file with `--output`"
        raise UsageError([Problem("wrong-usage", "a workbook cannot be printed", remedy=remedy)])
    named = Target.of(ruleset)
    page = page_of(named.ruleset(), language or named.language, names_in(decisions))
    if as_json:
        print_json(page.as_json())
    elif form == "terminal" and to_screen:
        _print(page)
    else:
        assert form in ("html", "markdown") or output is not None
        _write(page, form, ruleset, STANDARD_STREAM if output is None else output)
        if not to_screen:
            say(f"{page.name} {page.version} is written to {output}")
    return 0


def _format_of(named: str | None, output: str | None) -> str:
    """Return the format that is named, else the one that the name of the file tells."""
    if named is not None:
        if named not in _FORMATS:
            message = f"there is no format `{named}`"
            nearest = nearest_name(named, _FORMATS)
            raise UsageError(
                [Problem("unknown-format", message, found=named, allowed=tuple(_FORMATS), nearest=nearest)]
            )
        return named
    end = Path(output or "").suffix.lower()
    if not end:
        return "terminal"
    for form, ends in _FORMATS.items():
        if end in ends:
            return form
    known = tuple(each for ends in _FORMATS.values() for each in ends)
    message = f"the name `{output}` does not tell a format"
    problem = Problem(
        "unknown-format", message, found=end, allowed=known, remedy="name it, such as `--format html`"
    )
    raise UsageError([problem])


def _print(page: Page) -> None:
    from rich.console import Console

    from fairlead.show import print_page

    # a pager or a pipe that has gone is seen by whoever called this command
    print_page(page, Console(highlight=False))


def _write(page: Page, form: str, ruleset: str, output: str) -> None:
    from fairlead.files.output_file import OutputFile

    if os.path.realpath(output) == os.path.realpath(ruleset):
        message = f"`{output}` is named for the ruleset and for the output"
        raise UsageError([Problem("same-file", message, found=output, remedy="name two files")])
    content = _content(page, form)
    with OutputFile(output) as file:
        file.write(content)


def _content(page: Page, form: str) -> bytes:
    from fairlead import show

    match form:
        case "html":
            return show.web_page(page).encode()
        case "markdown":
            return show.markdown(page).encode()
        case "xlsx":
            return show.workbook(page)
    import io

    from rich.console import Console

    text = io.StringIO()
    show.print_page(page, Console(file=text, width=_FILE_WIDTH, highlight=False, no_color=True))
    lines = (line.rstrip() for line in text.getvalue().splitlines())
    return ("\n".join(lines) + "\n").encode()
