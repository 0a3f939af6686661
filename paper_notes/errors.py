"""The errors that paper_notes raises for people: each message says what was wrong, where, and what to do."""


class PaperNotesError(Exception):
    """Base of every error that an author can mend; the command line prints its message as one line."""


class AddError(PaperNotesError):
    """An entry that cannot be added, and why."""
