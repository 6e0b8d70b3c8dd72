"""Finds what was handed in, and says whose it is.

Three learning platforms write their own names into what they hand out:

- Moodle, folders ``Full Name_1234567_assignsubmission_file_/lab.ipynb`` or, flat,
  ``Full Name_1234567_assignsubmission_file_lab.ipynb``;
- Canvas, ``lastnamefirst_LATE_12345_678901_lab-1.ipynb``: ``LATE`` only if late, then the
  numbers of user and file, and ``-1`` on a file whose name was taken;
- Blackboard, ``Assignment_username_attempt_2026-11-22-10-05-33_lab.ipynb``, with the time of
  handing in. Both of the first two may hold underscores, so the assignment is what all names
  begin with.

Dates inside a zip of Moodle or Canvas are those of the download, so they are not used.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import hashlib
import io
import math
import os
import re
import stat
import struct
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from coursework.notebooks import Unreadable, few, read_notebook

MAX_BYTES = 20 * 1024 * 1024
MAX_FILES = 20_000
MAX_NESTED_FILES = 2000
MAX_NESTED_NOTEBOOKS = 100
LONGEST_PART = 255  # of a path; file systems allow no more
LONGEST_PATH = 500
MOST_NOTES = 10
MANY = 4  # notebooks a folder, above which folders are groups and not students
NAME_BY = ("auto", "file", "folder")

BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # controls and line breaks
LEFT_BEHIND = {"__macosx", ".ds_store", "thumbs.db", "desktop.ini", ".ipynb_checkpoints"}

MOODLE = re.compile(
    r"(?P<name>[^/]+?)(?:_(?P<id>\d+))?_assignsubmission_(?:file|onlinetext)(?:_|$)"
)
MOODLE_BLIND = "Participant"
CANVAS = re.compile(
    r"(?:(?P<name>.+?)[_-])??(?:(?P<late>late)_)?(?P<id>[1-9]\d*)_"
    r"(?:(?P<file_id>[1-9]\d*)_(?P<file>.+)|(?:text|link)\.html)",
    re.IGNORECASE,
)
CANVAS_ANONYMOUS = re.compile(
    r"anon_(?:(?P<late>late)_)?(?P<id>[0-9a-z]{5})_(?P<file_id>[1-9]\d*)_(?P<file>.+)",
    re.IGNORECASE,
)
CANVAS_AGAIN = re.compile(r"-(\d{1,3})(?=\.[^.]+$)")
CANVAS_NUMBERED = re.compile(r"(?P<file_id>[1-9]\d*)_(?P<file>.+)")
BLACKBOARD = re.compile(
    r"(?P<head>.+?_.+?)_[^\W\d_]+_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)"
)


class SubmissionsError(ValueError):
    """The source or the roster is not what it must be."""


@dataclass
class Submission:
    """One file that was handed in.

    Attributes
    ----------
    file : str
        Its path below the source, unique; a file in a student's zip has the zip's path before it.
    student : str
        Whose it is.
    content : bytes or None
        None if it was not read, or another file of the student counts.
    handed_in : datetime or None
        Local time without a zone, as file systems and zips have it; None if not known.
    late_days : int
        Days begun after the due time.
    superseded_by : str or None
        The `file` of the same student that counts instead.
    notes : list of str
        For teacher and student.
    problem : str
        Why it cannot be marked, or "": "empty file", "not a notebook", "damaged notebook",
        "too large", "cannot be read".
    named : str
        What the path calls the student; a roster may say otherwise.
    """

    file: str
    student: str
    content: bytes | None = None
    handed_in: datetime | None = None
    late_days: int = 0
    superseded_by: str | None = None
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    named: str = ""

    @property
    def to_mark(self) -> bool:
        """Whether this is the notebook of its student that counts."""
        return not self.problem and self.superseded_by is None


class Collected(list[Submission]):
    """What was handed in; `left_aside` are the files that nobody handed in.

    Those are what operating systems and JupyterLab leave in folders, and Blackboard's own text
    file beside a student's files.
    """

    def __init__(self, submissions: Iterable[Submission], left_aside: Sequence[str]) -> None:
        super().__init__(submissions)
        self.left_aside = list(left_aside)


# Reading what lies there


@dataclass
class _Found:
    """A file as it was found; `outer` is the path of what the student handed in."""

    path: str
    outer: PurePosixPath
    content: bytes | None = None
    date: datetime | None = None
    inner_date: datetime | None = None
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    read: Callable[[_Found], None] | None = None


def _clean(name: str) -> str:
    """A name as it can be written anywhere: composed letters, no broken ones, in one line."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    return BREAKS.sub("?", name)


def _without_middle(text: str, longest: int) -> str:
    """A text that is too long: its two ends, and between them digits that tell it from others."""
    if len(text) <= longest:
        return text
    digits = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    end = (longest - len(digits)) // 2 - 1
    return f"{text[:end]}…{digits}…{text[-end:]}"


def _clean_path(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    # Cut before they are composed, which takes long for a long run of accents.
    parts = [_clean(_without_middle(part, LONGEST_PART)) for part in parts]
    path = "/".join(part for part in parts if part not in ("", ".", ".."))
    return _without_middle(path, LONGEST_PATH) or "?"


def _is_left_behind(path: str) -> bool:
    return any(part.casefold() in LEFT_BEHIND or part.startswith("._") for part in path.split("/"))


def _natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts lab-10 after lab-9."""
    parts = re.split(r"([0-9]+)", text.casefold())
    return [(1, int(p[:18]), p) if n % 2 else (0, 0, p) for n, p in enumerate(parts)]


def _too_many(source: Path, paths: Sequence[str]) -> SubmissionsError:
    """What to raise if these paths, or these and others, are too many."""
    where = ""
    inside = [path.split("/") for path in paths]
    for depth in range(max(map(len, inside)) - 1):
        folders = Counter("/".join(p[: depth + 1]) for p in inside if len(p) > depth + 1)
        fullest, count = folders.most_common(1)[0]
        if 2 * count <= len(paths):
            break
        where = f", most of them in {_clean_path(fullest)}"
    return SubmissionsError(
        f"source: {source} holds more than {MAX_FILES:,} files and folders{where}; "
        f"at most {MAX_FILES:,} are allowed"
    )


def _walk(folder: Path) -> list[_Found]:
    found: list[_Found] = []
    everything: list[str] = []

    def closed(error: OSError) -> None:
        if Path(str(error.filename)) == folder:
            raise SubmissionsError(f"source: {folder} cannot be opened: {error.strerror}")
        shown = _clean_path(Path(str(error.filename)).relative_to(folder).as_posix())
        note = f"Opening the folder failed: {error.strerror}."
        found.append(_Found(shown, PurePosixPath(shown), notes=[note], problem="cannot be read"))

    for parent, folders, files in os.walk(folder, onerror=closed):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        place = Path(parent).relative_to(folder).as_posix()
        everything += [f"{place}/{name}".removeprefix("./") for name in folders + files]
        if len(everything) > MAX_FILES:
            raise _too_many(folder, everything)
        for name in sorted([*files, *links]):
            path = Path(parent, name)
            shown = _clean_path(path.relative_to(folder).as_posix())
            read = functools.partial(_read_from_disk, path)
            found.append(_Found(shown, PurePosixPath(shown), read=read))
    return found


def _read_from_disk(path: Path, found: _Found) -> None:
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            link = stat.S_ISLNK(status.st_mode)
            found.problem = "cannot be read"
            found.notes.append(f"It is {'a link' if link else 'a device'}, not a file.")
            return
        found.date = datetime.fromtimestamp(int(status.st_mtime))
        if status.st_size > MAX_BYTES:
            found.problem = "too large"
        else:
            with path.open("rb") as file:
                found.content = file.read(MAX_BYTES)
    except (OSError, OverflowError, ValueError) as error:
        found.problem = "cannot be read"
        found.notes.append(f"Reading it failed: {getattr(error, 'strerror', None) or error}.")


class _TooMany(Exception):
    """A zip lists more entries than are allowed; `paths` are those and one more."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__(f"more than {len(paths) - 1:,} files")
        self.paths = paths


class _Listed:
    """A zip's file, which `ZipFile` may open only if it lists at most so many entries.

    `ZipFile` makes an object of every entry, which takes many times as long as to step over it.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        self.file, self.most = file, most

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        paths, at = [], 0
        while data[at : at + 4] == b"PK\x01\x02" and at + 46 <= len(data):
            name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
            paths.append(
                data[at + 46 : at + 46 + min(name, LONGEST_PATH)].decode("utf-8", "replace")
            )
            if len(paths) > self.most:
                raise _TooMany(paths)
            at += 46 + name + extra + comment
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def _zip_file(file: IO[bytes], most: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(cast(IO[bytes], _Listed(file, most)))


def _entry_name(info: zipfile.ZipInfo) -> str:
    """An entry's path; some programs write UTF-8 without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return _clean_path(name)


def _entry_date(info: zipfile.ZipInfo) -> datetime | None:
    try:
        date = datetime(*info.date_time)
    except ValueError:
        return None
    return None if date == datetime(1980, 1, 1) else date


def _entries(archive: zipfile.ZipFile) -> Iterator[_Found]:
    for info in archive.infolist():
        if info.is_dir():
            continue
        shown = _entry_name(info)
        read = functools.partial(_read_entry, archive, info)
        yield _Found(shown, PurePosixPath(shown), date=_entry_date(info), read=read)


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, found: _Found) -> None:
    if info.file_size > MAX_BYTES:
        found.problem = "too large"
        return
    try:
        with archive.open(info) as file:
            found.content = file.read(MAX_BYTES + 1)
    except Exception as error:  # encrypted, truncated, wrong checksum, unknown method
        found.problem = "cannot be read"
        found.notes.append(f"Unpacking it failed: {error}.")


def _opened(found: _Found) -> Iterator[_Found]:
    """A student's zip in place of which its notebooks stand; anything else as it is."""
    if found.content is None or not found.path.casefold().endswith(".zip"):
        yield found
        return
    try:
        with _zip_file(io.BytesIO(found.content), MAX_NESTED_FILES) as archive:
            infos = [(i, _entry_name(i)) for i in archive.infolist() if not i.is_dir()]
            infos = [(i, name) for i, name in infos if not _is_left_behind(name)]
            notebooks = [(i, name) for i, name in infos if name.casefold().endswith(".ipynb")]
            sizes = sum(i.file_size for i, _ in notebooks if i.file_size <= MAX_BYTES)
            if sizes > 2 * MAX_BYTES:
                found.problem, found.content = "too large", None
            elif len(notebooks) > MAX_NESTED_NOTEBOOKS:
                found.problem, found.content = "too large", None
                found.notes.append(
                    f"The zip holds {len(notebooks):,} notebooks; "
                    f"at most {MAX_NESTED_NOTEBOOKS} are allowed."
                )
            elif not notebooks:
                found.notes.append("The zip holds no notebook.")
            else:
                others = len(infos) - len(notebooks)
                for info, name in notebooks:
                    inner_path = _without_middle(f"{found.path}/{name}", LONGEST_PATH)
                    inner = _Found(inner_path, found.outer)
                    inner.date, inner.inner_date = found.date, _entry_date(info)
                    if others:
                        inner.notes.append(
                            f"The zip holds {others} other file{'s' if others > 1 else ''}."
                        )
                    _read_entry(archive, info, inner)
                    yield inner
                return
    except _TooMany as error:
        found.problem, found.content = "too large", None
        found.notes.append(f"The zip holds {error}; no more are allowed.")
    except Exception as error:  # whatever a student's bytes make of an archive
        found.problem = "cannot be read"
        found.notes.append(f"The zip cannot be opened: {error}.")
    yield found


@contextlib.contextmanager
def _find(source: Path) -> Iterator[list[_Found]]:
    """Everything that lies there, by name; each is to be read inside the block."""
    if source.is_dir():
        yield _walk(source)
    elif source.is_file() and zipfile.is_zipfile(source):
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(source.open("rb"))
                archive = stack.enter_context(_zip_file(file, MAX_FILES))
                found = list(_entries(archive))
            except _TooMany as error:
                raise _too_many(source, error.paths) from None
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
                raise SubmissionsError(
                    f"source: {source} cannot be opened as a zip: {error}"
                ) from None
            yield found
    elif source.is_file() and source.suffix.casefold() == ".ipynb":
        shown = _clean_path(source.name)
        read = functools.partial(_read_from_disk, source)
        yield [_Found(shown, PurePosixPath(shown), read=read)]
    else:
        what = "is neither a folder nor a zip nor a notebook" if source.exists() else "is not there"
        raise SubmissionsError(
            f"source: {source} {what}; give a folder of what was handed in, or the zip of a "
            "learning platform"
        )


# Whose it is


@dataclass
class _Owner:
    """What a path says: a name, the platform's number for it, and when and how it came."""

    name: str
    id: str = ""
    platform: str = ""  # what the platform wrote of the student
    written: str = ""  # the part of the path that the platform wrote
    time: datetime | None = None
    dates_count: bool = True  # whether the file's own date can be the time of handing in
    late: bool = False
    alone: bool = False  # whether nobody else's name tells where this one begins
    again: int = 0
    file_id: int = 0


def _stem(path: PurePosixPath) -> str:
    name = re.sub(r"\.ipynb$", "", path.stem, flags=re.IGNORECASE)
    return name.strip() or path.name.strip() or "?"


def _moodle(path: PurePosixPath) -> _Owner | None:
    for part in path.parts:
        if match := MOODLE.match(part):
            name, number = match["name"].strip() or "?", match["id"] or ""
            if name == MOODLE_BLIND and number:
                name = f"{name} {number}"
            return _Owner(name, number, match[0], match[0], dates_count=False)
    return None


def _blackboard(path: PurePosixPath) -> _Owner | None:
    match = BLACKBOARD.fullmatch(path.name)
    if not match:
        return None
    try:
        time = datetime.strptime(match["time"], "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        return None
    head = match["head"]
    written = path.name[: match.end("time")]
    return _Owner(head, head, head, written, time)


def _name_blackboards_users(owners: Sequence[_Owner]) -> None:
    """What stands behind the assignment is the user; the assignment has one word or more."""
    heads = {tuple(owner.name.split("_")) for owner in owners}
    same = 1
    if len(heads) > 1:
        while all(len(h) > same + 1 for h in heads) and len({h[: same + 1] for h in heads}) == 1:
            same += 1
    for owner in owners:
        owner.name = owner.id = "_".join(owner.name.split("_")[same:]) or owner.name
        owner.alone = len(heads) == 1


def _canvas(path: PurePosixPath) -> _Owner | None:
    anonymous = CANVAS_ANONYMOUS.fullmatch(path.name)
    match = anonymous or CANVAS.fullmatch(path.name)
    if not match:
        return None
    parts = match.groupdict()
    after = CANVAS_NUMBERED.fullmatch(parts["file"] or "")
    if after and not anonymous and not parts["late"]:
        first, second, third = (len(n) for n in (parts["id"], parts["file_id"], after["file_id"]))
        if parts["name"] and first <= 3 < second <= third:  # a name that ends with a number
            name = path.name[: match.end("id")]
            parts |= {"name": name, "id": parts["file_id"], **after.groupdict()}
    name = f"anon {parts['id']}" if anonymous else parts["name"] or parts["id"]
    again = CANVAS_AGAIN.search(parts["file"] or "")
    return _Owner(
        name,
        parts["id"],
        f"{name}_{parts['id']}",
        path.name.removesuffix(parts["file"] or ""),
        dates_count=False,
        late=bool(parts["late"]),
        again=int(again[1]) if again else 0,
        file_id=int((parts["file_id"] or "0")[:18]),
    )


def _platform(paths: Collection[PurePosixPath]) -> Callable[[PurePosixPath], _Owner | None] | None:
    """What reads the names, if most are those of one platform.

    One for all, so that nobody can choose a file name that reads like another platform's and a
    fellow student's. In Canvas' names no two files have the same number.
    """
    for read in (_moodle, _blackboard, _canvas):
        owners = [owner for path in paths if (owner := read(path))]
        if read is _canvas:
            numbers = [owner.file_id for owner in owners if owner.file_id]
            if not numbers or len(set(numbers)) < len(numbers):
                continue
        if 2 * len(owners) > len(paths):
            return read
    return None


def _looks_like_work(path: PurePosixPath) -> bool:
    return path.suffix.casefold() in (".ipynb", ".zip")


def _wrapper(paths: Sequence[PurePosixPath], folders: bool) -> int:
    """How many folders at the start wrap everything, such as the one that was zipped.

    With `folders` students have folders of their own, so several must be left below.
    """
    depth = 0
    while all(len(path.parts) > depth + 1 for path in paths):
        if len({path.parts[depth] for path in paths}) > 1:
            break
        depth += 1
    if len(paths) == 1:
        return 0
    if folders and any(len(path.parts) == depth + 1 for path in paths):
        return max(0, depth - 1)
    return depth


def _owners(found: Sequence[_Found], name_by: str) -> list[_Owner]:
    if not found:
        return []
    outers = {item.outer for item in found}
    work = sorted(path for path in outers if _looks_like_work(path)) or sorted(outers)
    depth = _wrapper(work, name_by == "folder")
    wrapper = work[0].parts[:depth]
    platform = _platform(work) if name_by == "auto" else None

    def short(path: PurePosixPath) -> PurePosixPath:
        wrapped = path.parts[:depth] == wrapper and len(path.parts) > depth
        return PurePosixPath(*path.parts[depth:]) if wrapped else path

    folders = {short(path).parts[0] for path in work if len(short(path).parts) > 1}
    in_folders = all(len(short(path).parts) > 1 for path in work)
    in_folders &= len(work) <= MANY * len(folders)
    stems = Counter(_stem(path).casefold() for path in outers)

    def owner(path: PurePosixPath) -> _Owner:
        if platform and (known := platform(path)):
            return known
        own = short(path)
        inside = len(own.parts) > 1
        if inside and (name_by == "folder" or (name_by == "auto" and in_folders)):
            return _Owner(own.parts[0].strip() or "?")
        if inside and name_by == "auto" and stems[_stem(path).casefold()] > 1:
            return _Owner(str(own.parent / _stem(own)))
        return _Owner(_stem(own))

    owners = [owner(item.outer) for item in found]
    if platform is _blackboard:
        _name_blackboards_users([known for known in owners if known.id])
    while True:  # a name may be one that another one has become
        numbers = defaultdict(set)
        for known in owners:
            numbers[known.name.casefold()].add(known.id)
        unclear = [o for o in owners if o.id and len(numbers[o.name.casefold()]) > 1]
        if not unclear:
            return owners
        for known in unclear:
            known.name = f"{known.name} ({known.id})"


def read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    """A small CSV: its header, its rows with their line numbers, and its separator.

    The file is UTF-8, with a byte order mark or without one; a comma or a semicolon separates.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SubmissionsError(f"{path} is not UTF-8; save it as 'CSV UTF-8'") from None
    except OSError as error:
        raise SubmissionsError(f"{path} cannot be read: {error.strerror}") from None
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        lines = [(reader.line_num, [_clean(cell).strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise SubmissionsError(f"{path}, line {reader.line_num}: {error}") from None
    lines = [(number, row) for number, row in lines if any(row)]
    if not lines:
        raise SubmissionsError(f"{path} is empty")
    return lines[0][1], lines[1:], separator


def read_roster(path: Path) -> dict[str, list[str]]:
    """Every student of a roster with the keys that stand in the paths of their files.

    A roster is a CSV with the columns ``student`` and ``key``; several keys of one student are
    separated by ``|``. A student without a key is found by the name alone.

    Raises
    ------
    SubmissionsError
        One error that lists everything wrong, with line numbers.
    """
    header, rows, _ = read_table(path)
    names = [cell.casefold() for cell in header]
    if "student" not in names or "key" not in names:
        raise SubmissionsError(
            f"roster: {path} must have the columns 'student' and 'key'; found {', '.join(header)}"
        )
    at_student, at_key = names.index("student"), names.index("key")
    roster: dict[str, list[str]] = {}
    owner_of: dict[str, str] = {}
    wrong = []
    for line, row in rows:
        row = row + [""] * (len(header) - len(row))
        student = row[at_student]
        keys = [key.strip() for key in row[at_key].split("|") if key.strip()]
        if not student:
            wrong.append(f"line {line}: no student")
            continue
        if student in roster:
            wrong.append(f"line {line}: {student} stands there twice")
        for key in keys:
            if owner_of.setdefault(key.casefold(), student) != student:
                wrong.append(f"line {line}: key {key} also belongs to {owner_of[key.casefold()]}")
        roster[student] = keys
    if wrong:
        raise SubmissionsError(f"roster: {path}\n  " + "\n  ".join(wrong))
    if not roster:
        raise SubmissionsError(f"roster: {path} has no student; a line for each is needed")
    return roster


def roster_students(path: Path) -> list[str]:
    """The students of a roster, in its order."""
    return list(read_roster(path))


def missing_students(submissions: Iterable[Submission], roster: Path) -> list[str]:
    """The students of a roster who handed in no file at all."""
    present = {submission.student for submission in submissions}
    return [student for student in read_roster(roster) if student not in present]


def _keys_in(text: str, keys: Mapping[str, str], letter: str = r"[^\W_]") -> set[str]:
    """The students whose key is a whole word of a text; a longer key beats one inside it."""
    text = text.casefold()
    spans = [
        (match.start(), match.end(), student)
        for key, student in keys.items()
        if key in text
        for match in re.finditer(rf"(?<!{letter}){re.escape(key)}(?!{letter})", text)
    ]
    return {
        student
        for start, end, student in spans
        if not any(a <= start and end <= b and (a, b) != (start, end) for a, b, _ in spans)
    }


class _Roster:
    """Finds whose a file is by the keys in its path.

    What the platform wrote goes before what students chose, and a key that is a student's whole
    name or number goes before one that is a word of it.
    """

    WHOLE, WORD, CHOSEN = 3, 2, 1

    def __init__(self, students: Mapping[str, Sequence[str]]) -> None:
        self.keys = {key.casefold(): student for student, own in students.items() for key in own}
        self.names = {student.casefold(): student for student in students}
        self.claims: dict[str, dict[str, int]] = defaultdict(dict)

    def find(self, found: _Found, owner: _Owner) -> str:
        """The student's name by the roster, or else the owner's."""
        matches, how = self._matches(found, owner)
        if len(matches) == 1:
            (student,) = matches
            if owner.platform:
                now = self.claims[student].get(owner.name, 0)
                self.claims[student][owner.name] = max(now, how)
                if how == self.CHOSEN:
                    note = f"Found on the roster by the file's own name; sent by {owner.name}."
                    found.notes.append(note)
            return student
        if matches:
            found.notes.append(f"Matches {len(matches)} students on the roster.")
        else:
            found.notes.append("Not on the roster.")
        return owner.name

    def _matches(self, found: _Found, owner: _Owner) -> tuple[set[str], int]:
        if owner.time:  # Blackboard's user name may begin in what looks like the assignment
            parts = owner.platform.casefold().split("_")
            for begin in range(1, len(parts)):
                key = "_".join(parts[begin:])
                if key in self.keys and (len(key) >= len(owner.id) or owner.alone):
                    return {self.keys[key]}, self.WHOLE
        if owner.platform:
            whole = {text.casefold() for text in (owner.name, owner.id, owner.platform)}
            if matches := {self.keys[text] for text in whole if text in self.keys}:
                return matches, self.WHOLE
            if matches := _keys_in(owner.name, self.keys, r"\w"):  # j_smith is not smith
                return matches, self.WORD
        if owner.name.casefold() in self.names:
            return {self.names[owner.name.casefold()]}, self.WHOLE
        return _keys_in(found.path.replace(owner.written or "/", "/", 1), self.keys), self.CHOSEN

    def loses(self, student: str, owner: _Owner) -> bool:
        """Whether others have as good a claim to be this student, or a better one.

        One student may have two accounts that the roster names, and no other two.
        """
        claims = self.claims.get(student, {}) if owner.platform else {}
        best = max(claims.values(), default=0)
        return len(claims) > 1 and (claims.get(owner.name, 0) < best or best < self.WHOLE)


# All together


def collect(
    source: Path,
    roster: Path | None = None,
    name_by: str = "auto",
    due: datetime | None = None,
) -> Collected:
    """Everything that was handed in, each file with its student.

    Every file gives one `Submission`, whatever it is. A student's zip is opened, one level deep,
    and each notebook in it gives one. Nothing is written to disk, and no link is followed.

    Of one student's notebooks the one handed in last counts: by Blackboard's time or the date of
    the file, then by the number that Canvas appends, then by name. What cannot be read as a
    notebook replaces no notebook and is replaced by none.

    Parameters
    ----------
    source : Path
        A folder, searched with all its subfolders, or a zip.
    roster : Path, optional
        A CSV, see `read_roster`. What is not on it keeps the name that `name_by` gives.
    name_by : {"auto", "file", "folder"}
        "file" names students by the file's name without its ending, "folder" by the first folder
        below the source. "auto" takes the name that Moodle, Canvas or Blackboard wrote; else the
        folder, if every notebook lies in one and there are at most four to a folder; else the
        file's name, with its folders before it where a name occurs twice. A folder that wraps
        everything names nobody.
    due : datetime, optional
        Without a zone it is local time, as are the dates of files, of zips and of Blackboard.
        Each day begun after it is a day late. Canvas tells only that a file was late, which
        counts as one day. Moodle tells nothing, so nothing from Moodle counts as late.

    Raises
    ------
    SubmissionsError
        If the source or the roster cannot be read.
    """
    if name_by not in NAME_BY:
        raise SubmissionsError(f"name_by: {name_by!r}; allowed: {', '.join(NAME_BY)}")
    students = _Roster(read_roster(roster)) if roster else None
    if due is not None and due.tzinfo is not None:
        due = due.astimezone().replace(tzinfo=None)

    left_aside: list[str] = []
    handed_in: list[_Found] = []
    made: list[tuple[_Order, _Owner, Submission]] = []
    with _find(source) as everything:
        for item in everything:
            if _is_left_behind(item.path):
                left_aside.append(item.path)
            else:
                handed_in.append(item)
        owners = _owners(handed_in, name_by)
        beside = {
            owner.name for item, owner in zip(handed_in, owners, strict=True) if not _is_log(item)
        }
        taken: Counter[str] = Counter()
        last: dict[tuple[str, str], tuple[_Order, Submission]] = {}
        for item, owner in zip(handed_in, owners, strict=True):
            if owner.time and _is_log(item) and owner.name in beside:
                left_aside.append(item.path)
                continue
            if item.read:
                item.read(item)
            for inner in _opened(item):
                file = _untaken(inner.path, taken)
                submission, order = _submission(inner, owner, file, students, due)
                made.append((order, owner, submission))
                _keep_last(last, owner, order, submission)
            item.content = None

    for _, owner, submission in made:
        if students and students.loses(submission.student, owner):
            why = f"Not on the roster: others' files hold the key of {submission.student}, too."
            submission.notes = [note for note in submission.notes if "on the roster" not in note]
            submission.notes.append(why)
            submission.student = owner.name
    made.sort(key=lambda entry: entry[0])
    _supersede([submission for *_, submission in made])
    made.sort(key=lambda entry: (_natural(entry[2].student), entry[0][-1]))
    for *_, submission in made:
        submission.notes = few(submission.notes, MOST_NOTES)
    return Collected((submission for *_, submission in made), left_aside)


# When it was handed in, by whom known best, and then its name.
_Order = tuple[datetime, datetime, int, int, list[tuple[int, int, str]]]


def _untaken(path: str, taken: Counter[str]) -> str:
    """This path, or with a number if there was one like it."""
    file = path
    while taken[file]:
        taken[path] += 1
        file = f"{path} ({taken[path]})"
    taken[file] += 1
    return file


def _submission(
    found: _Found, owner: _Owner, file: str, roster: _Roster | None, due: datetime | None
) -> tuple[Submission, _Order]:
    student = roster.find(found, owner) if roster else owner.name
    time = owner.time or (found.date if owner.dates_count else None)
    submission = Submission(file, student, found.content, time, notes=found.notes, named=owner.name)
    submission.problem = found.problem or _problem(submission)
    _mark_late(submission, owner, due)
    dates = time or datetime.min, found.inner_date or datetime.min
    return submission, (*dates, owner.again, owner.file_id, _natural(file))


def _keep_last(
    last: dict[tuple[str, str], tuple[_Order, Submission]],
    owner: _Owner,
    order: _Order,
    submission: Submission,
) -> None:
    """Forget the content of what cannot count: one student may hand in any number of files."""
    key = owner.name, submission.student
    if submission.problem:
        submission.content = None
    elif key not in last or order >= last[key][0]:
        if key in last:
            last[key][1].content = None
        last[key] = order, submission
    else:
        submission.content = None


def _is_log(item: _Found) -> bool:
    """Whether it is the text file that Blackboard writes for every attempt."""
    match = BLACKBOARD.fullmatch(item.outer.name)
    return match is not None and match["file"] is None


def _problem(submission: Submission) -> str:
    try:
        read_notebook(submission.content or b"")
    except Unreadable as why:
        submission.notes.append(why.detail)
        return why.reason
    return ""


def _mark_late(submission: Submission, owner: _Owner, due: datetime | None) -> None:
    if owner.late:
        submission.late_days = 1
        submission.notes.append("Canvas says late, not by how much; it counts as one day.")
    elif due is not None and submission.handed_in is not None:
        over = (submission.handed_in - due) / timedelta(days=1)
        submission.late_days = max(0, math.ceil(over))
        if submission.late_days:
            by = "Blackboard" if owner.time else "the file's date"
            submission.notes.append(
                f"Handed in {submission.handed_in:%Y-%m-%d %H:%M} according to {by}."
            )
    elif due is not None and not owner.file_id:
        submission.notes.append("When it was handed in is not known; it does not count as late.")


def _supersede(in_order: Sequence[Submission]) -> None:
    last: dict[str, Submission] = {}
    for submission in in_order:
        if not submission.problem:
            if submission.student in last:
                last[submission.student].superseded_by = submission.file
            last[submission.student] = submission
    for submission in in_order:
        if submission.superseded_by is not None:
            submission.content = None
            submission.superseded_by = last[submission.student].file
