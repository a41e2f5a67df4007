"""The billing rules of docs/rules.md: the ids that it defines, the address of each, and the page as HTML."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

PAGE = Path(settings.BASE_DIR) / "docs" / "rules.md"

# A rule ("M8"), an example ("M-c") or an invariant ("I-24"), and nothing that only looks like one ("UTF-8", "#D6", "%D0").
RULE_ID = re.compile(r"(?<![\w%#/.&-])(?:[GMBECD][1-9]\d?|[MBE]-[a-h]|I-[1-9]\d?)(?![\w-])")
_RUSSIAN = re.compile(r"«[^»]*»|[А-Яа-яЁё]+(?:[ -][А-Яа-яЁё]+)*")
_MARKED = re.compile(f"(?P<rule>{RULE_ID.pattern})|(?P<russian>{_RUSSIAN.pattern})")
_GROUPED = re.compile(r"(?<=\d) (?=\d{3}\b)")  # 6 589.00 is one figure: no line may break in it
_HEADING = re.compile(rf"({RULE_ID.pattern})\. ")


class Family(NamedTuple):
    """A part of the page: its anchor, its heading and the ids that it defines, in the page's order."""

    anchor: str
    title: str
    rules: tuple[str, ...]


class Rulebook(NamedTuple):
    """The rules' page: its families with their rules; as HTML the introduction before the first family, and the rest."""

    families: tuple[Family, ...]
    introduction: SafeString
    html: SafeString

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(rule for family in self.families for rule in family.rules)


def path_of(rule: str) -> str:
    """Returns the path of ``rule`` on this installation, without its host: "/rules/#M8"."""
    return f"{reverse('portal:rules')}#{rule}"


def url_of(rule: str) -> str:
    """Returns the absolute URL of ``rule``, for programs and mails."""
    return settings.BASE_URL + path_of(rule)


@cache
def rulebook() -> Rulebook:
    """Reads and renders docs/rules.md, once for each process."""
    markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    tokens = markdown.parse(PAGE.read_text(encoding="utf-8"))
    first = next(index for index, token in enumerate(tokens) if token.tag == "h2")
    families = _families(tokens)
    introduction, rest = (
        markdown.renderer.render(part, markdown.options, {}) for part in (tokens[:first], tokens[first:])
    )
    return Rulebook(families, mark_safe(introduction), mark_safe(rest))


def _families(tokens: list[Token]) -> tuple[Family, ...]:
    families: list[tuple[str, list[str]]] = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            families.append((tokens[index + 1].content, []))
        elif rule := _rule_of_heading(tokens, index) or _example_of_row(tokens, index):
            families[-1][1].append(rule)
    return tuple(Family(_anchor(title), title, tuple(rules)) for title, rules in families)


def _anchor(title: str) -> str:
    return "part-" + re.sub(r"\W+", "-", title.lower()).strip("-")


def _rule_of_heading(tokens: Sequence[Token], index: int) -> str:
    """Returns the rule id that the heading at ``index`` defines; empty where there is none."""
    if tokens[index].type != "heading_open" or tokens[index].tag != "h3":
        return ""
    match = _HEADING.match(tokens[index + 1].content)
    return match[1] if match else ""


def _example_of_row(tokens: Sequence[Token], index: int) -> str:
    """Returns the id of the example that the table's row at ``index`` defines; empty where there is none."""
    if tokens[index].type != "tr_open" or tokens[index + 1].type != "td_open":
        return ""
    content = tokens[index + 2].content
    return content if RULE_ID.fullmatch(content) else ""


class _Renderer(RendererHTML):
    """Gives every rule its anchor, leads every id that is named to it, and marks what is Russian."""

    def heading_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token, inline = tokens[index], tokens[index + 1]
        if token.tag == "h2":
            token.attrSet("id", _anchor(inline.content))
        rule = _rule_of_heading(tokens, index)
        if not rule:
            return self.renderToken(tokens, index, options, env)
        first = (inline.children or [])[0]
        first.content = first.content.removeprefix(f"{rule}. ")
        return f'<h3 id="{rule}" class="rule">{_link(rule)} '

    def tr_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        if example := _example_of_row(tokens, index):
            tokens[index].attrSet("id", example)
        return self.renderToken(tokens, index, options, env)

    def table_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return '<table class="table rules__table">\n'

    def paragraph_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return '<p class="rules__from">' if tokens[index + 1].content.startswith("From: ") else "<p>"

    def text(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return _MARKED.sub(_mark, _GROUPED.sub("\N{NO-BREAK SPACE}", escape(tokens[index].content)))


def _mark(match: re.Match[str]) -> str:
    return _link(match["rule"]) if match["rule"] else f'<span lang="ru">{match["russian"]}</span>'


def _link(rule: str) -> str:
    return f'<a class="rules__id" href="#{rule}">{rule}</a>'
