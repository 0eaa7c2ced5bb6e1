"""The verifier of case-based tasks: runs a program on stored inputs and compares what comes back.

This one file uses the standard library only. It is copied into a task's ``tests/`` folder, where
``tests/test.sh`` runs it, so that the task stays a plain Harbor task. It is also what builds and importers
call to compute expected values.

The program under test is hostile. So the expected values never enter its process: the parent reads the cases,
deletes them (or gives up), makes itself unreadable to other processes of its user, sends inputs to a child and
gets encoded results back. Where the kernel has Landlock, the child can write nothing, read only Python's library
and its own folder, and signal nobody. The reward is written last, when every descendant is dead, into a folder that
is proved to be the one of the beginning and emptied of whatever the child put there.

Case file (JSON)::

    {"schema_version": 1, "program": "program.py",
     "cases": [{"input": INPUT, "expected": VALUE}, ...]}

A case may have ``"tolerance": number`` (absolute, for the floats in it); the file may have ``"lines": number``, the
lines that each case may run (200,000).

INPUT is one of

* ``{"call": "function", "args": [VALUE, ...]}``; with ``"observe": "args"`` the arguments after the call count too,
* ``{"new": "Class", "args": [VALUE, ...], "ops": [["method", [VALUE, ...]], ["@attribute"], ...]}``, or
* ``{"drive": "function", "args": [VALUE, ...]}``: ``function(program, *args)`` of ``driver.py`` beside the cases.

VALUE is JSON; what JSON lacks is tagged: ``{"$tuple": [...]}``, ``{"$set": [...]}``, ``{"$dict": [[k, v], ...]}``,
``{"$bytes": "hex"}``, ``{"$float": "inf"}``, ``{"$error": "ValueError"}``, ``{"$type": "ValueError"}``,
``{"$object": "Class"}``, ``{"$huge": true}``. Iterators are read to a list of at most 1,000 items.

``reward.json`` holds ``reward`` (1.0 when every case passed), ``passed``, ``total`` and, when there was any, signs of
tampering: ``foreign_files`` found beside the reward, ``survivors`` killed after the child, ``extra_replies``.
"""

import ctypes
import importlib.util
import itertools
import json
import math
import os
import resource
import select
import signal
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

ITERATOR_ITEMS = 1_000
VALUE_NODES = 50_000
LINES_PER_CASE = 200_000
CHILD_CPU_S = 8
CHILD_WALL_S = 20.0
CHILD_MEMORY_BYTES = 1 << 30
REPLY_BYTES = 8 << 20
MAX_INT_BITS = 14_000  # Python refuses to print integers of more than 4,300 digits
HOPELESS = 3  # looping cases after which a verification gives up: it has failed already


class LineLimit(BaseException):
    """A case ran more lines of the program than it may; not an Exception, so that programs do not catch it."""


# ---------------------------------------------------------------------------------------------- values


def encode(value, budget=None, depth=0):
    """Return `value` as tagged JSON data; anything too deep or too large becomes ``{"$huge": true}``."""
    budget = budget if budget is not None else [VALUE_NODES]
    budget[0] -= 1
    if budget[0] < 0 or depth > 60:
        return {"$huge": True}
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if value.bit_length() <= MAX_INT_BITS else {"$huge": True}
    if kind is str:
        budget[0] -= len(value) // 16
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    return _encode_container(value, budget, depth + 1)


def _encode_container(value, budget, depth):
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, list):
        return [encode(item, budget, depth) for item in value[:VALUE_NODES]]
    if isinstance(value, tuple):
        return {"$tuple": [encode(item, budget, depth) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted((encode(item, budget, depth) for item in value), key=canonical)}
    if isinstance(value, dict):
        pairs = [[encode(key, budget, depth), encode(item, budget, depth)] for key, item in value.items()]
        if all(type(key) is str and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        return {"$dict": sorted(pairs, key=canonical)}
    if hasattr(value, "__next__") or isinstance(value, (range, map, filter, zip)):
        return [encode(item, budget, depth) for item in itertools.islice(value, ITERATOR_ITEMS)]
    if isinstance(value, BaseException):
        return {"$error": type(value).__name__}
    if isinstance(value, type):
        return {"$type": value.__name__}
    return {"$object": type(value).__name__}


def decode(data):
    """Return the Python value of tagged JSON data (the inverse of `encode` for plain values)."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        ((tag, body),) = data.items()
        if tag == "$tuple":
            return tuple(decode(item) for item in body)
        if tag == "$set":
            return {decode(item) for item in body}
        if tag == "$dict":
            return {decode(key): decode(item) for key, item in body}
        if tag == "$bytes":
            return bytes.fromhex(body)
        if tag == "$float":
            return float(body)
    return {key: decode(item) for key, item in data.items()}


def canonical(data):
    """Return one text for equal data."""
    return json.dumps(data, sort_keys=True)


def same(left, right, tolerance=1e-9):
    """Tell whether two encoded values are equal; floats to `tolerance`, lists and tuples told apart, True is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        if isinstance(left, int) and isinstance(right, int):
            return left == right
        try:
            return math.isclose(left, right, rel_tol=1e-9, abs_tol=tolerance)
        except OverflowError:  # an integer that no float can hold
            return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair, tolerance) for pair in zip(left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key], tolerance) for key in left)
    return type(left) is type(right) and left == right


# ---------------------------------------------------------------------------------------------- running one case


def load(path, name):
    """Import the file at `path` as module `name` without writing byte code beside it."""
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run_case(program, case_input, driver=None, lines=LINES_PER_CASE):
    """Run one INPUT on a loaded program and return the encoded result; an exception is a result too."""
    limit_lines(lines)
    try:
        return _call(program, case_input, driver)
    except LineLimit:
        return {"$error": "LineLimit"}
    except Exception as error:  # border: whatever the program under test raises is its answer
        return {"$error": type(error).__name__}
    finally:
        sys.settrace(None)


def limit_lines(lines):
    """Count the lines run outside this file from here on and raise LineLimit past `lines`: alike on any machine."""
    left = [lines]

    def trace(frame, event, argument):
        if frame.f_code.co_filename == __file__:
            return None
        left[0] -= 1
        if left[0] < 0:
            raise LineLimit
        return trace

    sys.settrace(trace)


def _call(program, case_input, driver):
    arguments = decode(case_input.get("args", []))
    if "drive" in case_input:
        return encode(getattr(driver, case_input["drive"])(program, *arguments))
    if "new" in case_input:
        return _operate(getattr(program, case_input["new"])(*arguments), case_input["ops"])
    result = encode(getattr(program, case_input["call"])(*arguments))
    if case_input.get("observe") == "args":
        return {"$tuple": [result, encode(arguments)]}
    return result


def _operate(instance, operations):
    results = []
    for name, *rest in operations:
        try:
            if name.startswith("@"):
                results.append(encode(getattr(instance, name[1:])))
            else:
                results.append(encode(getattr(instance, name)(*decode(rest[0] if rest else []))))
        except Exception as error:  # border: an operation's exception is its result, the next one still runs
            results.append({"$error": type(error).__name__})
    return results


# ---------------------------------------------------------------------------------------------- the child


def serve(program_path, driver_path, reply_fd, lines, hopeless):
    """Child: load the program, then answer each INPUT line of standard input with one line on `reply_fd`."""
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]
    sys.setrecursionlimit(1_000)
    inputs = [json.loads(line) for line in sys.stdin]
    confine([os.path.dirname(path) for path in (program_path, driver_path) if path])
    limit_lines(lines)
    program = load(program_path, "program")
    sys.settrace(None)
    driver = load(driver_path, "driver") if driver_path else None
    loops = 0
    with os.fdopen(reply_fd, "w") as reply:
        for case_input in inputs:
            result = run_case(program, case_input, driver, lines)
            reply.write(json.dumps(result) + "\n")
            reply.flush()
            loops += result == {"$error": "LineLimit"}
            if hopeless and loops >= hopeless:
                return


def confine(readable):
    """Let this process write nothing, read only Python and `readable`, signal nobody, as far as the kernel can."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG: whoever kills the parent dies with it
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, which Landlock asks for
    abi = libc.syscall(444, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        _drop_root(readable)
        return
    files = (1 << (13 + (abi >= 2) + (abi >= 3) + (abi >= 5))) - 1
    ports, scopes = (3 if abi >= 4 else 0), (3 if abi >= 6 else 0)  # no TCP; no signal, no abstract socket leaves
    size = ctypes.c_size_t(8 + 8 * (abi >= 4) + 8 * (abi >= 6))
    ruleset = libc.syscall(444, struct.pack("QQQ", files, ports, scopes), size, 0)
    if ruleset < 0:
        return
    library = {sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/lib", "/lib64", "/etc", "/dev"}
    for path in library | set(readable):
        _allow(libc, ruleset, path, 0b1101)  # execute, read files, list folders
    _allow(libc, ruleset, "/dev/null", 0b0110)
    libc.syscall(446, ruleset, 0)
    os.close(ruleset)


def _drop_root(readable):
    """Without Landlock root could read the parent's memory: become nobody, where nobody can read Python and us."""
    folders = [os.path.dirname(os.__file__), *readable]
    parents = {str(parent) for folder in folders for parent in (Path(folder), *Path(folder).parents)}
    if os.geteuid() == 0 and all(os.stat(parent).st_mode & 0o005 == 0o005 for parent in parents):
        try:
            os.setgroups([])
            os.setgid(65_534)
            os.setuid(65_534)
        except OSError:
            pass


def _allow(libc, ruleset, path, rights):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    libc.syscall(445, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
    os.close(descriptor)


def _restrict():
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_CPU_S, CHILD_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # no process, no thread (does not bind root)


# ---------------------------------------------------------------------------------------------- the parent


def observe(program_path, inputs, driver_path=None, lines=LINES_PER_CASE, hopeless=0, signs=None):
    """Run a program on `inputs` in a child process and return the encoded results, shorter if the child died.

    `hopeless` > 0 stops after so many looping cases. `signs`, a dict, receives the signs of tampering; it is given by
    a process that is the verifier and nothing else: whatever has become its child is killed.
    """
    reply_read, reply_write = os.pipe()
    command = [sys.executable, "-s", "-S", os.path.abspath(__file__), "--serve", os.path.abspath(program_path)]
    command += [os.path.abspath(driver_path) if driver_path else "", str(reply_write), str(lines), str(hopeless)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[reply_write],
        start_new_session=True,
        preexec_fn=_restrict,
        env={"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PATH": os.environ.get("PATH", "")},
    )
    os.close(reply_write)
    data = b""
    try:
        try:
            child.stdin.write("".join(json.dumps(item) + "\n" for item in inputs).encode())
            child.stdin.close()
        except BrokenPipeError:
            pass
        data = _read(reply_read, time.monotonic() + CHILD_WALL_S, len(inputs))
    finally:
        os.close(reply_read)
        kill_session(child)
        if signs is not None:
            signs["survivors"] = kill_orphans()
    if signs is not None:
        signs["extra_replies"] = max(0, data.count(b"\n") - len(inputs))
    return _parse(data, len(inputs))


def _read(descriptor, deadline, lines):
    chunks, size, seen = [], 0, 0
    while size < REPLY_BYTES and seen < lines:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(descriptor, 1 << 16) if ready else b""
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
        seen += chunk.count(b"\n")
    return b"".join(chunks)


def _parse(data, count):
    results = []
    for line in data.split(b"\n")[:count]:
        try:
            results.append(json.loads(line, parse_constant=_refuse))
        except (ValueError, RecursionError):
            break
    return results


def _refuse(name):
    raise ValueError(f"{name} is not JSON")


def kill_session(child):
    """Kill the child and what shares its session."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.kill()
    child.wait()


def kill_orphans():
    """Kill whatever was re-parented to this process and return how many; RuntimeError if there is no end to it."""
    killed = set()
    for _ in range(5_000):
        for pid in _children(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:  # none is left, dead or alive
            return len(killed)
        time.sleep(0.001)
    raise RuntimeError("processes of the program under test cannot be killed")


def _children(parent):
    try:
        tasks = [f"/proc/{parent}/task/{task}/children" for task in os.listdir(f"/proc/{parent}/task")]
        return {int(pid) for path in tasks for pid in Path(path).read_text().split()}
    except OSError:  # a kernel without this list: look at everybody's parent
        return {int(pid) for pid in _numbers("/proc") if _parent_of(pid) == parent}


def _numbers(folder):
    try:
        return [name for name in os.listdir(folder) if name.isdigit()]
    except OSError:
        return []


def _parent_of(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def harden():
    """Become unreadable for other processes of this user and the parent of every orphan (Linux; else a no-op)."""
    try:
        libc = ctypes.CDLL(None)
        libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: /proc/<pid>/{mem,fd,environ} close, no ptrace
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: daemonised grandchildren come back to us
    except (OSError, AttributeError):
        pass


def take_secrets(tests):
    """Return the case file after deleting it and its kin; where it cannot be deleted there is no verification."""
    spec = json.loads((tests / "cases.json").read_text())
    if not spec["cases"]:
        raise SystemExit("cases.json holds no case")
    (tests / "cases.json").unlink()
    return spec


def empty(folder):
    """Remove everything in the folder without following links; return how much there was."""
    entries = list(os.scandir(folder))
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o700)
            empty(entry.path)
            os.rmdir(entry.path)
        else:
            os.unlink(entry.path)
    return len(entries)


def write_reward(logs, reward):
    """Write ``reward.json`` as a new regular file, in one step."""
    scratch = logs / "reward.json.part"
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "w") as file:
        json.dump(reward, file)
    os.replace(scratch, logs / "reward.json")


def identity(folder):
    """Return what tells this folder from another one put in its place; a link is refused."""
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise SystemExit(f"{folder} is not a folder")
    return status.st_dev, status.st_ino


def verify(tests, workdir, logs):
    """Score ``workdir/<program>`` on ``tests/cases.json`` and write ``logs/reward.json``."""
    harden()
    empty(logs)
    logs_before = identity(logs)
    spec = take_secrets(tests)
    driver = tests / "driver.py"
    cases = spec["cases"]
    program = workdir / spec["program"]
    results, signs = [], {}
    if program.is_file() and not program.is_symlink():
        inputs = [case["input"] for case in cases]
        lines = spec.get("lines", LINES_PER_CASE)
        results = observe(program, inputs, driver if driver.exists() else None, lines, HOPELESS, signs)
    passed = sum(same(got, case["expected"], case.get("tolerance", 1e-9)) for got, case in zip(results, cases))
    if identity(logs) != logs_before:
        raise SystemExit("the reward's folder was replaced")
    os.chmod(logs, 0o755)
    signs["foreign_files"] = empty(logs)
    reward = {"reward": float(passed == len(cases)), "passed": passed, "total": len(cases)}
    write_reward(logs, {**reward, **{sign: count for sign, count in signs.items() if count}})


def main():
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:7]))
        return
    # A back-end that cannot mount (process) sets RQGM_ROOT to the folder that stands for "/".
    root = Path(os.environ.get("RQGM_ROOT") or "/")
    logs = root / "logs/verifier"
    logs.mkdir(parents=True, exist_ok=True)
    verify(root / "tests", root / os.environ.get("RQGM_WORKDIR", "/app").lstrip("/"), logs)


if __name__ == "__main__":
    main()
