#!/usr/bin/env python3
"""Saldo's commands: `manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        sys.exit("Django is not here. Run `make setup` once, then `.venv/bin/python manage.py …`.")
    try:
        assert settings.INSTALLED_APPS
    except ImproperlyConfigured as refusal:
        sys.exit(f"Saldo does not start: {refusal}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
