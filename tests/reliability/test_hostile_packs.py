"""Packs of a stranger's: each fails in one clear line, or means nothing; none runs, reads, connects or fills memory."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import ROOT, environment
from figures import FULL, Figure, keep
from hostile_packs import PACKS, Pack
from watching import Seen, Watched

SECONDS = 2.0
BYTES = 200_000_000
ODD = tuple(chr(code) for code in (*range(9), *range(11, 32), 0x7F, 0x9B, 0x202E))


def unpack(pack: Pack, folder: Path) -> Path:
    """The pack's files on disk."""
    folder.mkdir(parents=True)
    for name, content in pack.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return folder


def tried(pack: Pack, tmp_path: Path, watched: Watched) -> list[Seen]:
    folder = unpack(pack, tmp_path / "pack")
    work = tmp_path / "work"
    work.mkdir()
    return [
        watched.run([part.replace("{work}", str(work)) for part in command], folder=folder, work=work)
        for command in pack.commands
    ]


def wrong(pack: Pack, seen: list[Seen]) -> list[str]:
    """What of a pack's commands was not as it must be."""
    last = seen[-1]
    said = [line for line in last.err.splitlines() if line]
    found = [f"touched {fault}" for item in seen for fault in item.faults]
    found += [f"took {item.cpu:.1f} s" for item in seen if item.cpu >= SECONDS]
    found += [f"took {item.peak:,} bytes" for item in seen if item.peak >= BYTES]
    found += [f"moves the terminal: {item.err!r}" for item in seen if any(odd in item.err + item.out for odd in ODD)]
    found += [
        f"tells its own fault: {item.err}" for item in seen if "Traceback" in item.err or "of its own" in item.err
    ]
    found += [f"ended with {item.code}: {item.err}" for item in seen[:-1] if item.code]
    if last.code != pack.code:
        found.append(f"ended with {last.code}, not {pack.code}: {last.err[:300]}")
    place = last.out if pack.code == 0 else "".join(said[:1])
    if pack.says not in place:
        found.append(f"does not say {pack.says!r}: {place[:300]}")
    if pack.code and not 1 <= len(said) <= pack.lines:
        found.append(f"says {len(said)} lines: {said[:5]}")
    return found


def test_sixty_hostile_packs_fail_in_one_line_and_touch_nothing(tmp_path: Path) -> None:
    outcomes: dict[str, tuple[list[Seen], list[str]]] = {}
    with Watched(alone=FULL) as watched:
        for pack in PACKS:
            seen = tried(pack, tmp_path / pack.name.replace(" ", "-"), watched)
            outcomes[pack.name] = seen, wrong(pack, seen)
    every = [item for seen, _ in outcomes.values() for item in seen]
    bad = [name for name, (_, faults) in outcomes.items() if faults]
    slowest, largest = max(item.cpu for item in every), max(item.peak for item in every)
    touched = sum(len(item.faults) for item in every)
    way = "a process each" if FULL else "a forked process each"
    keep(
        Figure(
            name="hostile_packs",
            test=f"hostile task, rubric, data and replies packs by the real command line, {way}, under an audit hook",
            asked="0 code run, 0 reads outside, 0 sockets, each < 2 s and < 200 MB, one clear line",
            tried=len(PACKS),
            unit="packs",
            failed=len(bad),
            measured=f"{touched} touched what they may not; at most {slowest:.1f} s of CPU and {largest / 1e6:.0f} MB",
            seconds=sum(item.cpu for item in every),
            details={"failed": bad},
        )
    )
    assert len(outcomes) == len(PACKS) >= 60
    assert not bad, "\n".join(f"{name}: {fault}" for name in bad for fault in outcomes[name][1])


SPY = """
import os, socket, subprocess, sys, tempfile
def main(argv):
    what = argv[0]
    if what == "reads":
        open("/etc/passwd").read()
    elif what == "lists":
        os.listdir("/etc")
    elif what == "writes":
        open(argv[1] + "/../outside", "w").close()
    elif what == "connects":
        with socket.socket(socket.AF_INET) as one:
            one.connect_ex(("127.0.0.1", 9))
    elif what == "asks for a name":
        try:
            socket.getaddrinfo("localhost", 80)
        except OSError:
            pass
    elif what == "starts":
        subprocess.run(["true"])
    elif what == "a shell":
        os.system("true")
    elif what == "evaluates":
        eval("1 + 1")
    elif what == "unpickles":
        import pickle
        pickle.loads(b"cos\\nsystem\\n(S'true'\\ntR.")
    elif what == "imports":
        sys.path.insert(0, argv[1])
        import foreign
    elif what == "nothing":
        import asyncio
        asyncio.run(asyncio.sleep(0))
        with tempfile.TemporaryFile(dir=argv[1]) as file:
            file.write(b"x")
    return 0
"""
DEEDS = {
    "reads": "open /etc/passwd", "lists": "os.listdir /etc", "writes": "outside", "connects": "socket.connect",
    "asks for a name": "socket.getaddrinfo", "starts": "subprocess.Popen", "a shell": "os.system",
    "evaluates": "compile by", "unpickles": "pickle.find_class", "imports": "import foreign",
}  # fmt: skip


@pytest.mark.parametrize("deed", [*DEEDS, "nothing"])
def test_the_hook_sees_what_it_is_there_to_see(deed: str, tmp_path: Path) -> None:
    """A figure of 0 is worth what its instrument is worth."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "foreign.py").write_text("x = 1\n")
    (tmp_path / "spy.py").write_text(SPY)
    starter = tmp_path / "starter.py"
    program = ROOT / "tests" / "audited.py"
    starter.write_text(
        f"import sys\nsys.path[:0] = [{str(tmp_path)!r}, {str(program.parent)!r}]\nimport spy, audited\n"
        "watch = audited.Watch(reads=[], writes=[sys.argv[2]])\nwatch.install()\nspy.main(sys.argv[1:])\n"
        "watch.on = False\nprint('\\n'.join(watch.faults + watch.foreign_modules()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", starter, deed, tmp_path / "work"], capture_output=True, text=True, check=True
    )
    # spy.py itself is foreign, so that what it calls is seen by who calls it and by what is called
    found = [line for line in done.stdout.splitlines() if not line.startswith("import spy")]
    if deed == "nothing":
        assert [line for line in found if "spy.py" not in line] == []
    else:
        assert any(DEEDS[deed] in line for line in found), found


def test_a_fault_of_a_job_is_a_traceback_that_tests_can_see(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with Watched() as nursery:
        seen = nursery.run(["nothing"], folder=tmp_path, work=tmp_path / "work", target="time:no_such")
    assert seen.code == 70
    assert "no_such" in seen.err


def test_a_module_in_the_folder_where_one_stands_is_not_run(tmp_path: Path) -> None:
    """`python -m judge`, typed in a stranger's folder: Python puts that folder before all libraries."""
    pack = next(pack for pack in PACKS if pack.name == "modules in the folder")
    folder = unpack(pack, tmp_path / "pack")
    for name in ("yaml", "numpy", "csv", "pathlib", "pydantic", "json", "argparse", "difflib", "jsonlines"):
        (folder / f"{name}.py").write_text("import os\nos.mkdir('pwned')\n")
    command = [sys.executable, "-m", "judge", "tasks", "check", "task.yaml"]
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (folder / "pwned").exists()
    assert time.monotonic() - started < 30
