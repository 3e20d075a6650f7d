"""Opens what `score` judges with: rubrics, judges by name, and the cache they share."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path

from judge.agent import AgentJudge
from judge.asking import levels_of
from judge.case import Judge
from judge.cli import attaching, opening, providing
from judge.errors import NothingDone, RubricError, UsageError
from judge.measures import BertSetting
from judge.roles import EXTRACT, RATE, Extractor, Roles, judges_in, roles_of
from judge.rubric import Rubric
from judge.rules import NAME as RULES
from judge.rules import RulesJudge
from judge.runs import Opened
from judge.score import Panel
from judge.shell import command
from judge.stored import NAME as IMPORTED
from judge.stored import StoredJudge, fits, read_ratings_of
from providers import catalog
from providers.cache import ReplyStore
from providers.catalog import Opening
from providers.limits import Budget
from providers.records import Info, Provider
from providers.single_flight import Cached

RULES_CONCURRENCY = 8
NO_LOGPROBS = frozenset({"anthropic", "bedrock"})
"""Vendors whose chat gives no probabilities of tokens."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Session:
    """What all runs of one `score` share: opened judges, the cache, the embedding model."""

    options: argparse.Namespace
    judges: dict[str, Judge] = dataclasses.field(default_factory=dict)
    agents: dict[tuple[str, bool], AgentJudge] = dataclasses.field(default_factory=dict)
    """Models by what named them, and whether they only extract: judges may share one."""
    providers: list[Provider] = dataclasses.field(default_factory=list)
    store: ReplyStore | None = None
    budget: Budget | None = None
    """What all judges together may spend."""
    bert: dict[str, BertSetting] = dataclasses.field(default_factory=dict)
    halted: str = ""
    signal: str = ""


def panels_of(opened: Opened, session: Session, folder: Path) -> list[Panel]:
    """Every judge with every rubric: --rubric, else the task's; --judge, else imported ratings, else the rubric's."""
    options = session.options
    task_file = Path(opened.run.task_file)
    named = options.rubrics or ([opened.task.rubric] if opened.task.rubric else [])
    rubrics: list[Rubric] = [opening.open_rubric(name, task_file) for name in named]
    for rubric in rubrics:
        if rubric.pairwise is not None:
            text = f"the rubric {rubric.name} compares two answers, and rates none"
            raise UsageError(f"{text}: {command('trust', 'pairs', 'TASK')}, or {command('compare', 'RUN', 'RUN')}")
        refuse_unweighable(rubric, getattr(options, "weigh", None))
    panels = []
    ratings = read_ratings_of(folder) if opened.run.provider_kind == "imported" else {}
    for rubric in rubrics:
        by_default = IMPORTED if any(said for _, said in ratings.values()) and fits(rubric) else None
        for given in judges_in(options.judges) or [by_default or _own(rubric)]:
            judge = StoredJudge.of(_there(ratings, folder)) if given == IMPORTED else judge_named(given, session)
            _refuse_idle(judge, rubric)
            offline = isinstance(judge, RulesJudge | StoredJudge)
            own = RULES_CONCURRENCY if offline else options.concurrency or _concurrency(judge)
            repeats = 1 if offline else options.judge_repeats
            again = getattr(options, "only", None) == "unread"
            panels.append(Panel(judge=judge, rubric=rubric, repeats=repeats, concurrency=own, only_unread=again))
    wanted = getattr(options, "weigh", None)
    if wanted and panels and not any(isinstance(panel.judge, AgentJudge) for panel in panels):
        names = ", ".join(dict.fromkeys(panel.judge.name for panel in panels))
        raise UsageError(f"--weigh {wanted}: {names} is no model and has no probabilities: name one by --judge")
    return panels


def _there(ratings: dict[str, tuple[str, str]], folder: Path) -> dict[str, tuple[str, str]]:
    if not ratings:
        raise UsageError(f"--judge {IMPORTED}: no ratings came with {folder}")
    return ratings


def own_rubric(opened: Opened) -> str:
    """The name of the task's own rubric; empty where it has none, or none that can be read."""
    if opened.task.rubric is None:
        return ""
    try:
        return opening.open_rubric(opened.task.rubric, Path(opened.run.task_file)).name
    except RubricError:
        return ""


def _own(rubric: Rubric) -> str:
    """The rubric's own judge, where it sends nothing away: a file may not spend money or open a connection."""
    if rubric.judge != RULES:
        text = f"the rubric {rubric.name} is meant for the judge {rubric.judge}, which is asked only if you name it"
        raise UsageError(f"{text}:  --judge {rubric.judge}   (or offline:  --judge {RULES})")
    return RULES


def _refuse_idle(judge: Judge, rubric: Rubric) -> None:
    """Raise UsageError where a judge has a model for steps, and the rubric has no model extract any."""
    if isinstance(judge, AgentJudge) and judge.extractor is not None and (rubric.by_line or not rubric.extracts):
        text = f"the rubric {rubric.name} has no model extract steps"
        raise UsageError(f"--judge {judge.name}: {text}: name the one that rates, --judge PROVIDER:MODEL")


def _concurrency(judge: Judge) -> int:
    if not isinstance(judge, AgentJudge):
        return RULES_CONCURRENCY
    return min(one.provider.info.limits.concurrency for one in (judge, judge.extractor) if one is not None)


def judge_named(given: str, session: Session) -> Judge:
    """rules, PROVIDER[:MODEL], or extract=PROVIDER[:MODEL],rate=PROVIDER[:MODEL]; each is opened once."""
    if given not in session.judges:
        roles = roles_of(given)
        session.judges[given] = (
            RulesJudge() if given == "rules" else agent(given, session) if roles is None else _two(roles, session)
        )
    return session.judges[given]


def _two(roles: Roles, session: Session) -> AgentJudge:
    """Two models as one judge; one that has both parts is a judge by itself."""
    for given in roles:
        if given in (RULES, IMPORTED):
            raise UsageError(f"--judge {roles.name}: {given} is a judge by itself: extract= and rate= name models")
    rater, other = agent(roles.rate, session), agent(roles.extract, session, extracts=True)
    if (other.name, other.provider.info.identity) == (rater.name, rater.provider.info.identity):
        return rater
    extractor = Extractor(
        name=other.name, provider=other.provider, sampling=other.sampling, structured=other.structured
    )
    return dataclasses.replace(rater, name=Roles(other.name, rater.name).name, extractor=extractor)


def agent(given: str, session: Session, *, extracts: bool = False) -> AgentJudge:
    """A model as a judge, by PROVIDER[:MODEL], or as the part of one that only `extracts`; each is opened once."""
    if given.startswith((EXTRACT, RATE)):
        raise UsageError(f"--judge {given}: steps are extracted by no model here: name one judge, PROVIDER[:MODEL]")
    key = (given, extracts)
    if key not in session.agents:
        session.agents[key] = _opened(given, session, extracts=extracts)
    return session.agents[key]


def _opened(given: str, session: Session, *, extracts: bool) -> AgentJudge:
    options = session.options
    name, _, model = given.partition(":")
    if name in ("majority", "random", "replay"):
        raise UsageError(f"--judge {given}: {name} cannot judge; use rules, or a provider with a model")
    opened = Opening(
        name=providing.known_provider(name),
        model=model or options.model,
        base_url=options.base_url,
        accepts=attaching.forms_of(options.accepts),
        environment=os.environ,
        concurrency=options.concurrency,
        patience=options.patience,
        max_cost=options.max_cost,
        budget=session.budget,
        read_cache=getattr(options, "only", None) is None,
    )
    info = catalog.require(opened)
    providing.refuse_if_away(info, local_only=options.local_only)
    if session.store is None:
        session.store = providing.open_store(options.cache)
    provider = catalog.open_provider(dataclasses.replace(opened, store=session.store))
    session.providers.append(provider)
    shown = info.model if info.name != "endpoint" else f"{info.model}@{info.destination}"
    return AgentJudge(
        name=shown,
        provider=provider,
        sampling=providing.sampling_of(info, options),
        structured=_structured(info, getattr(options, "schema", "auto")),
        weighed=not extracts and _weighed(info, getattr(options, "weigh", None)),
    )


def _weighed(info: Info, wanted: str | None) -> bool:
    """Whether ratings are weighed; a vendor that is known to give no probabilities is refused beforehand."""
    if wanted is None:
        return False
    vendor = info.model.partition("/")[0]
    if info.identity.startswith("hosted") and vendor in NO_LOGPROBS:
        raise NothingDone(f"--weigh {wanted}: {info.model} gives no log-probabilities. Leave it out. Nothing was sent.")
    return True


def refuse_unweighable(rubric: Rubric, wanted: str | None) -> None:
    """Raise UsageError where a rubric has nothing to weigh, or a scale of too many points."""
    if wanted is None:
        return
    whole = [stage for stage in rubric.rated() if stage.rate == "answer"]
    if not whole:
        raise UsageError(f"--weigh {wanted}: the rubric {rubric.name} rates no whole answer, only steps")
    many = next((stage.name for stage in whole if not levels_of(stage)), None)
    if many is not None:
        raise UsageError(f"--weigh {wanted}: the scale of {many} has more than nine points")


def _structured(info: Info, wanted: str) -> bool:
    """auto: where the model is known to take a JSON schema; of a server that is merely assumed to, only if asked."""
    if wanted == "on" and not info.structured:
        raise NothingDone(f"--schema on: {info.model} takes no JSON schema. Leave it out. Nothing was sent.")
    known = info.structured and info.identity.startswith("hosted")
    return info.structured if wanted == "on" else known and wanted == "auto"


async def release_all(session: Session) -> None:
    """The same of every model that judges."""
    for provider in session.providers:
        await release(provider)


async def release(provider: Provider) -> None:
    """Close the sockets between two runs; cache and budget stay."""
    if isinstance(provider, Cached):
        await provider.let_go()
