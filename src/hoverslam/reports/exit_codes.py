"""Exit codes of every command and script. A signal gives 128 + its number, as shells report it: Ctrl-C 130."""

VERIFIED = 0  # solved, and confirmed by the independent check
NOT_VERIFIED = 1  # solved but not verified, or not solved
WRONG_INPUT = 2
NOT_WRITTEN = 3  # computed, but a file could not be written where it was asked for


def exit_code(verified: bool) -> int:
    """Return the exit code of a result that is verified or not."""
    return VERIFIED if verified else NOT_VERIFIED
