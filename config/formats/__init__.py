"""The way Django's own fields write and read dates: as `billing.wording.formats` does, so that a page has one style."""
