"""Machine code of CasADi functions: compiled from C in the background where there is a C compiler, kept on disk.

CasADi evaluates expressions by a virtual machine. The same operations compiled from C take a fifth to a tenth of the time.
They give the same numbers, bit for bit, because the compiler may neither contract nor reorder them. Compiling takes seconds,
so that functions are compiled only once their solves have taken long (:func:`note_solve`), by a process beside this one. Later
programmes use what is ready (:attr:`MachineCode.functions`). Without a compiler, or a folder for kept functions, nothing is
compiled.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from atexit import register
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import casadi as ca

from hoverslam.data.kept import Kept

LONG = 1.0  # s that solves of a process take together from which on their functions are worth compiling
_KEPT = Kept("compiled", most=100_000_000)
# Contraction to fused operations would change last digits. Higher levels take longer and gain nothing.
_FLAGS = ("-O1", "-ffp-contract=off", "-fPIC", "-shared")

# A library gets its name when it is whole. Where this process was killed, the shell stops and removes the folder.
_SCRIPT = """
parent=$1; compiler=$2; flags=$3; shift 3
gone() { ! kill -0 "$parent" 2>/dev/null; }
for name in "$@"; do
  gone && break
  nice -n 10 "$compiler" $flags "$name.c" -o "$name.part" -lm && mv "$name.part" "$name.so"
done
gone && rm -rf "$PWD"
"""


class MachineCode:
    """Functions as machine code, once that is ready.

    Args:
        digest: Name of the compiled functions on disk; empty if they cannot be kept.
        functions: The functions, each with a name of its own.

    Attributes:
        seconds: Time (s) of the solves of this process that evaluated them.
    """

    def __init__(self, digest: str, functions: Iterable[ca.Function]) -> None:
        self.seconds = 0.0
        self.digest = digest
        self._functions = {function.name(): function for function in functions}
        self._compiled: dict[str, ca.Function] = {}
        self._unusable = not digest

    @property
    def is_ready(self) -> bool:
        """Whether :attr:`functions` are compiled."""
        return bool(self._compiled)

    @property
    def functions(self) -> dict[str, ca.Function]:
        """The functions by name: compiled ones if an entry on disk can be loaded, else those of the virtual machine."""
        if not self._compiled and not self._unusable:
            content = _KEPT.get(self.digest)
            if content is not None:
                self._load(content)
        return self._compiled or self._functions

    def is_wanted(self) -> bool:
        """Return whether the functions can be compiled and are not."""
        return not self._unusable and self.functions is not self._compiled

    def write_c(self, folder: Path) -> None:
        """Write the functions as one C file, ``NAME.c``."""
        generator = ca.CodeGenerator(f"{self.name}.c", {"with_header": False})
        for function in self._functions.values():
            generator.add(function)
        generator.generate(f"{folder}{os.sep}")

    @property
    def name(self) -> str:
        """Name of the files; it begins with a letter, as CasADi asks for."""
        return f"code_{self.digest}"

    def _load(self, content: bytes) -> None:
        """Load a compiled library. One that this system does not take, or has no room for, is not tried again."""
        try:
            with tempfile.TemporaryDirectory(prefix="hoverslam-", ignore_cleanup_errors=True) as folder:
                path = Path(folder) / f"{self.name}.so"
                path.write_bytes(content)
                loaded = {name: ca.external(name, str(path)) for name in self._functions}
        except (OSError, RuntimeError):
            self._unusable = True
            return
        self._compiled = loaded


class _Compiler:
    """Compiles functions one after the other in a process of its own, at low priority."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._waiting: dict[str, MachineCode] = {}
        self._running: dict[str, MachineCode] = {}
        self._process: subprocess.Popen[Any] | None = None
        self._folder: Path | None = None
        self._tried: set[str] = set()

    def add(self, codes: Iterable[MachineCode]) -> None:
        """Ask for functions to be compiled."""
        if os.getpid() != self._owner:  # after a fork, the process beside belongs to the parent
            self.__init__()  # type: ignore[misc]
        for code in codes:
            if code.digest not in self._tried and code.is_wanted():
                self._tried.add(code.digest)
                self._waiting[code.digest] = code
        self.collect()

    def collect(self) -> None:
        """Keep what has been compiled since the last call, and start on what waits if nothing is running."""
        if os.getpid() != self._owner:
            return
        if self._process is not None:
            ended = self._process.poll() is not None  # asked first: what is written after the answer is found next time
            self._keep_finished()
            if not ended:
                return
            self._clear()
        if self._waiting:
            self._start()

    def stop(self) -> None:
        """Stop the process, and keep what it has finished."""
        if self._process is None or os.getpid() != self._owner:
            return
        with suppress(OSError):
            os.killpg(self._process.pid, 15)
        self._process.wait()
        self._keep_finished()
        self._clear()

    def wait(self) -> None:
        """Wait until everything asked for has been compiled."""
        while self._process is not None or self._waiting:
            if self._process is not None:
                self._process.wait()
            self.collect()

    def _start(self) -> None:
        self._running, self._waiting = self._waiting, {}
        compiler = shutil.which("cc")
        if compiler is None or sys.platform == "win32":
            self._running = {}
            return
        names = [code.name for code in self._running.values()]
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="hoverslam-"))
            for code in self._running.values():
                code.write_c(self._folder)
            self._process = subprocess.Popen(
                ["sh", "-c", _SCRIPT, "sh", str(os.getpid()), compiler, " ".join(_FLAGS), *names],
                cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, RuntimeError):  # a full disk, as CasADi and as Python say it, or no shell
            self._clear()

    def _keep_finished(self) -> None:
        assert self._folder is not None
        for code in list(self._running.values()):
            with suppress(OSError):
                _KEPT.put(code.digest, (self._folder / f"{code.name}.so").read_bytes())
                del self._running[code.digest]

    def _clear(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process, self._folder, self._running = None, None, {}


_COMPILER = _Compiler()  # of the process
register(lambda: _COMPILER.stop())


def note_solve(codes: Iterable[MachineCode], seconds: float) -> None:
    """Note the time of a solve, and compile in the background the functions whose solves took longer than :data:`LONG`.

    Args:
        codes: The functions that it evaluated; those of like phases are the same.
        seconds: How long it took (s).
    """
    different = {id(code): code for code in codes}.values()
    for code in different:
        code.seconds += seconds
    compile_later([code for code in different if code.seconds > LONG])


def compile_later(codes: Iterable[MachineCode]) -> None:
    """Compile functions in the background; each is asked for once a process. What does not compile stays as it is."""
    if _KEPT.folder is not None:
        _COMPILER.add(codes)


def collect_compiled() -> None:
    """Keep on disk what has been compiled in the background, so that :attr:`MachineCode.functions` finds it."""
    _COMPILER.collect()


def wait_for_compiled() -> None:
    """Wait until everything that :func:`compile_later` was asked for has been compiled or has failed."""
    _COMPILER.wait()
