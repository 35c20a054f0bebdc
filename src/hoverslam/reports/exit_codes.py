"""Exit codes of every command and script."""

VERIFIED = 0  # solved, and confirmed by the independent check
NOT_VERIFIED = 1  # solved but not verified, or not solved
WRONG_INPUT = 2
NOT_WRITTEN = 3  # computed, but a file could not be written where it was asked for
INTERRUPTED = 130  # Ctrl-C: 128 + SIGINT, as shells report it; other signals give 128 + their number


def exit_code(verified: bool) -> int:
    """Return the exit code of a result that is verified or not."""
    return VERIFIED if verified else NOT_VERIFIED
