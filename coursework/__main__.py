"""``python -m coursework``: make handouts and marking bundles, and mark what comes back."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from coursework.sandbox.limits import MIB, Limits

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist" / "coursework"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m coursework", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    release = commands.add_parser("release", help="write handouts and marking bundles")
    release.add_argument("chapters", nargs="*", help="such as 02 03; all if none is given")
    release.add_argument("--out", type=Path, default=DIST, help="default: dist/coursework")
    release.add_argument("--private", type=Path, help="folder with exercises of your own")
    release.add_argument("--secret", help="32 hexadecimal digits, or 'new'")

    grade = commands.add_parser("grade", help="mark a folder of submissions")
    grade.add_argument("chapter", help="such as 02 or 2")
    grade.add_argument("submissions", type=Path, help="a folder, or a learning platform's zip")
    grade.add_argument("--out", type=Path, required=True, help="where marks and feedback go")
    grade.add_argument("--bundle", type=Path, help="default: dist/coursework/NN/marking.zip")
    grade.add_argument("--roster", type=Path, help="CSV with the columns student and key")
    grade.add_argument("--name-by", choices=["auto", "file", "folder"], default="auto")
    grade.add_argument(
        "--due",
        type=due,
        help="such as 2026-11-30T18:00; a date alone, as in 2026-11-30, means the end of that day",
    )
    grade.add_argument("--late-penalty", type=float, default=0.0, help="per cent a day begun")
    grade.add_argument("--written", type=Path, help="CSV with the marks of written questions")
    grade.add_argument("--jobs", type=int, help="submissions at once; all cores if not given")
    grade.add_argument("--cell-seconds", type=float, default=Limits.cell)
    grade.add_argument("--call-seconds", type=float, default=Limits.call)
    grade.add_argument("--total-seconds", type=float, default=Limits.total)
    grade.add_argument("--memory-mib", type=int, default=Limits.memory // MIB)
    grade.add_argument("--again", action="store_true", help="mark everything afresh")
    return top


def due(text: str) -> datetime:
    """A date and a time; a date alone is the end of that day."""
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a time such as 2026-11-30T18:00 nor a date such as 2026-11-30"
        ) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0, or 2 with one line on stderr if it could not begin."""
    chosen = parser().parse_args(arguments)
    try:
        return _release(chosen) if chosen.command == "release" else _grade(chosen)
    except (ValueError, OSError) as error:
        print(f"coursework: {error}", file=sys.stderr)
        return 2


def _release(chosen: argparse.Namespace) -> int:
    from coursework.release import find_labs, release

    for lab in find_labs(chosen.chapters):
        before = _released(chosen.out / lab.name[:2] / "marking.zip")
        folder = release(lab, chosen.out, secret=chosen.secret, private=chosen.private)
        print(f"{lab.stem}: {_shown(folder)}")
        if gone := sorted(before - _released(folder / "marking.zip")):
            print(f"  without {', '.join(gone)}, which the last release had: is --private missing?")
    return 0


def _released(bundle: Path) -> set[str]:
    """The exercises of a marking bundle; none if there is no bundle."""
    if not bundle.exists():
        return set()
    with zipfile.ZipFile(bundle) as opened:
        return {exercise["number"] for exercise in json.loads(opened.read("exercises.json"))}


def _grade(chosen: argparse.Namespace) -> int:
    from coursework.grade import grade

    for name in ("SIGTERM", "SIGHUP"):  # as Ctrl-C: what is marked is kept, nothing left running
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    counts = grade(
        chosen.bundle or DIST / chosen.chapter.zfill(2) / "marking.zip",
        chosen.submissions,
        chosen.out,
        roster=chosen.roster,
        name_by=chosen.name_by,
        due=chosen.due,
        late_penalty=chosen.late_penalty,
        written=chosen.written,
        jobs=chosen.jobs,
        limits=Limits(
            cell=chosen.cell_seconds,
            call=chosen.call_seconds,
            total=chosen.total_seconds,
            memory=chosen.memory_mib * MIB,
        ),
        again=chosen.again,
    )
    print(", ".join(f"{status}: {count}" for status, count in counts.items()) or "no files")
    print(f"marks: {_shown(chosen.out / 'marks.csv')}, feedback: {_shown(chosen.out / 'feedback')}")
    return 1 if counts.keys() & {"not marked yet", "marker stopped"} else 0


def _shown(path: Path) -> str:
    """A path as short as it can be."""
    path = path.resolve()
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


if __name__ == "__main__":
    sys.exit(main())
