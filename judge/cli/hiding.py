"""Keeps keys out of tracebacks and of what libraries log or warn of, whatever --debug or their own switches show."""

from __future__ import annotations

import functools
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from providers.keys import Keys


class Hiding:
    """Of one command; the keys are gathered when the first line is to be shown."""

    def __init__(self, address: str | None) -> None:
        """`address` is --base-url, which may hold a password."""
        self._address = address

    @functools.cached_property
    def _keys(self) -> Keys:
        from providers.keys import all_keys

        return all_keys(os.environ, [self._address])

    def text(self, said: str) -> str:
        """Without any key."""
        return self._keys.hide(said)

    def traceback(self, error: BaseException) -> str:
        """Where it happened, of its causes too."""
        return self.text("".join(traceback.format_exception(error)))

    def uncaught(self, _: type[BaseException], error: BaseException, *__: object) -> None:
        """Python's last word on an error."""
        _write(sys.stderr, self.traceback(error))

    def guard(self) -> Callable[[], None]:
        """From here on nothing that is logged or warned of holds a key; what is returned takes that back."""
        factory, show, hook = logging.getLogRecordFactory(), warnings.showwarning, sys.unraisablehook

        def record(*given: Any, **named: Any) -> logging.LogRecord:
            made = factory(*given, **named)
            try:
                said = made.getMessage()
            except (TypeError, ValueError):
                said = str(made.msg)
            made.msg, made.args = self.text(said), None
            if made.exc_info and made.exc_info[1] is not None:
                made.exc_text, made.exc_info = self.traceback(made.exc_info[1]).rstrip("\n"), None
            return made

        def warned(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            said = self.text(str(message))
            show(said if said != str(message) else message, category, *place, **more)

        def unraisable(raised: Any) -> None:
            said = self.traceback(raised.exc_value) if raised.exc_value is not None else ""
            _write(sys.stderr, f"{raised.err_msg or 'Exception ignored'}: {said}")

        logging.setLogRecordFactory(record)
        warnings.showwarning, sys.unraisablehook = warned, unraisable

        def undo() -> None:
            logging.setLogRecordFactory(factory)
            warnings.showwarning, sys.unraisablehook = show, hook

        return undo


def _write(stream: TextIO | None, text: str) -> None:
    if stream is not None:
        stream.write(text)
