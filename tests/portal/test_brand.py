"""The operator's name, logo and accent in place of the house's; nothing else of the media directory is served."""

from pathlib import Path

import pytest

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "logo.svg").write_bytes(PICTURE)
    (settings.MEDIA_ROOT / "proof.pdf").write_bytes(b"%PDF-")
    (tmp_path / "outside.svg").write_bytes(PICTURE)
    return settings.MEDIA_ROOT


def test_the_name_and_the_logo_take_the_houses_place(db, client, settings, media):
    settings.PORTAL_NAME, settings.PORTAL_LOGO = "МЕТЕОР", "logo.svg"
    page = client.get("/accounts/login/").content.decode()
    assert '<img class="brand__logo" src="/logo/" alt="МЕТЕОР">' in page
    answer = client.get("/logo/")
    assert (answer["Content-Type"], b"".join(answer.streaming_content)) == ("image/svg+xml", PICTURE)


@pytest.mark.parametrize("name", ["", "missing.png", "proof.pdf", "../outside.svg"])
def test_only_a_picture_that_is_there_is_served(db, client, settings, media, name):
    settings.PORTAL_LOGO = name
    assert client.get("/logo/").status_code == 404
    assert "brand__mark" in client.get("/accounts/login/").content.decode()


def test_the_accent_is_a_stylesheet_of_its_own(db, client, settings):
    settings.PORTAL_ACCENT = "#2B6CFF"
    assert 'href="/accent.css?2b6cff"' in client.get("/accounts/login/").content.decode()
    answer = client.get("/accent.css")
    assert answer["Content-Type"].startswith("text/css")
    assert "--accent: #" in answer.content.decode()


@pytest.mark.parametrize("colour", ["", "blue", "#000; } body { display: none"])
def test_without_a_colour_the_houses_accent_stays(db, client, settings, colour):
    settings.PORTAL_ACCENT = colour
    assert client.get("/accent.css").status_code == 404


def test_what_browsers_ask_for_by_themselves_is_there(db, client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"].rsplit("/", 1)[-1][:7]) == (302, "favicon")
