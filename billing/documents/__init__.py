"""Documents for people: a context of plain values goes in, the bytes of a PDF come out.

Nothing here reads the database, the settings, the clock or the network. `context` says what a document needs, `renderer`
makes it; the texts of a document follow the document's own language, never that of whoever happens to ask for it.
"""
