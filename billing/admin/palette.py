"""The admin's theme takes its scale from the operator's accent: the hue stays, the lightness moves until both themes are legible."""

from billing.colours import BLACK, WHITE, Colour, make_readable, mix, parse

DEFAULT_ACCENT = "#0f5e4d"
DARK_PAPER = Colour(27, 31, 36)


def scale(accent: str) -> dict[str, str]:
    """Returns the theme's eleven steps: 600 carries white text, 500 and lighter are read on the dark theme's paper."""
    own = parse(accent)
    strong = make_readable(own, [WHITE], BLACK)
    light = make_readable(own, [DARK_PAPER], WHITE)
    steps = {
        "50": mix(own, WHITE, 6),
        "100": mix(own, WHITE, 12),
        "200": mix(own, WHITE, 24),
        "300": mix(light, WHITE, 60),
        "400": mix(light, WHITE, 80),
        "500": light,
        "600": strong,
        "700": mix(strong, BLACK, 84),
        "800": mix(strong, BLACK, 68),
        "900": mix(strong, BLACK, 54),
        "950": mix(strong, BLACK, 38),
    }
    return {step: colour.hex for step, colour in steps.items()}
