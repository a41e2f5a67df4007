"""Version 1 of the HTTP API; `api` puts it together."""
