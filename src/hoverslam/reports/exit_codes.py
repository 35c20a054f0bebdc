"""Exit codes of every command and script."""

VERIFIED = 0  # solved, and confirmed by the independent check
NOT_VERIFIED = 1  # solved but not verified, or not solved
WRONG_INPUT = 2
INTERRUPTED = 130  # Ctrl-C: 128 + SIGINT, as shells report it


def exit_code(verified: bool) -> int:
    """Return the exit code of a result that is verified or not."""
    return VERIFIED if verified else NOT_VERIFIED
