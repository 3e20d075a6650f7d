"""A key is taken out in whatever form it comes back, at little cost, and no word of the language with it."""

from __future__ import annotations

import time

import pytest
from canaries import CANARIES, FORMS, traces
from hypothesis import given
from hypothesis import strategies as st

from providers.address import basic_of, below, public_url
from providers.errors import Permanent
from providers.keys import SHOWN, Keys, all_keys, keys_of
from providers.records import Reply

KEY = CANARIES["special"].strip()
BOTH = Keys(CANARIES["jwt"], CANARIES["hex"])
MOST_MICROSECONDS = 100


@pytest.mark.parametrize("kind", CANARIES)
@pytest.mark.parametrize("form", FORMS)
def test_no_trace_of_a_key_is_left_in_any_form(kind: str, form: str) -> None:
    key = CANARIES[kind]
    said = Keys(key).clean(f"You sent {FORMS[form](key.strip())}, which is wrong.")
    assert not list(traces(key, {"said": said.encode()}))
    assert said.startswith("You sent ")
    assert said.endswith("which is wrong.")
    assert SHOWN in said


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("at", [2**16 - 200, 2**16 - 60, 2**16 - 3])
def test_no_trace_of_a_key_is_left_where_a_long_text_is_searched_in_pieces(form: str, at: int) -> None:
    key = CANARIES["openai"]
    said = Keys(key).clean("word " * (at // 5) + FORMS[form](key) + " word" * 20_000)
    assert not list(traces(key, {"said": said.encode()}))
    assert said.startswith("word word")
    assert said.endswith("word word")


@pytest.mark.parametrize("kind", ["openai", "hex", "azure"])
def test_a_key_that_was_cut_anywhere_leaves_less_than_ten_letters(kind: str) -> None:
    key = CANARIES[kind]
    for at in range(len(key)):
        kept = Keys(key).clean(f"<{key[:at]}").removeprefix("<")
        assert SHOWN in kept or len(kept) < 10


@given(st.text(), st.text())
def test_what_stands_around_a_key_stays(before: str, after: str) -> None:
    said = Keys(CANARIES["jwt"]).clean(f"{before}\n {CANARIES['jwt']} \n{after}")
    assert said == f"{before}\n {SHOWN} \n{after}"


@given(st.text(max_size=300))
def test_a_text_without_the_key_stays_as_it_is(text: str) -> None:
    assert BOTH.clean(text) == text


@pytest.mark.parametrize("word", ["ollama", "not-needed", "EMPTY", "none", "password", "emotion"])
def test_a_placeholder_for_a_key_is_no_secret_of_a_reply(word: str) -> None:
    text = f"The {word} of the speaker is joy"
    assert Keys(word).clean(text) == text


def test_a_short_key_is_taken_out_of_errors_all_the_same() -> None:
    assert Keys("geheim").hide("wrong key geheim") == f"wrong key {SHOWN}"


def test_a_reply_is_searched_in_every_field_and_a_clean_one_is_handed_on_as_it_is() -> None:
    keys, clean = Keys(KEY), Reply(text="Answer: joy", model="m", notes=("left out",))
    assert keys.reply(clean) is clean
    found = keys.reply(Reply(text=f"a {KEY}", thinking=KEY, model=KEY, notes=(f"n {KEY}",)))
    assert (found.text, found.thinking, found.model, found.notes) == (f"a {SHOWN}", SHOWN, SHOWN, (f"n {SHOWN}",))


def test_a_name_that_holds_the_key_is_refused() -> None:
    assert Keys(KEY).named("batch_1") == "batch_1"
    with pytest.raises(Permanent, match="the key in a name"):
        Keys(KEY).named(f"batch_{KEY}")


def test_a_short_reply_is_searched_in_microseconds() -> None:
    keys = Keys(CANARIES["anthropic"], "user:pass-0123456789")
    reply = Reply(text="She smiles, but her voice is flat: it is not joy.\nAnswer: sadness", model="gpt-4o-2024-08-06")
    best = min(_timed(keys, reply) for _ in range(5))
    assert best < MOST_MICROSECONDS


def _timed(keys: Keys, reply: Reply) -> float:
    started = time.process_time()
    for _ in range(1000):
        keys.reply(reply)
    return (time.process_time() - started) * 1000


def test_a_long_key_in_a_long_reply_is_found_in_no_time() -> None:
    key = CANARIES["long"]
    started = time.process_time()
    assert Keys(key).clean(f"{'word ' * 100_000}{key} {'word ' * 100_000}").count(SHOWN) == 1
    assert time.process_time() - started < 10


def test_the_secrets_of_a_lane_are_its_key_its_address_and_the_proxys_password() -> None:
    keys = keys_of(
        "key-0123456789",
        "http://me:pw-0123456789@h/v1?key=query-0123456789",
        {"HTTPS_PROXY": "http://u:px-0123456789@p"},
    )
    for secret in ("key-0123456789", "pw-0123456789", "query-0123456789", "px-0123456789"):
        assert keys.holds(secret)
    other = {"GROQ_API_KEY": "gsk_abcDEFghi77", "HOME": "/home/someone/99887766554433"}
    assert not keys_of("key-0123456789", None, other).holds(other["GROQ_API_KEY"])
    assert keys_of(None, None, other, wide=True).holds(other["GROQ_API_KEY"])
    assert not all_keys(other).holds(other["HOME"])


def test_an_address_is_shown_without_what_may_be_a_key() -> None:
    shown = {
        "http://h:8000/v1": "http://h:8000/v1",
        "http://u:p@h/v1": "http://h/v1",
        "http://h/v1?key=abc&api-version=2": "http://h/v1?key&api-version=2",
        "u:p@h/v1": "h/v1",
    }
    assert {url: public_url(url) for url in shown} == shown


def test_a_query_stays_behind_the_path_and_a_password_becomes_a_header() -> None:
    assert below("http://u:p@h/v1/?key=abc#x", "/chat/completions") == "http://h/v1/chat/completions?key=abc"
    assert basic_of("http://u:p%40q@h/v1") == "Basic dTpwQHE="
    assert basic_of("http://h/v1") is None
