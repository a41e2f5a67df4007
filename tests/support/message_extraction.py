"""The messages that the sources ask for, found without gettext: Python by its syntax tree, templates through Django's own
translation of a template into calls."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
CONTEXT_PLURAL = {"npgettext", "npgettext_lazy"}
PLACES = {
    **dict.fromkeys(SINGULAR, (None, 0)),
    **dict.fromkeys(PLURAL, (None, 0)),
    **dict.fromkeys(CONTEXT, (0, 1)),
    **dict.fromkeys(CONTEXT_PLURAL, (0, 1)),
}
LITERAL = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(n?p?gettext|_)\({LITERAL}(?:\s*,\s*{LITERAL})?", re.S)

Message = tuple[str | None, str]


def of_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if function not in PLACES:
            continue
        context, message = PLACES[function]
        texts = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
        if len(texts) > message and isinstance(texts[message], str):
            yield (texts[context] if context is not None else None), texts[message]


def of_template(source: str) -> Iterator[Message]:
    for function, first, second in CALL.findall(templatize(source)):
        texts = [ast.literal_eval(literal) for literal in (first, second) if literal]
        context, message = PLACES[function]
        yield (texts[context] if context is not None else None), texts[message]


def messages(root: Path) -> set[Message]:
    """All messages of the code and the templates under ``root``, with their contexts."""
    extracted: set[Message] = set()
    for folder in ("accounts", "billing", "config"):
        for path in (root / folder).rglob("*.py"):
            extracted |= set(of_python(path.read_text(encoding="utf-8")))
    for folder in (root / "templates", root / "billing" / "sandbox" / "templates"):
        for path in folder.rglob("*"):
            if path.suffix in {".html", ".txt"}:
                extracted |= set(of_template(path.read_text(encoding="utf-8")))
    return {(context, text) for context, text in extracted if text}
