"""Times and memory of an adapter, printed as one line of JSON. Only the standard library is imported, which is fast."""

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def _age() -> float:
    """Return the age of this process (s); 0 where the system does not say."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        age = float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0
    return age if 0.0 <= age < 60.0 else 0.0


_START = time.perf_counter() - _age()


class Run:
    """Times of the parts of one run: ``with run.timed("solve"): ...``, then :meth:`report`."""

    def __init__(self, tool: str, problem: str) -> None:
        self.tool, self.problem = tool, problem
        self.seconds = dict.fromkeys(("import_s", "setup_s", "solve_s", "warm_s", "total_s"))

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Time a part. The end of ``solve`` also sets the total since the process started."""
        start = time.perf_counter()
        yield
        now = time.perf_counter()
        self.seconds[f"{part}_s"] = now - start
        if part == "solve":
            self.seconds["total_s"] = now - _START

    def report(self, version: str, answer: float | None, status: str, **more: Any) -> None:
        """Print the line.

        Args:
            version: Of the tool.
            answer: Objective in the unit of the problem; None if there is none.
            status: ``solved``, or the message of the tool.
            more: Further entries of the line.
        """
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        seconds = {part: value if value is None else round(value, 4) for part, value in self.seconds.items()}
        line = {"tool": self.tool, "version": version, "problem": self.problem, **seconds}
        print(json.dumps({**line, "answer": answer, "status": status, "peak_mb": round(peak, 1), **more}), flush=True)
