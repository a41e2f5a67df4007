"""The theme's scale from the operator's accent: the hue is kept, the lightness moved until it can be read in both themes."""

READABLE = 4.6  # WCAG AA asks for 4.5; the rest is for rounding
HOUSE = "#0f5e4d"
WHITE, BLACK, DARK_PAPER = (255, 255, 255), (0, 0, 0), (27, 31, 36)

Colour = tuple[int, int, int]


def parse(text: str) -> Colour:
    """``#0f5e4d`` as red, green, blue."""
    digits = text.removeprefix("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def mix(first: Colour, second: Colour, percent: int) -> Colour:
    """``percent`` of the first with the rest of the second."""
    red, green, blue = ((one * percent + two * (100 - percent)) // 100 for one, two in zip(first, second, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2 defines it."""
    red, green, blue = (
        part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )  # 10 / 255 is below the bend of the curve, 11 / 255 above it; 255 × 12.92 = 3294.6
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def moved(colour: Colour, towards: Colour, against: Colour) -> Colour:
    """The colour, moved only as far as text of ``against`` on it (or the other way round) can be read."""
    for percent in range(100, -1, -2):
        candidate = mix(colour, towards, percent)
        if contrast(candidate, against) >= READABLE:
            return candidate
    return towards


def scale(accent: str) -> dict[str, str]:
    """The theme's eleven steps: 600 carries white text, 500 and lighter are read on the dark theme's paper."""
    own = parse(accent)
    strong = moved(own, BLACK, WHITE)
    light = moved(own, WHITE, DARK_PAPER)
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
    return {step: "#{:02x}{:02x}{:02x}".format(*colour) for step, colour in steps.items()}
