"""`trials_driver.py COUNT`: makes so many trials, as thin as any real search.

Each trial sets a rate in a file of its own. It prints what it is told of each.
"""

import json
import os
import sys


def main() -> int:
    from dvc_parallel import repro, trials
    from dvc_parallel.options import Options
    from dvc_parallel.trials import Ended, Trial

    count, jobs, *rates = sys.argv[1:]
    with open("trial.dvc.yaml", encoding="utf-8") as file:  # noqa: PTH123
        pipeline = file.read()
    waiting = [*rates] or [str(number) for number in range(int(count))]
    running: list[str] = []

    def of(rate: str) -> Trial:
        files = {"search/dvc.yaml": pipeline, "search/params.yaml": f"rate: {rate}\n"}
        return Trial(f"trial-{rate}", files)

    def more() -> Trial | None:
        if not waiting:
            return None
        rate = waiting.pop(0)
        running.append(rate)
        return of(rate)

    def ended(one: Ended) -> None:
        said = one.why.splitlines()[-1] if one.why else json.loads(one.texts["search/score.json"])
        print(one.trial.name, said, flush=True)

    def run() -> int:
        options = Options(jobs=int(jobs), scheduler=os.environ.get("SCHEDULER"))
        with trials.opened(options) as session:
            targets, asked = ["search/dvc.yaml:score"], ["search/score.json"]
            print("mark", session.mark(of("1"), *targets))
            for fault in session.run(targets, asked, more, ended):
                print(f"fault: {fault}")
        return 0

    return repro.guarded("trials", run)


if __name__ == "__main__":
    sys.exit(main())
