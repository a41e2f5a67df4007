"""Webhooks of payment providers. Nobody signs in here: each report is authenticated by its content."""
