"""The committed search of the demonstration is what its section of `params.yaml` proposes."""

import random
from pathlib import Path

from import_graph import ROOT
from secateur.checks.params_file import Everything
from secateur.core import params
from secateur.search import ranking, record, space
from secateur.search.ranking import Goal
from secateur.search.study import Asked, Study, rows_of


def test_each_proposal_follows_from_the_figures_before_it(tmp_path: Path) -> None:
    """With the figures that the record has, in another order of ends than the search had."""
    content = params.read(ROOT / "params.yaml").content
    given = params.validate(Everything, content, "params.yaml")
    own, seeds = given.search, given.seeds
    found = record.read(ROOT / f"metrics/searches/{own.recipe}.json")
    goal = Goal(own.minimize, own.limits(given.budget.given()))
    today = space.today(own, content)
    study = Study(tmp_path / "trials.sqlite", "again", own, goal, seeds, today)
    order, running = random.Random(0), list[Asked]()
    while True:
        while len(running) < 3 and (asked := study.ask()):
            running.append(asked)
        if not running:
            break
        one = running.pop(order.randrange(len(running)))
        known = found.tried(one.number)
        assert known.values == one.values
        figures = known.of(len(one.seeds))
        assert figures is not None
        study.tell(one, figures)
    assert len(study.tried()) == len(found.trials) == own.trials
    whole = dict(rows_of(study.tried(), len(seeds)))
    assert ranking.front(goal, whole) == found.front
    assert ranking.best(goal, whole) == found.best
    assert study.importances() == found.importances
