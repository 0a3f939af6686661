"""The errors that ssl_core raises for people: each message says what was wrong, where, and what to do."""


class SslCoreError(Exception):
    """Base of every error that a user can mend; the command line prints its message as one line."""


class DistributedError(SslCoreError):
    """Processes that cannot work together: one has ended, or the batch cannot be split over them."""


class LostContactError(DistributedError):
    """Another process of the run has ended or hangs; the only error that the processes do not share."""
