"""A request's key decides what is paid for twice and what is wrongly shared: it must miss nothing and add nothing."""

import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from providers.records import Info, Limits, Manifest, Media, Message, Price, Reply, Request, Sampling, Tag, Usage

TEXT = st.text('ab"|,é', max_size=3)  # few letters, so that near misses are common
DIGEST = st.sampled_from(["a" * 64, "b" * 64])
MEDIA = st.builds(Media, kind=st.sampled_from(["image", "audio", "video"]), path=TEXT, sha256=DIGEST)
ROLE = st.sampled_from(["system", "user", "assistant"])
MESSAGE = st.builds(Message, role=ROLE, text=TEXT, media=st.lists(MEDIA, max_size=2).map(tuple))
SAMPLING = st.builds(
    Sampling,
    temperature=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    top_p=st.none() | st.sampled_from([0.5, 1.0]),
    max_tokens=st.none() | st.integers(1, 3),
    reasoning_effort=st.none() | st.sampled_from(["low", "high"]),
    seed=st.none() | st.integers(0, 2),
)
ALLOWED = st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2).map(tuple)
TAG = st.none() | st.builds(Tag, sample_id=TEXT, variant=TEXT, ask=TEXT, allowed=ALLOWED)
REQUEST = st.builds(
    Request,
    provider=TEXT,
    model=TEXT,
    messages=st.lists(MESSAGE, max_size=2).map(tuple),
    sampling=SAMPLING,
    answer_schema=st.none() | TEXT,
    choices=st.none() | st.lists(TEXT, max_size=2).map(tuple),
    draw=st.integers(0, 2),
    tag=TAG,
)

MANIFEST = Manifest(sense="image", form="image", source="c" * 64, policy="at most 768 px, jpeg 85", decoder="PyAV 18")
PICTURE = Media(kind="image", path="a.png", sha256="a" * 64)
ASKED = Message(role="user", text="Is this funny?", media=(PICTURE,))
BASE = Request(
    provider="endpoint http://localhost:8000/v1", model="m", messages=(ASKED,), sampling=Sampling(temperature=0)
)


# of Media: where the bytes lie, and what follows from the bytes or stands in the manifest
NOT_COUNTED: dict[str, Any] = {
    "path": "",
    "mime": "",
    "size": 0,
    "frame_of": "",
    "at": None,
    "seconds": None,
    "skipped": 0,
}


def erased(request: Request) -> Request:
    """The request without what must not count: its tag and where its media lie."""
    messages = tuple(
        message.model_copy(update={"media": tuple(m.model_copy(update=NOT_COUNTED) for m in message.media)})
        for message in request.messages
    )
    return request.model_copy(update={"messages": messages, "tag": None})


@given(request=REQUEST, tag=TAG)
def test_the_tag_is_never_in_the_key(request: Request, tag: Tag | None) -> None:
    assert request.model_copy(update={"tag": tag}).key == request.key


@given(request=REQUEST)
def test_where_media_lie_is_never_in_the_key(request: Request) -> None:
    assert erased(request).key == request.key


@given(one=REQUEST, other=REQUEST)
def test_two_keys_are_equal_exactly_when_nothing_that_matters_differs(one: Request, other: Request) -> None:
    assert (one.key == other.key) == (erased(one) == erased(other))


CHANGES: dict[str, Any] = {
    "provider": "endpoint http://localhost:8001/v1",
    "model": "m2",
    "messages": (ASKED, ASKED),
    "sampling": Sampling(),
    "answer_schema": "{}",
    "choices": ("yes", "no"),
    "draw": 1,
    "item": "MELD/video/dia1.mp4",
}
SAMPLING_CHANGES: dict[str, Any] = {
    "temperature": 0.1,
    "top_p": 0.9,
    "max_tokens": 10,
    "reasoning_effort": "low",
    "seed": 0,
}
MESSAGE_CHANGES: dict[str, Any] = {"role": "system", "text": "Is this funny? ", "media": (), "manifest": (MANIFEST,)}
MEDIA_CHANGES: dict[str, Any] = {"kind": "video", "sha256": "b" * 64}


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_of_the_request_changes_the_key(field: str) -> None:
    assert BASE.model_copy(update={field: CHANGES[field]}).key != BASE.key


@pytest.mark.parametrize("field", SAMPLING_CHANGES)
def test_every_sampling_setting_changes_the_key(field: str) -> None:
    sampling = BASE.sampling.model_copy(update={field: SAMPLING_CHANGES[field]})
    assert BASE.model_copy(update={"sampling": sampling}).key != BASE.key


@pytest.mark.parametrize("field", MESSAGE_CHANGES)
def test_every_field_of_a_message_changes_the_key(field: str) -> None:
    message = ASKED.model_copy(update={field: MESSAGE_CHANGES[field]})
    assert BASE.model_copy(update={"messages": (message,)}).key != BASE.key


@pytest.mark.parametrize("field", MEDIA_CHANGES)
def test_the_bytes_and_the_kind_of_media_change_the_key(field: str) -> None:
    message = ASKED.model_copy(update={"media": (PICTURE.model_copy(update={field: MEDIA_CHANGES[field]}),)})
    assert BASE.model_copy(update={"messages": (message,)}).key != BASE.key


MANIFEST_CHANGES: dict[str, Any] = {
    "sense": "video",
    "form": "frames",
    "source": "d" * 64,
    "policy": "at most 512 px, jpeg 85",
    "expected": 8,
    "decoded": 7,
    "timestamps": (0.5,),
    "skipped": 25,
    "sent_bytes": 9,
    "decoder": "PyAV 19",
}


@pytest.mark.parametrize("field", MANIFEST_CHANGES)
def test_how_media_were_made_changes_the_key(field: str) -> None:
    def with_manifest(manifest: Manifest) -> Request:
        return BASE.model_copy(update={"messages": (ASKED.model_copy(update={"manifest": (manifest,)}),)})

    changed = MANIFEST.model_copy(update={field: MANIFEST_CHANGES[field]})
    assert with_manifest(changed).key != with_manifest(MANIFEST).key
    assert set(Manifest.model_fields) == set(MANIFEST_CHANGES)


def test_a_field_that_is_new_must_be_entered_in_the_tables_above() -> None:
    assert set(Request.model_fields) == {*CHANGES, "tag", "owner"}
    assert set(Sampling.model_fields) == set(SAMPLING_CHANGES)
    assert set(Message.model_fields) == set(MESSAGE_CHANGES)
    assert set(Media.model_fields) == {*MEDIA_CHANGES, *NOT_COUNTED}


def test_text_that_moves_between_two_messages_changes_the_key() -> None:
    one = (Message(role="user", text="ab"), Message(role="user", text="c"))
    other = (Message(role="user", text="a"), Message(role="user", text="bc"))
    assert BASE.model_copy(update={"messages": one}).key != BASE.model_copy(update={"messages": other}).key


def test_a_setting_that_is_not_sent_is_not_the_same_as_zero() -> None:
    cold, silent = Sampling(temperature=0.0), Sampling()
    assert BASE.model_copy(update={"sampling": cold}).key != BASE.model_copy(update={"sampling": silent}).key


def test_a_key_stays_the_same_over_releases_so_that_a_cache_keeps_its_worth() -> None:
    canonical = (
        '{"answer_schema":null,"choices":null,"draw":0,"messages":[{"media":[["image","' + "a" * 64 + '"]],'
        '"role":"user","text":"n\\u00e9 \\u65e5"}],"model":"m","provider":"hosted","sampling":{"max_tokens":null,'
        '"reasoning_effort":null,"seed":null,"temperature":0.0,"top_p":null}}'
    )
    message = Message(role="user", text="né 日", media=(PICTURE,))
    request = Request(provider="hosted", model="m", messages=(message,), sampling=Sampling(temperature=0))
    assert request.key == hashlib.sha256(canonical.encode()).hexdigest()


def test_a_key_is_a_sha256_even_for_text_that_is_no_unicode() -> None:
    request = BASE.model_copy(update={"messages": (Message(role="user", text="broken \ud83d emoji"),)})
    assert re.fullmatch("[0-9a-f]{64}", request.key)


def test_only_settings_that_are_given_are_sent() -> None:
    assert Sampling(temperature=0.0, max_tokens=5).sent() == {"temperature": 0.0, "max_tokens": 5}
    assert Sampling().sent() == {}


@pytest.mark.parametrize("record", [BASE, Reply(text=""), Usage(), PICTURE, Sampling()], ids=lambda r: type(r).__name__)
def test_records_cannot_be_changed(record: Any) -> None:
    field = next(iter(type(record).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, field, None)


@pytest.mark.parametrize("model", [Request, Reply, Usage, Sampling, Message, Media, Info, Limits])
def test_a_misspelt_field_is_an_error(model: Any) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model.model_validate({"temprature": 1})


@pytest.mark.parametrize(
    ("kind", "max_cost", "price", "unknown"),
    [
        pytest.param("paid", 1.0, None, True, id="a budget without a price"),
        pytest.param("paid", 0.0, None, True, id="a budget of zero is a budget"),
        pytest.param("paid", 1.0, Price(input=1, output=1), False, id="a budget with a price"),
        pytest.param("paid", None, None, False, id="no budget"),
        pytest.param("local", 1.0, None, True, id="a server on this machine may be a proxy to one that is paid"),
        pytest.param("model", 1.0, None, False, id="a model on this machine costs nothing"),
    ],
)
def test_a_budget_needs_a_price(kind: Any, max_cost: float | None, price: Price | None, unknown: bool) -> None:
    limits = Limits(max_cost=max_cost)
    batches = kind == "model"
    info = Info(
        name="p",
        identity="p",
        model="m",
        kind="local" if batches else kind,
        price=price,
        limits=limits,
        batches=batches,
    )
    assert info.max_cost_unknown is unknown
