"""Why a document could not be made. These are faults of the installation or of our own code, not refusals to a customer."""


class DocumentError(Exception):
    """A document was not made; the message is for the operator's log."""


class BadContext(DocumentError, ValueError):
    """The values of a document contradict each other, so printing them would print a wrong sum."""


class RenderBlocked(DocumentError):
    """The document asked for a file that is not one of our own; nothing was fetched and nothing was printed."""


class RendererMissing(DocumentError):
    """The libraries that set text are not installed; the message says which command installs them."""
