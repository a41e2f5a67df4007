"""Finds out whether the system libraries that set text are there, without importing what needs them.

Importing WeasyPrint without Pango prints a banner and raises OSError, and importing it in a web worker costs a second;
so a system check asks here.
"""

import ctypes
import os
from collections.abc import Callable

INSTALL = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

# Each library under the names it has on Linux and on macOS.
LIBRARIES = {
    "gobject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib", "libgobject-2.0.dylib"),
    "pango": ("libpango-1.0.so.0", "libpango-1.0.0.dylib", "libpango-1.0.dylib"),
    "pangoft2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.0.dylib", "libpangoft2-1.0.dylib"),
    "harfbuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    "fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib"),
}


def _loads(names: tuple[str, ...], load: Callable[[str], object]) -> bool:
    for name in names:
        try:
            load(name)
        except OSError:
            continue
        return True
    return False


def missing_pango(load: Callable[[str], object] = ctypes.CDLL) -> str | None:
    """Returns a sentence that names the missing libraries and the command that installs them; None where PDFs can be made.

    ``load`` opens a library by its name and raises OSError where there is none.
    """
    if os.name == "nt":  # other names and other folders: there the import itself has to tell
        return None
    missing = [title for title, names in LIBRARIES.items() if not _loads(names, load)]
    if not missing:
        return None
    return (
        f"PDF documents cannot be made: missing system libraries ({', '.join(missing)}). "
        f"On Debian or Ubuntu install them with: {INSTALL}"
    )
