"""Rulesets for people who do not read JSON: one content for terminal, web page, Markdown and workbook."""

from fairlead.show.content import Page
from fairlead.show.markdown import markdown
from fairlead.show.page import page_of
from fairlead.show.terminal import print_page
from fairlead.show.web_page import web_page
from fairlead.show.workbook import workbook

__all__ = ["Page", "markdown", "page_of", "print_page", "web_page", "workbook"]
