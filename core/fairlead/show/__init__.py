"""Rulesets for people who do not read JSON: one content, shown in a terminal, a web page and a workbook."""

from fairlead.show.content import Page
from fairlead.show.page import page_of
from fairlead.show.terminal import print_page
from fairlead.show.web_page import web_page
from fairlead.show.workbook import workbook

__all__ = ["Page", "page_of", "print_page", "web_page", "workbook"]
