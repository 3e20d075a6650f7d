"""Every command and option, with its help; nothing else is imported here, so that --help is quick."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any, NoReturn

import judge
from judge.cli import arguments_judge, arguments_trust
from judge.cli.arguments_asides import DATA_HELP, FILLERS
from judge.cli.arguments_pairs import compare_options
from judge.cli.arguments_review import review_options
from judge.cli.values import dollars, number_or_none, positive, seconds, setting, shard, whole
from judge.errors import nearest
from judge.shell import command
from judge.visible import one_line

COMMANDS = {
    "run": "suiting",
    "score": "scoring",
    "compare": "contesting",
    "report": "reporting",
    "review": "reviewing",
    "import": "importing",
    "merge": "merging",
    "media": "looking",
    "show": "showing",
    "ls": "showing",
    "tasks": "catalogue",
    "rubrics": "catalogue",
    "providers": "catalogue",
    "metrics": "catalogue",
    "new": "making",
    "demo": "demo",
    "doctor": "doctor",
    "cache": "caching",
    "data": "holding",
    "references": "citing",
    "trust": "trusting",
}
FORMAT_NAMES = ("jsonl", "emobench", "emobench-m", "mme-emotion", "roscoe")
_EPILOG = """exit codes: 0 complete; 1 finished with call, media or judge errors, with answers missing, or by a
budget stop; 2 usage or an invalid file; 3 nothing could be done (no key, refused, missing media, folder locked);
4 could not write; 130 interrupted; 143 terminated. The data of tasks that do not ship with theirs is looked for below
--data, else below the folder that JUDGE_DATA names."""


_CHOICE = re.compile(r"argument ([^:]{1,80}): invalid choice: '(.{0,200}?)' \(choose from (.*)\)", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """One line for a wrong command line, with the nearest word that exists; no option may be cut short."""

    def __init__(self, **named: Any) -> None:
        """As argparse makes one."""
        super().__init__(**(named | {"allow_abbrev": False}))
        self._words: list[str] = []

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; what this command does not know is said by itself, with its own help page."""
        self._words = list(sys.argv[1:] if args is None else args)
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self._refuse(rest)
        return found, rest

    def _refuse(self, rest: Sequence[str]) -> NoReturn:
        """Name the first option that is not there, else the words that have no place."""
        wrong = next((word.partition("=")[0] for word in rest if word.startswith("--") and len(word) > 2), None)
        if wrong is None:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        self.error(f'unknown option "{wrong}"{nearest(wrong, self._known())}')

    def _mistyped(self) -> list[str]:
        """Options of this line that this command does not have; what stands behind a command's name is that one's."""
        if any(isinstance(action, argparse._SubParsersAction) for action in self._actions):
            return []
        words = self._words[: self._words.index("--")] if "--" in self._words else self._words
        return [word for word in words if word.startswith("--") and word.partition("=")[0] not in self._known()]

    def _known(self) -> Collection[str]:
        return self._option_string_actions

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with 2."""
        if message.startswith("the following arguments are required") and (wrong := self._mistyped()):
            name = wrong[0].partition("=")[0]
            message = f'unknown option "{name}"{nearest(name, self._known())}'
        elif chosen := _CHOICE.match(message):
            what, given, allowed = chosen.groups()
            words = re.findall(r"[\w.-]+", allowed)
            named = f'unknown command "{given}"' if what == "COMMAND" else f'{what}: unknown "{given}"'
            message = named + (nearest(given, words) or ("" if what == "COMMAND" else f" (one of {', '.join(words)})"))
        print(one_line(f"{self.prog}: {message}   (see: {self.prog} --help)"), file=sys.stderr)
        raise SystemExit(2)


def build() -> argparse.ArgumentParser:
    """The whole parser."""
    parser = Parser(prog=command(), description=judge.__doc__, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"judge {judge.__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name, fill in _FILLERS.items():
        about = (fill.__doc__ or "").strip()
        child = commands.add_parser(name, help=about, description=about)
        child.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        fill(child)
    return parser


def _task_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", metavar="KEY=VALUE", type=setting, action="append", default=[], dest="settings",
                        help="a setting of the task, or media=frames|whole")  # fmt: skip
    parser.add_argument("--data", metavar="FILE|DIR", help=DATA_HELP)
    parser.add_argument("--out", metavar="DIR", default="results", help="where runs are kept (results)")
    parser.add_argument("--name", help="the run's folder name in place of task--model--digest")
    parser.add_argument("--fresh", action="store_true", help="move an existing run aside and begin anew")


def _run(parser: argparse.ArgumentParser) -> None:
    """ask a model every item of a task, or of each task of a suite"""
    add = parser.add_argument
    add("task", help="a task's or a suite's YAML file, or the name of a shipped one")
    add("--task", metavar="NAMES", dest="members", help="of a suite: only these of its tasks, e.g. HU,SD")
    add("--provider", required=True, help=f"a preset: {command('providers', 'list')}")
    add("--model", help="in place of the preset's model")
    add("--base-url", metavar="URL", help="of an OpenAI-compatible server (--provider endpoint), or a proxy")
    add("--replies", metavar="FILE|RUN", help="recorded replies for --provider replay")
    add("--modalities", metavar="LIST", help="senses to send, e.g. text,audio (all that the task has)")
    add("--accepts", metavar="LIST", help="forms that the model takes: text,image,frames,audio,video,video+sound")
    add("--media", metavar="DIR", help="where the task's clips lie, if not with its data")
    add("--structured", action="store_true", help="hold answers that are read as JSON to a schema")
    add("--prompt", choices=["qa", "cot"], help="answer only, or chain of thought (the task's default)")
    _task_options(parser)
    add("--limit", metavar="N", type=positive, help="the first N items")
    add("--ids", metavar="FILE", help="only the items whose ids stand in the file, one per line")
    add("--only", choices=["failed", "unparsed"], help="ask again only what failed, or what could not be read")
    add("--repeats", metavar="N", type=positive, help="draws of each item (the task's, else 1)")
    add("--seed", metavar="N", type=whole, help="of the random baseline; also sent to models that take one")
    add("--temperature", metavar="T|none", type=number_or_none, help="none: send none")
    add("--top-p", metavar="P|none", type=number_or_none)
    add("--max-tokens", metavar="N", type=positive)
    add("--reasoning-effort", metavar="LEVEL")
    add("--system", metavar="FILE", help="a system prompt in place of the task's")
    add("--concurrency", metavar="N", type=positive, help="calls in flight (the preset's)")
    add("--patience", metavar="S", type=seconds, help="stop after S seconds without any success (300; 0: do not wait)")
    add("--shard", metavar="I/N", type=shard, help="every N-th item, for several machines; then merge")
    add("--cache", metavar="DIR|off", help="stored replies ($JUDGE_CACHE, else .judge-cache)")
    add("--max-cost", metavar="USD", type=dollars, help="stop before more than this is spent")
    add(
        "--batch",
        action="store_true",
        help="by the vendor's batch API: half price, within a day; resumed by the same line",
    )
    add("--dry-run", action="store_true", help="check everything, print calls, tokens and money, send nothing")
    add("--local-only", action="store_true", help="refuse providers that send data out")
    _local_options(parser)


def _local_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("models on this machine (--provider local)").add_argument
    add("--batch-size", metavar="N", type=positive, default=8, help="prompts that generate together (8)")
    add("--dtype", default="auto", help="e.g. bfloat16 (the model's own)")
    add("--device-map", default="auto", help="e.g. cpu, cuda:0 (auto)")
    add("--model-arg", metavar="K=V", type=setting, action="append", default=[], dest="model_args",
        help="passed on to from_pretrained; processor.K to the processor's")  # fmt: skip
    add("--adapter", metavar="PATH", help="a LoRA adapter (PEFT, safetensors)")
    add("--revision", help="of a hub id: a branch, a tag or a commit")
    add("--trust-remote-code", action="store_true", help="run code that comes with the model, at a pinned --revision")


def _score(parser: argparse.ArgumentParser) -> None:
    """score runs: label and text metrics, and one or more judges; then the averages of their suites"""
    add = parser.add_argument
    add("paths", nargs="+", metavar="PATH", help="runs, suites, or folders of them")
    add("--suite", metavar="FILE|NAME", help="take runs that were made or imported one by one as runs of this suite")
    add("--judge", metavar="PROVIDER[:MODEL]", action="append", default=[], dest="judges",
        help="rules (offline), or any provider; extract=A and rate=B: two models as one judge; "
             "may be given several times (default: the rubric's)")  # fmt: skip
    add("--rubric", metavar="FILE|NAME", action="append", default=[], dest="rubrics", help="default: the task's")
    arguments_judge.which(parser)
    arguments_judge.asked(parser)
    add("--judge-repeats", metavar="N", type=positive, default=1, help="ratings of each answer by each judge (1)")
    add("--combine", choices=["vote", "median", "mean"], help="the judges as a panel, too: their ratings in one row")
    add("--metrics", metavar="LIST", action="append", default=[], help="only these, by comma (default: the task's)")
    add("--mode", choices=["strict", "faithful"], default="strict", help="printed first; both are stored")
    add("--set", metavar="KEY=VALUE", type=setting, action="append", default=[], dest="settings",
        help="how answers are read: thinking=apart|kept (the models are asked nothing anew)")  # fmt: skip
    arguments_judge.spent(parser)
    add("--data", metavar="FILE|DIR", help="where the runs' data is now, if it moved ($JUDGE_DATA)")
    add("--bertscore-model", metavar="ID|DIR", help="in place of bert-score's default for the task's language")
    add("--bertscore-layers", metavar="N", type=positive)
    add("--fresh", action="store_true", help="score again what is already scored")
    add("--only", choices=["unread"], help="ask the judge again where its reply could not be read, past the cache")


def _report(parser: argparse.ArgumentParser) -> None:
    """report.md, report.json and report.html of all scored runs"""
    parser.add_argument("path", metavar="PATH", help="a folder of runs, or one run")
    parser.add_argument("--out", metavar="DIR", help="where the report is written (PATH)")
    parser.add_argument("--mode", choices=["strict", "faithful"], default="strict", help="shown first")


def _import(parser: argparse.ArgumentParser) -> None:
    """turn answers made elsewhere into a run"""
    parser.add_argument("files", nargs="+", metavar="FILE", help='lines of {"id", "reply", ...}')
    parser.add_argument("--task", required=True, help="a task's YAML file, or the name of a shipped one")
    parser.add_argument("--model", required=True, help="who answered")
    parser.add_argument("--format", choices=FORMAT_NAMES, default="jsonl",
        help="jsonl: lines of id and reply; the others are each benchmark's own result files")  # fmt: skip
    parser.add_argument("--prompt", choices=["qa", "cot"], help="which prompt was answered (default: the lines' own)")
    _task_options(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    """join the shards of a run"""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="the shards' folders")
    parser.add_argument("--out", metavar="DIR", help="where the whole run is kept (beside the shards)")


def _media(parser: argparse.ArgumentParser) -> None:
    """what a model would see, hear and read of one item: contact sheet, wav, text"""
    add = parser.add_argument
    add("task", help="a task's YAML file, or the name of a shipped one")
    add("--sample", metavar="ID", required=True, help="an item's id")
    add("--provider", help="as this one would get it (default: frames and sound)")
    add("--model", help="in place of the preset's model")
    add("--base-url", metavar="URL")
    add("--modalities", metavar="LIST", help="senses to send, e.g. text,audio")
    add("--accepts", metavar="LIST", help="forms that the model takes: text,image,frames,audio,video")
    add("--media", metavar="DIR", help="where the task's clips lie, if not with its data")
    add("--prompt", choices=["qa", "cot"])
    add("--set", metavar="KEY=VALUE", type=setting, action="append", default=[], dest="settings")
    add("--data", metavar="FILE|DIR", help=DATA_HELP)
    add("--cache", metavar="DIR|off", help="where decoded media are kept ($JUDGE_CACHE, else .judge-cache)")
    add("--out", metavar="DIR", default="results/media", help="where the files are put (results/media)")


_FILLERS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "run": _run,
    "score": _score,
    "compare": compare_options,
    "report": _report,
    "review": review_options,
    "import": _import,
    "merge": _merge,
    "media": _media,
    "trust": arguments_trust.fill,
} | FILLERS
