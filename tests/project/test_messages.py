"""Every word that people read is there in Russian, none is left over, and the compiled file is that of its source."""

import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

from tests.support.message_extraction import messages

ROOT = Path(settings.BASE_DIR)
SOURCE = ROOT / "billing" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
OUTSIDE = "outside:"  # begins the comment of a message that a library leaves untranslated and we provide
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(SOURCE))


def name(entry: polib.POEntry) -> str:
    return f"{entry.msgctxt or ''}|{entry.msgid}"


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_no_message_is_missing_or_fuzzy(catalogue):
    assert [name(message) for message in catalogue if "fuzzy" in message.flags] == []
    assert [name(message) for message in catalogue if not all(texts(message))] == []


def test_the_catalogue_holds_what_the_sources_ask_for_and_nothing_else(catalogue):
    asked = messages(ROOT)
    held = {(message.msgctxt, message.msgid) for message in catalogue if not message.tcomment.startswith(OUTSIDE)}
    assert sorted(asked - held, key=str) == [], "run makemessages and translate"
    assert sorted(held - asked, key=str) == [], "no source asks for these any more"


def test_every_russian_number_has_its_form(catalogue):
    wrong = [name(message) for message in catalogue if message.msgid_plural and len(message.msgstr_plural) != 3]
    assert wrong == []


def test_a_translation_fills_in_what_its_original_fills_in(catalogue):
    wrong = []
    for message in catalogue:
        expected = set(PLACE.findall(message.msgid)) | set(PLACE.findall(message.msgid_plural or ""))
        wrong += [name(message) for text in texts(message) if not set(PLACE.findall(text)) <= expected]
        if not message.msgid_plural and set(PLACE.findall(message.msgstr)) != expected:
            wrong.append(name(message))
    assert wrong == []


def test_the_compiled_file_is_that_of_its_source(catalogue):
    assert SOURCE.with_suffix(".mo").read_bytes() == catalogue.to_binary(), "run scripts/compile_messages"


def test_the_compiling_script_writes_the_same(tmp_path):
    before = SOURCE.with_suffix(".mo").read_bytes()
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "compile_messages")], capture_output=True, text=True, check=True
    )
    assert "ru/LC_MESSAGES/django.mo" in done.stdout
    assert SOURCE.with_suffix(".mo").read_bytes() == before
