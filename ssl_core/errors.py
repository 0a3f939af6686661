"""The errors that ssl_core raises for people: each message says what was wrong, where, and what to do."""


class SslCoreError(Exception):
    """Base of every error that a user can mend; the command line prints its message as one line."""
