"""What `secateur search` does: Optuna proposes recipes, and `dvc_parallel` runs them as trials."""

import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Group
from ruamel.yaml import YAML

from dvc_parallel import repro, trials
from dvc_parallel.errors import RunError
from dvc_parallel.options import Options
from dvc_parallel.trials import Ended, Trial, Trials
from secateur.artifacts import SEARCHES
from secateur.checks.params_file import Everything, check_params
from secateur.command import search_told
from secateur.core import files, params
from secateur.core.errors import InputError
from secateur.core.params import PARAMS_FILE
from secateur.search import pipeline, ranking, record, space
from secateur.search.parameters import Search
from secateur.search.ranking import Goal
from secateur.search.record import Record
from secateur.search.study import Asked, Study, Tried, rows_of

STORAGE = Path(".dvc/tmp/search/trials.sqlite")


def search(options: Options) -> list[str]:
    """Search, judge, write the record, and return what to say.

    Raises:
        InputError: the section is missing or wrong.
        RunError: it cannot begin, or go on; what has ended is kept, and in the record.
    """
    everything = check_params(PARAMS_FILE)
    content = params.read(PARAMS_FILE).content
    own = everything.search
    if own is None:
        raise InputError(
            f"{PARAMS_FILE}: search: missing: this section says what varies and what is to be "
            "small; docs/searching.md has one to begin with"
        )
    _make_ready(own, content, options)
    with trials.opened(options) as session:
        one = _Search(own, everything, content, session)
        faults = one.run()
        # Test rows are for the last word: of a search that goes on there is none yet.
        found = one.record([] if one.stopped else one.judged())
    if not found.front and one.stopped:  # an earlier record is worth more
        raise RunError(f"it stopped early: {one.stopped}")
    path = SEARCHES / f"{own.recipe}.json"
    said = [
        *faults,
        *search_told.found(found),
        *search_told.experiments(found, one.name(0).removesuffix("0")),
        *_kept_aside(path, found),
        f"{path}: written; `secateur repro` shows it on the page",
    ]
    files.write_json(path, record.content(found))
    if one.stopped:
        raise RunError("\n".join([*said, f"it stopped early: {one.stopped}"]))
    return said


def _kept_aside(path: Path, found: Record) -> list[str]:
    """Keep the record of another search, which this one's is to replace; return what to say."""
    try:
        before = record.read(path)
    except InputError:  # none, or damaged
        return []
    both = list(zip(before.trials, found.trials, strict=False))
    same = before.goal == found.goal and before.recipes == found.recipes
    if same and all(old.values == new.values for old, new in both):
        return []  # this search, not so far
    text = path.read_bytes()
    copy = STORAGE.with_name(f"{path.stem}-{hashlib.sha256(text).hexdigest()[:8]}.json")
    files.write_text(copy, text.decode("utf-8"))
    return [f"{copy}: the record of an earlier search of {len(before.trials)} trials, kept here"]


def _make_ready(own: Search, content: Mapping[str, Any], options: Options) -> None:
    """Bring up to date what trials start from.

    Raises:
        RunError: it cannot be.
    """
    varied = {key.split(".")[1] for key in own.vary}
    links = space.chain(own.recipe, content["recipes"])
    before = links[: min(links.index(name) for name in varied)]
    targets = ("train_baseline", "build_model", *(f"prune@{name}" for name in before))
    if stale := trials.stale(targets):
        _say(f"{stale} has changed since its results were made: it runs first")
        if repro.run(replace(options, targets=targets)):
            raise RunError("what the trials start from could not be made; why stands above")


class _Search:
    """A search in one state of the workspace."""

    def __init__(
        self, own: Search, everything: Everything, content: dict[str, Any], session: Trials
    ) -> None:
        self.own, self.content, self.session = own, content, session
        self.seeds = everything.seeds
        self.goal = Goal(own.minimize, own.limits(everything.budget.given()))
        self.asked: dict[str, Asked] = {}
        self.shown: Group | None = None  # the table, until a trial ends
        self.stopped = ""  # why no further trial begins
        self.began = time.monotonic()
        today = self.trial("today", space.today(own, content), self.seeds)
        self.mark = _mark(session, today, own, self.seeds, self.goal)
        self.study = Study(
            STORAGE, self.mark, own, self.goal, self.seeds, space.today(own, content)
        )
        known = len(self.study.tried())
        if known == 0 and self.study.others:
            _say(
                f"no search in {STORAGE} had this section, data and code: it begins anew; what is "
                "as it was is not trained again"
            )
        if known:
            _say(f"{known} trials are known from before, in {STORAGE}; the search goes on")

    def trial(
        self, name: str, values: Mapping[str, Any], seeds: Sequence[int], *, unseen: bool = False
    ) -> Trial:
        """Return a trial of these values; `unseen` has the whole pipeline use its seeds."""
        told = space.trial(self.content, self.own, values, seeds)
        before = [link for link in told["recipes"] if link not in told["train"]]
        texts = {
            pipeline.PIPELINE: pipeline.text(before, judged=unseen),
            pipeline.PARAMS: _yaml({"trial": told}),
        }
        if unseen:
            others = {key: own for key, own in self.content.items() if key != "search"}
            texts["params.yaml"] = _yaml({**others, "seeds": list(seeds)})
        return Trial(name, texts)

    def run(self) -> list[str]:
        """Make the trials; return which experiments could not be made."""
        return self.session.run(
            [pipeline.TRIAL], [pipeline.FIGURES], self._next, self._ended, self._table
        )

    def _next(self) -> Trial | None:
        minutes = (time.monotonic() - self.began) / 60
        late = self.own.minutes is not None and minutes > self.own.minutes
        asked = None if self.stopped else self.study.ask(begin=not late)
        if asked is None:
            return None
        name = self.name(asked.number)
        self.asked[name] = asked
        return self.trial(name, asked.values, asked.seeds)

    def name(self, number: int) -> str:
        """Return the name of a trial's experiment."""
        return f"{self.own.recipe}-{self.mark[:4]}-{number}"

    def _ended(self, ended: Ended) -> None:
        asked = self.asked.pop(ended.trial.name)
        text = ended.texts.get(pipeline.FIGURES)
        figures = json.loads(text) if text and not ended.why else None
        why = "" if figures else _reason(ended.why or "it wrote no figures")
        # A full disk, too little memory, a fault of ours: it is tried again, but not for ever.
        if why and not ended.final and self.study.tried_again(asked, why):
            self.stopped = f"trial {asked.number}: {why}; the same command goes on with it"
            _say(ended.why)
            return
        if why and asked.number == 1:
            raise RunError(f"the recipe as it stands in params.yaml cannot be tried: {why}")
        self.study.tell(asked, figures, why)
        self.shown = None
        if sys.stderr.isatty():  # the table has it
            return
        told = f"failed: {why}" if figures is None else search_told.figures(self.goal, figures)
        count = len(asked.seeds)
        _say(f"trial {asked.number}, {count} seed{'s' * (count != 1)}: {told}")

    def _table(self) -> Any:
        """Return the best trials so far, as they are shown below the stages that run."""
        if self.shown is None:
            tried = self.study.tried()
            failed = [one for one in tried if one.why]
            head = f"\n{len(tried)} of {self.own.trials} trials"
            if failed:
                head += f", {len(failed)} failed, the last: {failed[-1].why[:100]}"
            self.shown = Group(head, search_told.table(self.goal, tried, len(self.seeds)))
        return self.shown

    def judged(self) -> list[record.Judged]:
        """Train the best recipe, and today's, with the unseen seeds, and score them once."""
        best = self._best(self.study.tried())
        wanted = list(dict.fromkeys(number for number in (best, 1) if number))
        if best is None:
            return []
        values = {one.number: one.values for one in self.study.tried()}
        waiting = [
            self.trial(f"trial {number}", values[number], self.own.unseen_seeds, unseen=True)
            for number in wanted
        ]
        found: list[record.Judged] = []

        def ended(one: Ended) -> None:
            if one.why:
                raise RunError(f"{one.trial.name} with the unseen seeds: {one.why}")
            figures, judged = (
                json.loads(one.texts[n]) for n in (pipeline.FIGURES, pipeline.JUDGED)
            )
            found.append(_judged(int(one.trial.name.split()[1]), figures, judged))

        _say("the best recipe and today's, with seeds that the search has not seen:")
        self.session.run(
            [pipeline.JUDGE], [pipeline.FIGURES, pipeline.JUDGED],
            lambda: waiting.pop(0) if waiting else None, ended, saved=False,
        )  # fmt: skip
        if len(found) < len(wanted):
            raise RunError("what was found could not be judged; the same command tries again")
        return sorted(found, key=lambda one: wanted.index(one.number))

    def _best(self, tried: Sequence[Tried]) -> int | None:
        return ranking.best(self.goal, dict(rows_of(tried, len(self.seeds))))

    def record(self, judged: list[record.Judged]) -> Record:
        """Return all that is to be known of the search."""
        tried = self.study.tried()
        whole = dict(rows_of(tried, len(self.seeds)))
        return Record(
            recipe=self.own.recipe, recipes={name: self.content["recipes"][name] for name in
                                             space.chain(self.own.recipe, self.content["recipes"])},
            device=self.own.device, minimize=self.own.minimize,
            at_most=dict(self.goal.at_most), sampler=self.own.sampler, seeds=self.seeds,
            unseen_seeds=self.own.unseen_seeds,
            trials=[
                record.Tried(
                    number=one.number, values=one.values, why=one.why,
                    figures={str(count): own for count, own in one.figures.items()},
                )
                for one in tried
            ],
            front=ranking.front(self.goal, whole), best=self._best(tried),
            importances=self.study.importances(), judged=judged,
        )  # fmt: skip


def _mark(session: Trials, today: Trial, own: Search, seeds: Sequence[int], goal: Goal) -> str:
    """Return a hash of all that the trials follow from, as the name of their study."""
    section = own.model_dump(exclude={"trials", "minutes", "unseen_seeds"})
    facts = [session.mark(today, pipeline.TRIAL), today.files, section, seeds, goal]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def _reason(log: str) -> str:
    """Return, on one line, what a stage's log says last: its error with all lines of that."""
    lines = log.strip().splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    text = " ".join(line.strip() for line in lines[starts[-1] if starts else -1 :])
    return text.removeprefix("error: ")


def _judged(number: int, figures: Mapping[str, Any], judged: Mapping[str, Any]) -> record.Judged:
    file, baseline = judged["file"], judged["baseline"]
    error = "mse" if "mse" in file else "log_loss"
    return record.Judged(
        number=number, figures=dict(figures), errors=file[error]["seeds"],
        error=file[error]["median"], baseline=baseline[error]["median"],
        accuracy=file.get("accuracy", {}).get("median"),
        baseline_accuracy=baseline.get("accuracy", {}).get("median"),
    )  # fmt: skip


def _yaml(content: Any) -> str:
    out = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(content, out)
    return out.getvalue()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
