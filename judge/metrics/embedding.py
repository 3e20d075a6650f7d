"""BERTScore F1 by the bert-score package (an extra), raw and rescaled, one call for all pairs of a run.

torch is imported in the constructor only. Blank texts are never sent: they score 0 without the model.
Where package or model cannot be loaded, there is no value, and the reason is said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

INSTALL = "python -m pip install 'bert-score>=0.3.13' 'torch>=2.13' 'transformers>=4.57'"


class Unavailable(Exception):
    """BERTScore cannot be computed here; the text says why and what mends it."""


class BertScore:
    """One embedding model: raw F1 (Zhang et al. 2020; idf off), and the package's baseline to rescale it with."""

    def __init__(self, model: str | None, lang: str, layers: int | None) -> None:
        """`model` is a Hugging Face id or a folder; None takes bert-score's default for `lang`."""
        try:
            from bert_score import BERTScorer
        except ImportError as error:
            raise Unavailable(f"bert-score is not installed. Install it:  {INSTALL}") from error
        try:
            self._scorer: Any = BERTScorer(model_type=model, lang=lang, num_layers=layers)
        except Exception as error:
            reason = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
            raise Unavailable(f"the model {model or f'for {lang}'} could not be loaded: {reason}") from error
        self.signature = self._signature()

    def baseline(self) -> float:
        """The F1 of unrelated texts by this model and layer; raises Unavailable where the package has none.

        A value is rescaled as the package does: (F1 - baseline) / (1 - baseline).
        """
        try:
            return float(self._scorer.baseline_vals[2])
        except Exception as error:
            reason = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
            raise Unavailable(f"bert-score has no baseline to rescale with: {reason}") from error

    def _signature(self) -> str:
        name = str(self._scorer.model_type)
        folder = Path(name)
        if folder.is_dir():
            name = f"local:{_weights_digest(folder)}"
        version = metadata.version("bert-score")
        transformers = metadata.version("transformers")
        return f"bertscore:{version},{name},L{self._scorer.num_layers},raw,transformers:{transformers}"

    def f1(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """F1 in about [-1, 1] for each (candidate, reference); a blank candidate scores 0."""
        full = [index for index, (candidate, reference) in enumerate(pairs) if candidate.strip() and reference.strip()]
        values = [0.0] * len(pairs)
        if full:
            candidates = [pairs[index][0] for index in full]
            references = [pairs[index][1] for index in full]
            _, _, scores = self._scorer.score(candidates, references)
            for index, score in zip(full, scores.tolist(), strict=True):
                values[index] = float(score)
        return values


def _weights_digest(folder: Path) -> str:
    for file in sorted(folder.glob("*.safetensors")) + sorted(folder.glob("*.bin")):
        with file.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()[:12]
    return "unknown"
