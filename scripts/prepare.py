#!/usr/bin/env python3
"""Brings the database up to date and, in the sandbox, fills it once; then says where everything is and who can sign in."""

import io
import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
    except ImproperlyConfigured as refusal:
        sys.exit(f"Saldo does not start: {refusal}")
    from django.conf import settings

    silent = io.StringIO()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("sync_schedules", stdout=silent)
    call_command("sync_roles", stdout=silent)
    if settings.BILLING_SANDBOX:
        call_command("load_profiles", stdout=silent)
        call_command("demo")  # fills an empty installation and leaves any other alone
    print(f"""
  Portal   {settings.BASE_URL}/
  Admin    {settings.BASE_URL}/admin/
  API      {settings.BASE_URL}/api/v1/docs
""")
    if settings.BILLING_SANDBOX:
        call_command("demo", logins=True)
    print("Ctrl-C stops everything.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
