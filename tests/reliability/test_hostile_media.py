"""Media of a stranger's, by the real command line under strace and by a worker of its own: FFmpeg reads in C.

What is asked: no file outside is opened, nobody is called, and each file costs little time and memory.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import ROOT, environment, lines_of, write_lines
from fake_server import serve
from figures import Figure, keep
from hostile_media import NAMES, SECRET, files
from media_files import Hands, make_clip

from judge.media.orders import Bounds, Made, Unusable
from judge.media.sources import open_below

SECONDS = 2.0
BYTES = 200_000_000
BYTES_OF_ALLOWED = 500_000_000
"""Of a picture that is as large as any may be, which is decoded and not refused."""
WORKS = {"video": ("frames", "mute", "whole"), "audio": ("audio",), "image": ("image",)}
OPEN = re.compile(r'^(\d+) .*?\b(?:open|openat|openat2|creat)\([^"]*"((?:[^"\\]|\\.)*)"')
CALL = re.compile(r"\bconnect\(\d+, \{sa_family=AF_INET6?, sin6?_port=htons\((\d+)\)")
SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/share/zoneinfo", "/usr/share/locale", "/etc/ld.so.cache", "/etc/localtime",
    "/dev/null", "/dev/urandom", "/proc/self/", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/sys/vm/",
    "/proc/filesystems", "/sys/devices/system/cpu", "/sys/fs/cgroup", "/usr/local/lib", "/usr/local/ssl", "/etc/ssl",
    "/etc/host.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/gai.conf", "/etc/mime.types",
    "/usr/share/mime", "/etc/passwd", "/etc/group",
)  # fmt: skip
PLAIN = "clip.mp4"


@pytest.fixture(scope="module")
def honeypot() -> Iterator[socket.socket]:
    """A port of this machine on which nobody should ever call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory, honeypot: socket.socket) -> tuple[Path, dict[str, str]]:
    """The folder, and the sense of each file and name in it."""
    folder = tmp_path_factory.mktemp("media") / "pack"
    senses = {}
    for name, (sense, content) in files(honeypot.getsockname()[1]).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        senses[name] = sense
    make_clip(folder / PLAIN, 10)
    return folder, senses


def _called(honeypot: socket.socket) -> bool:
    try:
        honeypot.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _task(folder: Path, senses: dict[str, str]) -> Path:
    named = senses | NAMES | {PLAIN: "video"}
    fields = {"image": None, "audio": None, "video": None}
    records = [
        fields | {"id": f"m-{number}", sense: name, "label": "joy"}
        for number, (name, sense) in enumerate(named.items())
    ]
    write_lines(folder / "items.jsonl", records)
    task = {
        "name": "hostile", "version": 1, "about": "Clips.", "licence": "CC0-1.0", "data": {"path": "items.jsonl"},
        "modalities": ["text", "image", "audio", "video"], "media": {name: name for name in fields},
        "labels": {"joy": [], "anger": []}, "asks": [{"name": "label", "qa": "Which?", "read": {"as": "label"}}],
        "target": {"label": "label"}, "metrics": ["accuracy"],
    }  # fmt: skip
    (folder / "task.yaml").write_text(json.dumps(task))
    return folder / "task.yaml"


def _outside(trace: Path, roots: list[str]) -> list[str]:
    """Every file that any process of the trace tried to open and that lies in no root; what was named, and whence."""
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        match = OPEN.match(line)
        if match is None:
            continue
        path = match[2].encode().decode("unicode_escape", "replace")
        if "ENOENT" in line and path != SECRET:
            continue
        if not path.startswith("/"):
            continue  # from an open folder or the working folder, which is a root
        real = os.path.realpath(path)
        if not any(real == root or real.startswith(root.rstrip("/") + "/") or path.startswith(root) for root in roots):
            found.append(line[:200])
    return found


def _roots(*own: Path) -> list[str]:
    code = [*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, *sys.path, *map(str, own), str(ROOT)]
    return [*SYSTEM, *(os.path.realpath(path) for path in code if path and os.path.realpath(path) not in ("/", "/usr"))]


def test_hostile_media_open_no_file_outside_and_call_nobody(
    pack: tuple[Path, dict[str, str]], honeypot: socket.socket, tmp_path: Path
) -> None:
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", "trace=%file,%network,open_by_handle_at"]
    trace = tmp_path / "trace"
    if shutil.which("strace") is None or subprocess.run([*strace, "-o", trace, "true"], check=False).returncode:
        pytest.skip("strace is not installed, or may trace nothing here")
    folder, senses = pack
    task, out = _task(folder, senses), tmp_path / "work"
    environment_ = environment(JUDGE_CACHE=str(out / "cache"), HOME=str(tmp_path))
    with serve(tmp_path / "server") as server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        line = ["run", task, "--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", out]
        accepts = ["--accepts", "text,image,frames,audio"]
        command = [*strace, "-o", str(trace), sys.executable, "-m", "judge", *map(str, [*line, *accepts])]
        refused = subprocess.run(command, cwd=folder, env=environment_, capture_output=True, text=True, check=False)
        outside = _outside(trace, _roots(folder, tmp_path))
        calls = [number for number in CALL.findall(trace.read_text(errors="replace")) if int(number) != port]
        # what no path may be is refused before anything is sent; without it the others are tried one by one
        records = lines_of(folder / "items.jsonl")
        wrong = {*NAMES, "link.mp4", "zero.png", "folder/shadow", "pipe.mp4"}
        kept = [item for item in records if not wrong & {item["image"], item["audio"], item["video"]}]
        write_lines(folder / "items.jsonl", kept)
        done = subprocess.run(command, cwd=folder, env=environment_, capture_output=True, text=True, check=False)
        outside += _outside(trace, _roots(folder, tmp_path))
        calls += [number for number in CALL.findall(trace.read_text(errors="replace")) if int(number) != port]
    answers = {item["sample_id"]: item for path in out.glob("*/answers.jsonl") for item in lines_of(path)}
    called = _called(honeypot)
    failed = len(outside) + len(calls) + called
    keep(
        Figure(
            name="hostile_media",
            test="hostile media files and paths by the real command line under strace, FFmpeg's own calls included",
            asked="0 opens outside, 0 calls to the network",
            tried=len(records) - 1,
            unit="files and paths",
            failed=failed,
            measured=f"{len(outside)} opens outside, {len(calls)} calls",
        )
    )
    assert not outside, "\n".join(outside[:20])
    assert not calls
    assert not called
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (3, "", 1), refused.stderr
    assert (done.returncode, len(answers)) == (1, len(kept)), done.stderr
    plain = next(item["id"] for item in kept if item["video"] == PLAIN)
    assert answers[plain]["status"] == "ok", "a sound clip among them is sent"
    assert any(SECRET in line for line in _outside(_probe(strace, trace), _roots(folder, tmp_path))), "it would be seen"


def _probe(strace: list[str], trace: Path) -> Path:
    """A trace of FFmpeg that is let open what a playlist names."""
    program = (
        "import av, io\n"
        f"text = b'ffconcat version 1.0\\nfile {SECRET}\\n'\n"
        "try:\n    av.open(io.BytesIO(text), format='concat', options={'safe': '0', 'protocol_whitelist': 'file'})\n"
        "except av.FFmpegError:\n    pass\n"
    )
    subprocess.run([*strace, "-o", trace, sys.executable, "-c", program], check=True)
    return trace


def _state(pid: int) -> tuple[float, int]:
    """Seconds of processor time and the highest memory in bytes."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = Path(f"/proc/{pid}/status").read_text()
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, 1024 * int(status.split("VmHWM:")[1].split()[0])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are read from /proc")
def test_hostile_media_cost_little_time_and_memory(pack: tuple[Path, dict[str, str]]) -> None:
    folder, senses = pack
    hands = Hands(seconds=30.0)
    hands.make(folder / PLAIN, work="frames")
    costs: dict[str, tuple[float, int, str]] = {}
    for name, sense in senses.items():
        for work in WORKS[sense]:
            costs[f"{name} ({work})"] = _cost(hands, folder, name, work)
    hands.crew.close()
    allowed = {name: cost for name, cost in costs.items() if name.startswith("large")}
    slow = {
        name: cost
        for name, cost in costs.items()
        if cost[0] >= SECONDS or cost[1] >= (BYTES_OF_ALLOWED if name in allowed else BYTES)
    }
    seconds = max(cost[0] for cost in costs.values())
    most = max(cost[1] for name, cost in costs.items() if name not in allowed)
    largest = max(cost[1] for cost in allowed.values())
    keep(
        Figure(
            name="hostile_media_cost",
            test="hostile media files, each by a decoder process",
            asked="each < 2 s and < 200 MB",
            tried=len(costs),
            unit="decodings",
            failed=len(slow),
            measured=f"at most {seconds:.1f} s of CPU and {most / 1e6:.0f} MB; {largest / 1e6:.0f} MB for a picture of "
            "the 40 million pixels that are allowed",
        )
    )
    assert not slow, slow


def _cost(hands: Hands, folder: Path, name: str, work: str) -> tuple[float, int, str]:
    try:
        os.close(open_below(folder, name, Bounds()))
    except Unusable as problem:
        return 0.0, 0, problem.kind
    if not hands.crew._idle:
        hands.make(folder / PLAIN, work="frames")
    pid = hands.pid
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    before, _ = _state(pid)
    outcome: Made | Unusable
    try:
        outcome = hands.make(folder / name, work=work)
    except Unusable as problem:
        outcome = problem
    if not Path(f"/proc/{pid}").exists():
        return 0.0, BYTES, "ended its worker"
    after, peak = _state(pid)
    return after - before, peak, "made" if isinstance(outcome, Made) else f"{outcome.kind}: {outcome.message}"
