"""A fake server whose replies are decided by a function of the test: a judge of known error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fake_server import Fake, in_thread

Decide = Callable[[str, str], str]
"""(model, the prompt's whole text) to the reply's text."""


class Deciding(Fake):
    """The fake service, with a function in place of a script."""

    def __init__(self, ledger: Path, decide: Decide) -> None:
        super().__init__(ledger, {}, latency=0.0)
        self.decide = decide

    def reply_to(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What the function says of this call."""
        return {"text": self.decide(str(call["model"]), str(call["text"])), "model": call["model"]}


@contextmanager
def deciding(folder: Path, decide: Decide) -> Iterator[str]:
    """The base URL of such a server in a thread of this process; its ledger is folder/ledger.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    with in_thread(Deciding(folder / "ledger.jsonl", decide)) as url:
        yield url
