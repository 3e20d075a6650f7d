"""The metrics there are, in the field's words, with what each needs; importing this costs nothing."""

from __future__ import annotations

from typing import Literal

Need = Literal["label", "number", "reference", "rubric", "reply"]

ABOUT: dict[str, tuple[Need, str]] = {
    "accuracy": ("label", "share of answers that are right; every field must be right where there are several"),
    "emotion_accuracy": ("label", "share of answers whose field `emotion` is right, where there are several fields"),
    "emotion_weighted_f1": ("label", "weighted_f1 of the field `emotion` alone"),
    "emotion_weighted_precision": ("label", "weighted_precision of the field `emotion` alone"),
    "emotion_war": ("label", "weighted recall of the field `emotion` alone"),
    "intent_accuracy": ("label", "share of answers whose field `intent` is right, where there are several fields"),
    "intent_weighted_f1": ("label", "weighted_f1 of the field `intent` alone"),
    "intent_weighted_precision": ("label", "weighted_precision of the field `intent` alone"),
    "intent_war": ("label", "weighted recall of the field `intent` alone"),
    "weighted_f1": ("label", "F1 of each label, weighted by how often it is gold (scikit-learn, average=weighted)"),
    "weighted_precision": ("label", "precision of each label, weighted by how often it is gold"),
    "macro_f1": ("label", "plain mean of the labels' F1 (scikit-learn, average=macro)"),
    "macro_precision": ("label", "plain mean of the labels' precision"),
    "macro_recall": ("label", "plain mean of the labels' recall"),
    "uar": ("label", "unweighted average recall over the labels that occur as gold (balanced accuracy)"),
    "war": (
        "label",
        "weighted average recall (scikit-learn, average=weighted), which equals accuracy for single labels",
    ),
    "set_precision": ("label", "share of an answer's labels that are gold, mean over answers (average=samples)"),
    "set_recall": ("label", "share of the gold labels that an answer names, mean over answers (average=samples)"),
    "jaccard": ("label", "labels in common over labels in either, mean over answers (average=samples)"),
    "mae": ("number", "mean absolute error of a numeric answer, in the answer's own unit"),
    "bleu4": ("reference", "sentence BLEU-4 by nltk, unsmoothed, mean over samples (tokens: docs/metrics.md)"),
    "bleu4_smoothed": (
        "reference",
        "sentence BLEU-4 by nltk, smoothed by adding one (method2), mean over samples",
    ),
    "rouge1": ("reference", "ROUGE-1 F by rouge-score, English stemmed, mean over samples (tokens: docs/metrics.md)"),
    "rouge2": ("reference", "ROUGE-2 F by rouge-score, English stemmed, mean over samples (tokens: docs/metrics.md)"),
    "rouge_l": ("reference", "ROUGE-L F by rouge-score, English stemmed, mean over samples (tokens: docs/metrics.md)"),
    "bertscore_f1": ("reference", "BERTScore F1 by bert-score (extra: bertscore), mean over samples"),
    "bertscore_f1_rescaled": ("reference", "BERTScore F1, rescaled with bert-score's baseline for the language"),
    "recognition": ("rubric", "is the answer right: by rule for closed labels, else by the judge"),
    "reasoning": ("rubric", "mean rating of the reply's steps"),
    "cot": ("rubric", "chain of thought: completeness and grounding"),
    "final": ("rubric", "weighted sum of recognition, reasoning and cot, by the rubric's weights"),
    "logic": ("rubric", "rating of a reason's logic, on the rubric's own scale"),
    "multimodal": ("rubric", "rating of how a reason ties words, sight and sound together, on the rubric's own scale"),
    "emotional_reactions": ("rubric", "rating of warmth and care in a response, on the rubric's own scale"),
    "interpretations": ("rubric", "rating of how a response says what the other feels, on the rubric's own scale"),
    "explorations": ("rubric", "rating of how a response asks about what was left unsaid, on the rubric's own scale"),
    "understanding": ("rubric", "rating of whether a response grasps what the other feels and why, on its own scale"),
    "validation": ("rubric", "rating of whether a response lets the feeling stand, on the rubric's own scale"),
    "support": ("rubric", "rating of whether a response gives what the other needs now, on the rubric's own scale"),
    "word_precision": ("rubric", "share of a reply's emotion words that fit the reference set, as a judge rates it"),
    "word_recall": ("rubric", "share of the reference set's emotions that a reply names, as a judge rates it"),
    "no_contradiction": ("rubric", "rating: no emotion word of a reply goes against the reference set"),
    "total": ("rubric", "sum of ratings, by the rubric"),
    "avg_step": ("rubric", "steps of a reply that a judge rated, its answer included: mean over replies"),
    "coverage": ("rubric", "share of the evidence's senses that a step which rests on a clue cites, mean over replies"),
    "grounding": ("rubric", "share of the steps whose cited cue is found in the clues or the words, mean over replies"),
    "avg_token": ("reply", "tokens of a reply by the task's tokenizer, mean over replies"),
}
FIELD_METRICS: dict[str, tuple[str, str]] = {
    f"{field}_{metric}": (metric, field)
    for field in ("emotion", "intent")
    for metric in ("accuracy", "weighted_f1", "weighted_precision", "war")
}
"""Of tasks with several fields: a label metric of one of them."""
UNBOUNDED: dict[str, Literal["low", "high", "neither"]] = {
    "mae": "low",
    "bertscore_f1_rescaled": "high",
    "avg_step": "neither",
    "avg_token": "neither",
}
"""Metrics without a worst value, and which values of theirs are the better ones: strict cannot count 0 for a missing
answer, which would beat a large error, or a text further from the reference than an unrelated one."""
METRIC_NAMES: tuple[str, ...] = tuple(ABOUT)
NEEDS: dict[str, Need] = {name: need for name, (need, _) in ABOUT.items()}


def need_of(metric: str) -> Need:
    """What a metric needs; any name that is not listed here is a rubric's own score."""
    return NEEDS.get(metric, "rubric")
