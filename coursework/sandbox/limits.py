"""Limits and isolation of a student's process, as far as the system has them.

Everywhere: a process of its own, a folder of its own, a limit on the clock. On Linux and, in part,
on macOS: limits on processor time, memory and the size of files. On Linux, where the kernel
allows it to an ordinary user: no network, a read-only disk, nothing readable but Python and the
folder, no sight of other processes.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits on one submission.

    Attributes
    ----------
    cell, call, total : float
        Seconds by the clock that one cell, one call of an answer and the whole may take.
    memory : int
        Bytes of memory above what the imported libraries take.
    disk : int
        Bytes that the folder, and a file in it, may take.
    """

    cell: float = 30.0
    call: float = 20.0
    total: float = 240.0
    memory: int = 2048 * MIB
    disk: int = 64 * MIB

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise ValueError(f"limits: {name} must be a positive number, got {value!r}")


# What may be in force, in words; `restrict` names those that are.
RESTRICTIONS = {
    "time": "a limit on the clock, and a process and a folder for each submission",
    "cpu": "a limit on processor time",
    "memory": "a limit on memory",
    "file-size": "a limit on the size of files",
    "disk": "a limit on the disk space of a submission, and a disk that is read-only elsewhere",
    "network": "no network",
    "processes": "no sight of other processes, and none of its own that outlives it",
    "files": "no reading of files other than Python's own, the package's and the submission's",
}

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 2, 4, 16384, 1 << 18
MOUNT_SETATTR, MOUNT_ATTR_RDONLY, AT_FDCWD, AT_RECURSIVE = 442, 1, -100, 0x8000
CAPSET = {"x86_64": 126, "aarch64": 91}
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS = 1, 24, 28, 38
PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, SECCOMP_MODE_FILTER = 22, 36, 2
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
READ_A_FILE = 1 << 0 | 1 << 2  # execute, read
READ = READ_A_FILE | 1 << 3  # list a folder
WRITE_A_FILE = 1 << 1 | 1 << 14  # write, truncate


def kill_with_parent() -> None:
    """End this process when its parent ends, where the system can do that."""
    if sys.platform == "linux":
        _libc().prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)


def become_subreaper() -> None:
    """Become the parent of descendants whose own parent ends, where the system can do that."""
    if sys.platform == "linux":
        _libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def isolate(folder: Path, limits: Limits) -> list[str]:
    """Give this process, and those it forks, a network, a process table and a disk of its own.

    Returns the names of the `RESTRICTIONS` in force. They hold for processes forked from now on.
    """
    if sys.platform != "linux":
        return []
    libc, uid, gid = _libc(), os.getuid(), os.getgid()
    private = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
    if libc.unshare(private):
        return []
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    except OSError:
        return ["network", "processes"]
    read_only = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY, 0, 0, 0)
    size = f"size={limits.disk},nr_inodes=20000,mode=700".encode()
    disk = (
        not libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)
        and not libc.syscall(
            MOUNT_SETATTR,
            AT_FDCWD,
            b"/",
            AT_RECURSIVE,
            ctypes.byref(read_only),
            ctypes.sizeof(read_only),
        )
        and not libc.mount(b"none", bytes(folder), b"tmpfs", MS_NOSUID | MS_NODEV, size)
    )
    return ["network", "processes"] + ["disk"] * disk


def restrict(
    folder: Path, readable: Iterable[Path], limits: Limits, in_force: Iterable[str] = ()
) -> list[str]:
    """Limit this process for good; returns the names of the `RESTRICTIONS` in force.

    `in_force` are those that are so already. Without a disk of its own, a process may not change
    dates and modes, which nothing else here keeps it from.
    """
    restrictions = ["time", *_limit_resources(limits)]
    if sys.platform == "linux":
        libc = _libc()
        _drop_privileges(libc)
        restrictions += _landlock(libc, folder, readable)
        restrictions += _refuse_calls(libc, dates_and_modes="disk" not in in_force)
    return restrictions


def _limit_resources(limits: Limits) -> list[str]:
    if resource is None:
        return []
    seconds = int(limits.total) + 1
    wanted = {
        "cpu": (resource.RLIMIT_CPU, seconds),
        "file-size": (resource.RLIMIT_FSIZE, limits.disk),
        "memory": (resource.RLIMIT_AS, _address_space() + limits.memory),
        "core": (resource.RLIMIT_CORE, 0),
        "number of processes": (resource.RLIMIT_NPROC, 64),
        "open files": (resource.RLIMIT_NOFILE, 256),
    }
    if sys.platform != "linux":
        del wanted["memory"], wanted["number of processes"]  # not kept, or counted per person
    in_force = []
    for name, (kind, value) in wanted.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            continue
        if name in RESTRICTIONS:
            in_force.append(name)
    return in_force


def _address_space() -> int:
    """Bytes of address space that this process has now."""
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _drop_privileges(libc: Any) -> None:
    """No capability, now or by running another program."""
    libc.prctl(PR_SET_SECUREBITS, 0b101111, 0, 0, 0)  # user 0 is nobody special, locked
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if number := CAPSET.get(os.uname().machine):
        header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        libc.syscall(number, ctypes.byref(header), ctypes.byref(nothing))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _landlock(libc: Any, folder: Path, readable: Iterable[Path]) -> list[str]:
    """Landlock: read `readable`, do anything in `folder`, nothing elsewhere; no TCP."""
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return []
    rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)  # how many the kernel knows
    everything = (1 << rights) - 1
    handled = [everything]
    if version >= 4:
        handled.append(0)  # TCP: sockets are refused altogether
    if version >= 6:
        handled.append(0b10)  # signals to others
    attributes = (ctypes.c_uint64 * len(handled))(*handled)
    size = ctypes.sizeof(attributes)
    rules = libc.syscall(LANDLOCK_CREATE_RULESET, ctypes.byref(attributes), size, 0)
    if rules < 0:
        return []

    def allow(path: Path, folder_rights: int, file_rights: int) -> None:
        try:
            target = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        granted = (folder_rights if path.is_dir() else file_rights) & everything
        rule = granted.to_bytes(8, sys.byteorder) + target.to_bytes(4, sys.byteorder)
        libc.syscall(LANDLOCK_ADD_RULE, rules, 1, rule, 0)
        os.close(target)

    for path in readable:
        allow(path, READ, READ_A_FILE)
    allow(folder, everything, 0)
    for device in ("null", "zero", "random", "urandom"):
        allow(Path("/dev") / device, 0, READ_A_FILE | WRITE_A_FILE)
    in_force = not libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0)
    os.close(rules)
    return ["files"] if in_force else []


# System calls by their numbers on x86-64 and on 64-bit ARM; None where there is no such call.
# Sockets reach the network and other programs of the same person; shared memory, memory files
# and message queues are in no limit; keys, tracing and namespaces are none of a student's needs.
REFUSED = {
    "socket": (41, 198),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
}
DATES_AND_MODES = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
}
CLONE, CLONE3 = (56, 220), (435, 435)
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEW_NAMESPACES = 0x7E020080  # the bits of clone that ask for one
EPERM, ENOSYS = 1, 38


def _refuse_calls(libc: Any, dates_and_modes: bool) -> list[str]:
    """A seccomp filter that refuses system calls: no sockets, and so no network."""
    machine = os.uname().machine
    if machine not in AUDIT_ARCH:
        return []
    at = list(AUDIT_ARCH).index(machine)
    refused = {**REFUSED, **(DATES_AND_MODES if dates_and_modes else {})}
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, fail = 0x7FFF0000, 0x00050000
    program = [
        (load, 0, 0, 4),  # the architecture
        (equal, 1, 0, AUDIT_ARCH[machine]),
        (give, 0, 0, fail | EPERM),
        (load, 0, 0, 0),  # the call's number
        (at_least, 0, 1, 0x40000000),  # x86-64's other numbers
        (give, 0, 0, fail | EPERM),
        (equal, 0, 1, CLONE3[at]),  # its flags are out of a filter's sight: fall back to clone
        (give, 0, 0, fail | ENOSYS),
    ]
    for numbers in refused.values():
        if (number := numbers[at]) is not None:
            program += [(equal, 0, 1, number), (give, 0, 0, fail | EPERM)]
    program += [
        (equal, 0, 3, CLONE[at]),
        (load, 0, 0, 16),  # the lower half of its first argument
        (any_bit, 0, 1, NEW_NAMESPACES),
        (give, 0, 0, fail | EPERM),
        (give, 0, 0, allow),
    ]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    lines = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(lines))
    failed = libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0)
    return [] if failed else ["network"]


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def in_words(in_force: Iterable[str]) -> tuple[list[str], list[str]]:
    """What is in force and what is not, in words."""
    there = set(in_force)
    words = RESTRICTIONS.items()
    return [text for n, text in words if n in there], [text for n, text in words if n not in there]
