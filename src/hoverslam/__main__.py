"""``python -m hoverslam``: the command line."""

from hoverslam.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
