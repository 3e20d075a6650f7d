"""Which of a stored run's files may be read again: whose folder they lie below, and by which digests they were sent.

A run may come from a stranger. What its run.json alone says of a folder is no reason to open, send or show what lies
there: such a file is used only where its bytes are those that an answer's manifest holds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping

from judge.media.orders import Unusable
from judge.records import Answer, Sample

SHORT = 8
"""Digits of a digest that are shown."""
MEND = "give the folder of the clips by --media DIR"


@dataclasses.dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of a run's files before they are opened."""

    vouched: bool
    """True where the user named the folder, or it is the run's own; False where only run.json says it."""
    sent: Mapping[str, Mapping[str, frozenset[str]]]
    """By sample id and sense, the sha256 of each file that was sent with an answer."""

    def may_read(self, sample: Sample) -> bool:
        """True where a file of this sample may be opened, to be held against what was sent."""
        return self.vouched or bool(self.sent.get(sample.id))

    def checks(self, sample: Sample) -> bool:
        """True where the digest of this sample's files matters."""
        return not self.vouched or bool(self.sent.get(sample.id))

    def check(self, sample: Sample, senses: Collection[str], *, given: str, digest: str) -> None:
        """Raise Unusable of kind `unproven` or `changed` for a file whose bytes are not those that were sent.

        Below a folder that the user vouches for, a sense that the run never sent has nothing to be held against.
        """
        known = self.sent.get(sample.id, {})
        if any(digest in digests for digests in known.values()):
            return
        own = [digests for sense, digests in known.items() if sense in senses]
        if self.vouched and not own:
            return
        if not own:
            text = f"{given}: no answer holds the sha256 of this file, and only run.json says where it lies: {MEND}"
            raise Unusable("unproven", text)
        then = ", ".join(sorted(one[:SHORT] for digests in own for one in digests))
        text = f"{given} is not the file that was sent when this item was answered (sha256 {then} then"
        raise Unusable("changed", f"{text}, {digest[:SHORT]} now)")


UNKNOWN = Provenance(False, {})
"""Of files that nobody vouches for."""


def provenance_of(answers: Iterable[Answer], *, vouched: bool) -> Provenance:
    """By the manifests of a run's answers; notes are text and no file."""
    sent: dict[str, dict[str, frozenset[str]]] = {}
    for answer in answers:
        for manifest in answer.media:
            if manifest.form != "notes":
                senses = sent.setdefault(answer.sample_id, {})
                senses[manifest.sense] = senses.get(manifest.sense, frozenset()) | {manifest.source}
    return Provenance(vouched, sent)
