"""Which kind of file some bytes begin: the containers that are opened, each by the one demuxer it is for.

FFmpeg never guesses: playlists, concatenations and other formats that name further files are not in the list.
"""

from __future__ import annotations

HEAD = 512
"""Bytes that are enough to tell."""
IMAGES = {"png", "jpeg", "webp", "gif", "bmp", "avif"}
NAMED = {
    "heic": "is HEIC, which is not opened: save it as JPEG or PNG",
    "heif": "is HEIF, which is not opened: save it as JPEG or PNG",
}
"""Kinds that are known by name alone, and what is said of them."""
MIMES = {
    "mov": "video/mp4",
    "matroska": "video/webm",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "flv": "video/x-flv",
    "ogg": "video/ogg",
}
"""Of whole clips, as vendors name them."""


def sniff(head: bytes) -> str | None:
    """The demuxer or image format, a name in NAMED, or None for anything that is in no list."""
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        kind = {b"WAVE": "wav", b"AVI ": "avi", b"WEBP": "webp"}.get(head[8:12])
        return kind if head[:4] == b"RIFF" or kind == "wav" else None
    if head[4:8] == b"ftyp":
        return _picture(head) or "mov"
    if head[4:8] in (b"styp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:1] == b"\x47" and head[188:189] == b"\x47":
        return "mpegts"
    if head[:1] == b"\xff" and len(head) > 1:
        return "aac" if head[1] & 0xF6 == 0xF0 else "mp3" if head[1] & 0xE0 == 0xE0 else None
    return None


def _picture(head: bytes) -> str | None:
    """Of a file of boxes that holds pictures: whose code they are in, by its brands (ISO/IEC 23008-12, MIAF, AVIF)."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, size - 3, 4))]
    if brands[0] not in _AVIF | _HEIC | _HEIF:
        return None
    for brand in brands:  # the first is that of the container where it is none of a code
        if brand in _AVIF:
            return "avif"
        if brand in _HEIC:
            return "heic"
    return "heif"


_AVIF = frozenset({b"avif", b"avis", b"avio"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF = frozenset({b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"avci", b"avcs", b"jpeg", b"jpgs", b"j2ki", b"j2is"})
_STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
)


MADE = frozenset({"image/jpeg", "audio/wav", "video/quicktime", "video/x-matroska", *MIMES.values()})
"""All that a worker may say that it made."""


def mime_of(kind: str, head: bytes) -> str:
    """Of a whole clip: quicktime where its brand says so."""
    if kind == "mov" and head[4:8] == b"ftyp" and head[8:12] == b"qt  ":
        return "video/quicktime"
    if kind == "matroska" and not is_webm(head):
        return "video/x-matroska"
    return MIMES[kind]


def is_webm(head: bytes) -> bool:
    """Of a Matroska file: the kind that browsers play."""
    return b"webm" in head[:64]
