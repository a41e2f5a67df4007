"""The stylesheet of the operator's accent colour: text in it and on it has WCAG AA contrast on the background of each theme,
so that a brand's yellow can be read on white."""

from billing.colours import BLACK, WHITE, Colour, contrast, make_readable, mix, parse

LIGHT_PAPER, LIGHT_CARD = "#f7f6f3", "#ffffff"
DARK_PAPER, DARK_CARD = "#131619", "#1b1f24"
DARK_TEXT, LIGHT_TEXT = "#0d1512", "#ffffff"
FILL_SHARE = {"light": 14, "dark": 24}  # percent of the accent in the fill


def _rules(accent: Colour, theme: str) -> str:
    light = theme == "light"
    card = parse(LIGHT_CARD if light else DARK_CARD)
    paper = parse(LIGHT_PAPER if light else DARK_PAPER)
    towards = BLACK if light else WHITE
    fill = mix(accent, card, FILL_SHARE[theme])
    readable = make_readable(accent, [card, paper, fill], towards)
    strong = mix(readable, towards, 80)
    on_accent = max(parse(LIGHT_TEXT), parse(DARK_TEXT), key=lambda text: contrast(text, readable))
    return f"--accent: {readable.hex}; --accent-strong: {strong.hex}; --on-accent: {on_accent.hex}; --fill: {fill.hex};"


def stylesheet(text: str) -> str:
    """Returns the CSS rules that replace the accent of portal.css in both themes; raises ValueError for no colour."""
    accent = parse(text)
    light, dark = _rules(accent, "light"), _rules(accent, "dark")
    return (
        f":root {{ {light} }}\n"
        f':root[data-theme="dark"] {{ {dark} }}\n'
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}\n'
    )


def accent_tag(text: str) -> str:
    """Returns a short mark of the colour for the stylesheet's address, so that a new colour is fetched anew."""
    return text.lstrip("#").lower()
