"""Strings that move, colour, overwrite or deceive a terminal (ECMA-48 and its kin); FAKE begins a faked line."""

from __future__ import annotations

ESC, CSI, OSC, ST, BEL = "\x1b", "\x1b[", "\x1b]", "\x1b\\", "\x07"
_SEQUENCES = (
    "2J", "H", "31m", "1A", "2K", "1A\x1b[2K", "?25l", "?1049h", "6n", "c", ">c", "=c", "21t", "8m", "5i", "4i", "3J",
    "10;10H", "100D", "s", "u", "?1000h", "?2004h", "1;1r", "4h", "20h", "!p", "0q", "200~", "38;5;1m", "1@", "5X",
    "99b", "?5h", ">4;2m",
)  # fmt: skip
_COMMANDS = (
    "0;title", "2;title", "1;icon", "4;0;rgb:ff/ff/ff", "7;file:///etc", "8;;http://evil.example", "10;?", "11;?",
    "12;red", "50;font", "52;c;cm0gLXJmIC8=", "52;p;!", "104", "133;A", "777;notify;a;b", "9;notice",
    "1337;File=name=eA==:AAAA", "L",
)  # fmt: skip
_STRINGS = [
    f"{ESC}P$q q{ST}", f"{ESC}Pq#0;2;0;0;0{ST}", f"{ESC}P+q544e{ST}", f"{ESC}_Gf=24;AAAA{ST}", f"{ESC}^private{ST}",
    f"{ESC}Xstring{ST}", f"{ESC}k title{ST}", f"{ESC}c", f"{ESC}7", f"{ESC}8", f"{ESC}#8", f"{ESC}(0", f"{ESC}N",
    f"{ESC}=", f"{ESC}M", f"{ESC}D", f"{ESC}%G", f"{ESC}", f"{ESC}{ESC}{ESC}[A",
]  # fmt: skip
_CONTROLS = [
    "\x9b31m", "\x9b2J", "\x9d0;title\x9c", "\x9d52;c;eA==\x07", "\x90q\x9c", "\x9eprivate\x9c", "\x9fapc\x9c",
    "\x98sos\x9c", "\x84", "\x85FAKE next line", "\x8d", "\x8e", "\b\b\b\b\b\b\b\bFAKE", "\a", "\x0e\x0f",
    "\x0cFAKE page", "\x0bFAKE down", "\x7f\x7f", "\x05", "\x18\x1a", "\rFAKE 100.00", "\r\nFAKE 100.00",
    "\nFAKE ✓ 32 answered", "\n\n  FAKE accuracy  100.00", "\t\tFAKE", "\x1c\x1d\x1e\x1fFAKE",
]  # fmt: skip
_UNSEEN = [
    "\u202eEKAF\u202c", "\u2066\u2067\u2068\u2069", "\u202a\u202b\u202d", "\u200e\u200f\u061c",
    "\u200b\u200c\u200d\u2060\ufeff", "\u3164\u3164", "\u115f\u1160\uffa0", "\u2800\u2800",
    "\u034f\u17b4\u17b5\u180e", "\u2028FAKE line", "\u2029FAKE paragraph",
    "".join(chr(0xE0000 + ord(letter)) for letter in "hidden"), "\U000e0001\U000e007f", "\U000e0100\U000e01ef",
    "\ufe00\ufe01\ufe0d", "Z" + "\u0336\u0301" * 60, "\u00ad\u00ad", "\ufff9\ufffa\ufffb", "\u2061\u2062\u2063\u2064",
    "\u206a\u206f",
]  # fmt: skip
_LONG = ["x" * 3000, " " * 200 + "FAKE far to the right", "\u0416" * 1000]

ESCAPES: list[str] = [
    *(f"a{CSI}{text}b" for text in _SEQUENCES),
    *(f"a{OSC}{text}{BEL}b" for text in _COMMANDS),
    *(f"a{OSC}{text}{ST}b" for text in _COMMANDS[5:11:5]),
    *(f"a{text}b" for text in [*_STRINGS, *_CONTROLS, *_UNSEEN, *_LONG]),
]
