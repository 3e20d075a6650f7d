"""Runs `judge` commands under Python's audit events and says what each touched outside what it may.

`python tests/audited.py serve` forks one child for each job that it reads; `... one JOB` is a process of its own.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import socket
import sys
import sysconfig
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEMORY = 3 * 2**30
SYSTEM = ("/usr/share/zoneinfo", "/usr/lib/locale", "/usr/share/locale", "/etc/localtime", "/dev/null", "/dev/urandom")
NETWORK = {
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
    "socket.gethostbyaddr", "socket.getnameinfo", "urllib.Request", "http.client.connect", "ftplib.connect",
}  # fmt: skip
PROCESSES = {
    "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn",
    "os.kill", "os.killpg", "os.startfile",
}  # fmt: skip
CHANGES = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "os.mkfifo", "os.mknod", "shutil.rmtree", "shutil.copyfile", "shutil.move", "os.chdir",
}  # fmt: skip
CODE = {
    "pickle.find_class",
    "code.__new__",
    "cpython.run_command",
    "cpython.run_file",
    "ctypes.dlopen",
    "marshal.loads",
}


def code_roots() -> list[str]:
    """Where Python code may come from: Python itself, its libraries, this project (the tests for this file only)."""
    found = [*sysconfig.get_paths().values(), *(path for path in sys.path if "-packages" in path), os.__file__]
    found = [path if Path(path).is_dir() else str(Path(path).parent) for path in found]
    return _real([*found, str(ROOT / "judge"), str(ROOT / "providers"), __file__])


def _real(paths: list[str] | tuple[str, ...]) -> list[str]:
    return sorted({os.path.realpath(path) for path in paths if path and os.path.realpath(path) not in ("/", "/usr")})


def _below(path: str, roots: list[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


class Watch:
    """Collects what a process does that it may not; nothing is prevented."""

    def __init__(self, reads: list[str], writes: list[str]) -> None:
        self.code = code_roots()
        self.writes = _real(writes)
        self.reads = [*_real([*reads, *writes, str(ROOT)]), *self.code, *_real(SYSTEM)]
        self.faults: list[str] = []
        self.on = False
        self.searched = frozenset(sys.path)
        self._own = [os.path.realpath(ROOT / "judge"), os.path.realpath(ROOT / "providers")]

    def install(self) -> None:
        """From here on; a hook cannot be taken away again."""
        self.on = True
        sys.addaudithook(self._hook)

    def _hook(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.on:
            return
        self.on = False  # or what is done here would be seen, too
        try:
            fault = self._look(event, given)
            if fault and len(self.faults) < 50:
                self.faults.append(f"{event} {fault}"[:300])
        finally:
            self.on = True

    def _look(self, event: str, given: tuple[Any, ...]) -> str:
        if event == "open":
            return self._opened(*given[:3])
        if event in ("os.listdir", "os.scandir"):
            path = given[0] if given[0] is not None else "."
            # Python lists the folders where it looks for modules
            return "" if path in self.searched else self._path(path, self.reads)
        if event in CHANGES:
            pair = given[:2] if event in ("os.rename", "os.link", "os.symlink", "shutil.move") else given[:1]
            return next((found for path in pair if (found := self._path(path, self.writes, follow=False))), "")
        if event == "socket.__new__":
            return "" if given[1] == socket.AF_UNIX else f"family {given[1]}"
        if event in NETWORK or event in PROCESSES:
            return repr(given)[:200]
        if event in ("compile", "exec", *CODE):
            return self._code(event, given)
        return ""

    def _opened(self, path: Any, mode: Any, flags: int) -> str:
        if isinstance(path, int):
            return ""
        writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        return self._path(path, self.writes if writing else self.reads, follow=not flags & os.O_NOFOLLOW)

    def _path(self, path: Any, roots: list[str], *, follow: bool = True) -> str:
        if isinstance(path, int):
            return ""
        text = os.fsdecode(path)
        with contextlib.suppress(ValueError):
            real = os.path.realpath(text) if follow else f"{os.path.realpath(Path(text).parent)}/{Path(text).name}"
            if not _below(real, roots) and (os.path.lexists(real) or roots is self.writes):
                return f"{text} ({real})"
        return ""  # what is not there gives nothing

    def _code(self, event: str, given: tuple[Any, ...]) -> str:
        frame = sys._getframe(3)
        caller = frame.f_code.co_filename
        if event == "marshal.loads" and caller.startswith("<frozen importlib"):
            return ""
        if _below(os.path.realpath(caller), self._own) or not self._known(caller):
            return f"by {caller}:{frame.f_lineno}"
        name = given[0].co_filename if event == "exec" and isinstance(given[0], CodeType) else None
        name = os.fsdecode(given[1]) if event == "compile" and given[1] else name
        return "" if name is None or self._known(name) or name.startswith("<") else f"of {name}"

    def _known(self, filename: str) -> bool:
        return filename.startswith("<frozen") or _below(os.path.realpath(filename), self.code)

    def foreign_modules(self) -> list[str]:
        """What was imported from anywhere else."""
        files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
        return [f"import {name} ({file})" for name, file in files.items() if isinstance(file, str)
                and name != "__main__" and not _below(os.path.realpath(file), self.code)]  # fmt: skip


def peak() -> int:
    """Bytes: this process's own highest; getrusage's is inherited from whoever started it."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def run_job(job: dict[str, Any]) -> None:
    """In this process, with its report on disk at the end; one that hangs is killed by its alarm."""
    signal.alarm(job["seconds"])
    for number, name in ((1, "stdout"), (2, "stderr")):
        handle = os.open(f"{job['report']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(job["cwd"])
    os.environ.update(job.get("environment", {}))
    watch = Watch(reads=job["reads"], writes=job["writes"])
    started = time.process_time()
    watch.install()
    try:
        code = int(_target(job)(job["argv"]))
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    except BaseException:  # noqa: BLE001  a traceback is what the tests look for
        traceback.print_exc()
        code = 70
    watch.on = False
    sys.stdout.flush()
    sys.stderr.flush()
    report: dict[str, Any] = {"code": code, "cpu": time.process_time() - started, "peak": peak()}
    report["faults"] = watch.faults + watch.foreign_modules()
    Path(job["report"]).write_text(json.dumps(report))


def _target(job: dict[str, Any]) -> Any:
    module, _, name = job["target"].partition(":")
    return getattr(importlib.import_module(module), name)


def _serve(lines: Iterator[str]) -> None:
    """Everything is imported once; a child costs a few milliseconds and has its own peak, time and hook."""
    for module in ("running", "scoring", "importing", "catalogue", "reporting", "showing", "judges", "merging"):
        importlib.import_module(f"judge.cli.{module}")
    importlib.import_module("providers.replay")
    print("ready", flush=True)
    for line in lines:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            run_job(job)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}), flush=True)


def main() -> None:
    """As the tests start it."""
    sys.dont_write_bytecode = True
    if sys.argv[1] == "serve":
        _serve(iter(sys.stdin))
    else:
        run_job(json.loads(sys.argv[2]))


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # as `python -m judge` in the project has it; not the tests
    main()
