"""Every measurement once, with short settings, gathered into one file; `--twice` compares two."""

import argparse
import json
import sys
import time
from pathlib import Path

from benchmark.all.figures import compare_figures, list_figures
from benchmark.all.parts import PARTS, Part, choose_parts, run_part
from benchmark.shared.machine import describe_machine

Results = dict[str, dict[str, float]]


def main() -> int:
    """Run the command line; exit status 1 if a measurement failed."""
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(prog="python -m benchmark.all", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(names)} (all but replay-system)")
    parser.add_argument("--twice", action="store_true", help="and say how far the two agree")
    parser.add_argument("--folder", type=Path, default=Path("build/benchmark"))
    options = parser.parse_args()
    try:
        parts = choose_parts(options.parts)
    except LookupError as error:
        parser.error(str(error))
    options.folder.mkdir(parents=True, exist_ok=True)
    print(describe_machine(), flush=True)
    rounds, failed = [], []
    for number in range(2 if options.twice else 1):
        figures, wrong = _run_round(parts, options.folder, number + 1)
        rounds.append(figures)
        failed += wrong
        _write(options.folder / "all.json", rounds)
    if options.twice:
        print("\nfirst and second run, and their ratio")
        print("\n".join(compare_figures(*rounds)))
    for name in failed:
        print(f"FAILED: {name}, see {options.folder}")
    print(f"written: {options.folder / 'all.json'}")
    return 1 if failed else 0


def _run_round(parts: list[Part], folder: Path, number: int) -> tuple[Results, list[str]]:
    """Run each part; return its figures by name, and the parts that failed."""
    figures: Results = {}
    failed = []
    for part in parts:
        began = time.monotonic()
        log = folder / f"{part.name}-{number}.txt"
        file = log.with_suffix(".json")
        status = run_part(part, log, file)
        figures[part.name] = list_figures(file)
        told = f"round {number}: {part.name:<16} {time.monotonic() - began:5.0f} s"
        print(f"{told}  {'ok' if status == 0 else f'exit status {status}'}  {log}", flush=True)
        failed += [] if status in part.fine else [f"{part.name} ({status})"]
    return figures, failed


def _write(path: Path, rounds: list[Results]) -> None:
    path.write_text(json.dumps({"machine": describe_machine(), "rounds": rounds}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
