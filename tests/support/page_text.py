"""Pages read as people read them: the words without the markup."""

import html
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from django.test import Client

from tests.support.mails import plain


def words(response) -> str:
    """What a person reads on the page: no markup, no scripts of spaces."""
    text = re.sub(r"<(head|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " ").replace("\u00a0", " ")
    return re.sub(r" (?=[.,;:])", "", re.sub(r"\s+", " ", text))


def seen(answer: Any) -> str:
    return re.search(r'name="seen" value="([^"]+)"', answer.content.decode())[1]  # type: ignore[index]


def text_of(answer: Any) -> str:
    return plain(re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("&#x27;", "'").replace("&amp;", "&"))


def source_of(answer: Any) -> str:
    """The page as it was sent, marks and all, in one line with ordinary spaces."""
    return plain(answer.content.decode())


def read_source(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return source_of(answer)


def body(response) -> str:
    """The page without what differs between any two answers: form tokens and the address to come back to."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return re.sub(r'name="next" value="[^"]*"', "", page)


def shown_text(page: str) -> str:
    """What a reader sees of a page or a part of it, in one line with ordinary spaces."""
    text = re.sub(r"<(script|style|title).*?</\1>", " ", page, flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?b>", "", text)))
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " ")).strip()


def read(address: str, locale: str = "en", client: Client | None = None) -> str:
    answer = (client or Client()).get(address, headers={"accept-language": locale})
    assert answer.status_code == 200, address
    return shown_text(answer.content.decode())


RULE_LINK = re.compile(r' <a class="rule-link" href="/rules/#[^"]+" target="_blank">[^<]+</a>')


def plain_refusals(sentences: Iterable[str]) -> list[str]:
    """Refusals as sentences, without the links to the rules that refused."""
    return [unescape(RULE_LINK.sub("", sentence)) if "rule-link" in sentence else sentence for sentence in sentences]
