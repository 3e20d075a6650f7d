"""Whole clips for Gemini that are too large to be sent inline: uploaded once, remembered until they expire.

It speaks through google-genai, whose own retries are off; it stores a digest of the key, never the key.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import re
import sqlite3
import time
import warnings
from collections.abc import Awaitable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from providers import bounded
from providers.address import public_url
from providers.errors import NotInstalled, Permanent, ProviderError, Transient
from providers.failures import failure_of, wait_asked
from providers.keys import Keys
from providers.media import named
from providers.records import Media

ADDRESS = "https://generativelanguage.googleapis.com"
KEPT = 48 * 3600.0
"""Seconds that the server keeps a file, where it does not say."""
MARGIN = 3600.0
"""A file that expires sooner than this is uploaded anew: the call that names it may wait, too."""
POLL = 2.0
LONGEST = 1800.0
"""Seconds for one upload, and for the server's work on it; nobody's deadline may be running any more."""
_TABLE = (
    "CREATE TABLE IF NOT EXISTS uploads (project TEXT, sha256 TEXT, name TEXT NOT NULL, uri TEXT NOT NULL, "
    "expires REAL NOT NULL, PRIMARY KEY (project, sha256))"
)
_VERSION = re.compile(r"/v1(?:alpha|beta)?$")
Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """One file on the server."""

    name: str
    uri: str
    expires: float
    """By the wall clock, because a later run must understand it."""


class Memory:
    """uploads.sqlite: what lies on the server, by project and digest. To lose it costs uploads, so it never fails."""

    def __init__(self, folder: Path | None, project: str) -> None:
        """Without a folder, or where the file cannot be used, it lasts as long as this object."""
        self._path = folder / "uploads.sqlite" if folder else None
        self._project = project
        self._own: dict[str, Uploaded] = {}

    def get(self, sha256: str) -> Uploaded | None:
        """What is known of these bytes and holds for a while yet."""
        found = self._own.get(sha256) or self._read(sha256)
        return found if found is not None and found.expires - MARGIN > time.time() else None

    def put(self, sha256: str, uploaded: Uploaded) -> None:
        """Remember it, beyond this process too."""
        self._own[sha256] = uploaded
        row = (self._project, sha256, uploaded.name, uploaded.uri, uploaded.expires)
        self._run("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)", row)

    def forget(self, sha256: str) -> None:
        """It is gone from the server, or of no use."""
        self._own.pop(sha256, None)
        self._run("DELETE FROM uploads WHERE project = ? AND sha256 = ?", (self._project, sha256))

    def _read(self, sha256: str) -> Uploaded | None:
        query = "SELECT name, uri, expires FROM uploads WHERE project = ? AND sha256 = ?"
        for name, uri, expires in self._run(query, (self._project, sha256)):
            if isinstance(expires, float):
                return Uploaded(name=str(name), uri=str(uri), expires=expires)
        return None

    def _run(self, statement: str, values: tuple[str | float, ...]) -> list[tuple[Any, ...]]:
        if self._path is None:
            return []
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=10.0)) as connection, connection:
                connection.execute(_TABLE)
                return connection.execute(statement, values).fetchall()
        except (OSError, sqlite3.Error):
            return []


class Uploads:
    """The files of one Google project, by the digest of their bytes."""

    def __init__(self, key: str, base_url: str | None, memory: Path | None) -> None:
        """`memory` is the folder in which later runs find what was uploaded; None: this process only.

        google-genai is imported by the first upload: most runs need none.
        """
        self._key = key
        self._keys = Keys(key)
        self._base_url = _VERSION.sub("", base_url.rstrip("/")) if base_url else None
        project = hashlib.sha256(f"{public_url(self._base_url or '')}\0{key}".encode()).hexdigest()
        self._memory = Memory(memory, project)
        self._seen: set[str] = set()
        """Names of files that were ACTIVE when this process last asked."""
        self._flying: dict[str, asyncio.Task[str]] = {}
        self._client: Any = None
        self._session: aiohttp.ClientSession | None = None

    async def uri_of(self, media: Media) -> str:
        """The address of the clip's bytes on the server, once they can be used; uploads them where need be.

        Callers of the same bytes share one upload, which goes on even if whoever began it no longer waits.
        """
        flight = self._flying.get(media.sha256)
        if flight is None:
            flight = asyncio.create_task(self._bring(media))
            self._flying[media.sha256] = flight
            flight.add_done_callback(lambda done: self._landed(media.sha256, done))
        return await asyncio.shield(flight)

    def _landed(self, sha256: str, flight: asyncio.Task[str]) -> None:
        self._flying.pop(sha256, None)
        if not flight.cancelled():
            flight.exception()  # nobody may be waiting: then asyncio must not complain about it

    async def _bring(self, media: Media) -> str:
        known = self._memory.get(media.sha256)
        if known is not None and known.name in self._seen:
            return known.uri
        if known is not None:
            file = await self._look(known.name)
            if file is not None:
                return await self._active(file, media, known)
            self._memory.forget(media.sha256)
        await asyncio.to_thread(_refuse_changed, media)
        file = await self._upload(media)
        if not file.name or not file.uri:
            raise Transient.of("the upload's reply names no file", model="", kind="bad_response")
        expires = file.expiration_time.timestamp() if file.expiration_time else time.time() + KEPT
        name, uri = self._keys.named(file.name), self._keys.named(file.uri)
        uploaded = Uploaded(name=name, uri=uri, expires=expires)
        self._memory.put(media.sha256, uploaded)  # before it is ACTIVE: whoever comes next goes on waiting for it
        return await self._active(file, media, uploaded)

    async def _active(self, file: Any, media: Media, uploaded: Uploaded) -> str:
        """The address, once the server has processed the file."""
        end = time.monotonic() + LONGEST
        while (state := str(getattr(file.state, "value", ""))) != "ACTIVE":
            if state == "FAILED":
                self._memory.forget(media.sha256)
                said = getattr(file.error, "message", None) or "no reason is given"
                raise Permanent(f"{named(media)}: the server cannot process this clip: {said}", kind="media")
            if time.monotonic() > end:
                raise Transient.of("an uploaded clip is still being processed", model="", kind="timeout")
            await asyncio.sleep(POLL)
            file = await self._look(uploaded.name)
            if file is None:
                self._memory.forget(media.sha256)
                raise Transient.of("an uploaded clip is gone from the server", model="", kind="server")
        self._seen.add(uploaded.name)
        return uploaded.uri

    async def _upload(self, media: Media) -> Any:
        # an open file, not its path: the SDK would send the file's name, which may tell the gold label
        with _opened(media) as content:
            config = {"mime_type": media.mime or "video/mp4"}
            return await self._asked(self._files().upload(file=content, config=config))

    async def _look(self, name: str) -> Any:
        """The server's word on a file; None where it does not know it."""
        try:
            return await self._asked(self._files().get(name=name))
        except Permanent as error:
            if error.kind in ("unauthorized", "not_found"):  # Google says 403 of a file that is not there
                return None
            raise

    async def _asked(self, call: Awaitable[Result]) -> Result:
        from google.genai.errors import APIError

        try:
            async with asyncio.timeout(LONGEST):
                return await call
        except TimeoutError as error:
            raise Transient.of("an upload took too long", model="", kind="timeout") from error
        except APIError as error:
            raise self._failure(error) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            text = f"the upload's connection broke: {type(error).__name__}"
            raise Transient.of(text, model="", kind="connection") from error
        except (ValueError, KeyError, AttributeError, TypeError) as error:  # the SDK's own, on a reply of another shape
            text = f"the upload's reply is not as it should be: {type(error).__name__}"
            raise Transient.of(text, model="", kind="bad_response") from error

    def _failure(self, error: Any) -> ProviderError:
        said = self._keys.hide(json.dumps(error.details, default=str))
        headers = getattr(error.response, "headers", None) or {}
        waiting = wait_asked(headers, said)
        return failure_of(int(error.code or 500), said, model="", retry_after=waiting)

    def _files(self) -> Any:
        if self._client is None:
            try:
                from google import genai
                from google.genai import types
            except ImportError as error:
                raise NotInstalled.of("google-genai", "pip install 'google-genai>=3.4'") from error
            # aiohttp's word on the SDK's pieces of 8 MiB, which go out in milliseconds
            warnings.filterwarnings("ignore", message="Sending a large body directly", category=ResourceWarning)
            self._session = bounded.session(self._base_url or ADDRESS)
            options = types.HttpOptions(
                api_version="v1beta",
                base_url=self._base_url or ADDRESS,  # or the SDK would look for one in the environment
                retry_options=types.HttpRetryOptions(attempts=1),  # without it the SDK tries again by itself
                aiohttp_client=self._session,
            )
            self._client = genai.Client(vertexai=False, api_key=self._key, http_options=options)
        return self._client.aio.files

    async def close(self) -> None:
        """End what is being uploaded and close the sockets; what is remembered stays, and the next call opens anew."""
        flying = list(self._flying.values())
        for flight in flying:
            flight.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
        if self._client is not None:
            client, self._client = self._client, None
            await client.aio.aclose()
            client.close()
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()


def _opened(media: Media) -> Any:
    try:
        return Path(media.path).open("rb")
    except OSError as error:
        text = f"{named(media)} cannot be read: {error.strerror}. Run again: it is made anew"
        raise Permanent(text, kind="media") from error


def _refuse_changed(media: Media) -> None:
    """The bytes must be those of the request; they are hashed as a stream, because a clip may fill the memory."""
    with _opened(media) as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != media.sha256:
            raise Permanent(f"{named(media)} has changed since its request was made. Run again", kind="media")
