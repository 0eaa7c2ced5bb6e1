"""Files: what is placed stays as it is, what comes out is checked."""

# ruff: noqa: D401  # a check's docstring states a promise; its numbers are the promise

from __future__ import annotations

from typing import TYPE_CHECKING

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.trees import File, TreeLimits
from rqgm.testing.sandbox_checks import MIB, check, expect, output_of, python, sandbox_of, still_works

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend, Sandbox

SMALL = TreeLimits(files=10, file_bytes=1_000, total_bytes=3_000)


async def _expect_refused(
    sandbox: Sandbox, path: str, names: Sequence[str] | None = None, limits: TreeLimits = SMALL
) -> None:
    try:
        seen = await sandbox.get(path, names, limits)
    except ArtifactError:
        return
    expect(False, "this should be refused", {name: len(file.data) for name, file in seen.items()})


async def _refused_after(backend: Backend, profile: Profile, *codes: str, name: str | None = None) -> None:
    """Expect that what each of `codes` leaves behind is refused, and that the sandbox works afterwards."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {"good": File(b"good")}, writable=True)
        for number, code in enumerate(codes):
            await output_of(sandbox, f"os.mkdir('{number}')\nos.chdir('{number}')\n{code}", cwd="/app")
            await _expect_refused(sandbox, f"/app/{number}", [name] if name else None)
        await still_works(sandbox)
        kept = await sandbox.get("/app", ["good"], SMALL)
        expect(kept == {"good": File(b"good")}, "what is harmless can still be had", kept)


@check
async def symlink_is_refused(backend: Backend, profile: Profile) -> None:
    """A symbolic link to a file is refused, also one that points to nothing."""
    await _refused_after(backend, profile, "os.symlink('/etc/passwd', 'link')", "os.symlink('/nowhere', 'link')")


@check
async def symlinked_folder_is_refused(backend: Backend, profile: Profile) -> None:
    """A link to a folder is refused, also where it stands in the middle of a name that is asked for."""
    await _refused_after(backend, profile, "os.symlink('/etc', 'folder')", "os.symlink('.', 'folder')")
    await _refused_after(backend, profile, "os.symlink('/etc', 'folder')", name="folder/passwd")


@check
async def folder_turned_into_link_is_refused(backend: Backend, profile: Profile) -> None:
    """A folder that was replaced by a link is not followed, when it is itself asked for or lies on the way."""
    code = "os.rename('out', 'away')\nos.symlink('/etc', 'out')"
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {"out/deep/good": File(b"good")}, writable=True)
        await output_of(sandbox, code, cwd="/app")
        await _expect_refused(sandbox, "/app/out")
        await _expect_refused(sandbox, "/app/out/alternatives")


@check
async def hard_link_is_refused(backend: Backend, profile: Profile) -> None:
    """A file with a second name is refused."""
    await _refused_after(backend, profile, "open('a', 'w').close()\nos.link('a', 'b')")


@check
async def pipe_is_refused(backend: Backend, profile: Profile) -> None:
    """A named pipe is refused, and reading does not hang on it."""
    await _refused_after(backend, profile, "os.mkfifo('pipe')")


@check
async def socket_is_refused(backend: Backend, profile: Profile) -> None:
    """A unix socket is refused."""
    await _refused_after(backend, profile, "import socket\nsocket.socket(socket.AF_UNIX).bind('sock')")


@check
async def device_is_refused(backend: Backend, profile: Profile) -> None:
    """A device, or where none can be made a link to one, is refused."""
    code = "try:\n    os.mknod('zero', 0o20666, os.makedev(1, 5))\nexcept OSError:\n    os.symlink('/dev/zero', 'zero')"
    await _refused_after(backend, profile, code)


@check
async def too_many_files_are_refused(backend: Backend, profile: Profile) -> None:
    """More files than allowed are refused."""
    await _refused_after(backend, profile, "for name in range(3000):\n    open(str(name), 'w').close()")


@check
async def huge_file_is_refused(backend: Backend, profile: Profile) -> None:
    """A file larger than allowed is refused, also one with holes."""
    await _refused_after(
        backend, profile, "open('big', 'wb').write(bytes(1001))", "open('holes', 'wb').truncate(1 << 22)"
    )


@check
async def huge_total_is_refused(backend: Backend, profile: Profile) -> None:
    """Files that are small but together too large are refused."""
    await _refused_after(backend, profile, "for name in 'abcd':\n    open(name, 'wb').write(bytes(900))")


@check
async def long_paths_are_refused(backend: Backend, profile: Profile) -> None:
    """Long file names come through; paths longer than allowed are refused."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {}, writable=True)
        await output_of(sandbox, "open('n' * 255, 'w').close()", cwd="/app")
        expect(list(await sandbox.get("/app")) == ["n" * 255], "255 characters are a name")
    await _refused_after(
        backend, profile, "for _ in range(5):\n    os.mkdir('d' * 200)\n    os.chdir('d' * 200)\nopen('x', 'w')"
    )


@check
async def foreign_names_are_refused(backend: Backend, profile: Profile) -> None:
    """File names that are not UTF-8 are refused."""
    await _refused_after(backend, profile, "open(b'\\xff\\xfe', 'w').close()")


@check
async def control_characters_in_names_are_refused(backend: Backend, profile: Profile) -> None:
    """File names with newlines, escapes or backslashes are refused."""
    names = ("a\\nb", "a\\x1bb", "a\\\\b")
    await _refused_after(backend, profile, *(f"open('{name}', 'w').close()" for name in names))


@check
async def unreadable_file_does_no_harm(backend: Backend, profile: Profile) -> None:
    """A file that its owner made unreadable is refused or read, and the sandbox goes on."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {}, writable=True)
        await output_of(sandbox, "open('x', 'w').write('data')\nos.chmod('x', 0)", cwd="/app")
        try:
            seen = await sandbox.get("/app")
            expect(seen["x"].data == b"data", "if it is read, then rightly", seen)
        except ArtifactError:
            pass
        await still_works(sandbox)


@check
async def dot_dot_is_refused(backend: Backend, profile: Profile) -> None:
    """`..`, absolute and empty names are refused, coming in or going out."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {"a/b": File(b"")}, writable=True)
        for name in ("../etc/passwd", "/etc/passwd", "a/../../etc/passwd", "", ".", "a//b"):
            await _expect_refused(sandbox, "/app", [name])
            try:
                await sandbox.put("/logs", {name: File(b"")}, writable=True)
            except ArtifactError:
                continue
            expect(False, "a bad name should not be placed", name)


@check
async def relative_places_are_refused(backend: Backend, profile: Profile) -> None:
    """Trees are placed at plain absolute paths only."""
    async with sandbox_of(backend, profile) as sandbox:
        for path in ("app", "/app/../etc", "/", "", "/app//x", "/app/\n"):
            try:
                await sandbox.put(path, {"a": File(b"")})
            except ConfigError:
                continue
            expect(False, "a bad path should be refused", path)
        await still_works(sandbox)


@check
async def caches_are_left_out(backend: Backend, profile: Profile) -> None:
    """``__pycache__`` folders are not copied out."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {"__pycache__/x.pyc": File(b"x"), "a": File(b"a")})
        expect(list(await sandbox.get("/app")) == ["a"], "caches should be left out")


@check
async def trees_come_back_equal(backend: Backend, profile: Profile) -> None:
    """Nested files, empty files, bytes of every kind and executable bits come back as they were placed."""
    tree = {
        "a": File(bytes(range(256)) * 100),
        "deep/er/and/deeper/b": File(b"x"),
        "tool": File(b"#!/bin/sh\n", executable=True),
        "empty": File(b""),
        "ümlaut and space": File(b"u"),
    }
    async with sandbox_of(backend, profile) as sandbox:
        for writable, top in ((False, "/tests"), (True, "/app")):
            await sandbox.put(top, tree, writable=writable)
            expect(await sandbox.get(top) == dict(sorted(tree.items())), f"{top} should come back equal")
            modes = await output_of(sandbox, "print(os.access('a', os.X_OK), os.access('tool', os.X_OK))", cwd=top)
            expect(modes == "False True", "executable bits should be kept", modes)


@check
async def large_trees_come_back_equal(backend: Backend, profile: Profile) -> None:
    """A tree near the usual limits goes in and out whole."""
    tree = {f"folder-{number % 20}/{number}": File(str(number).encode()) for number in range(1_500)}
    tree["big"] = File(b"0123456789abcdef" * (MIB // 4))
    async with sandbox_of(backend, profile, disk_mb=32) as sandbox:
        await sandbox.put("/app", tree, writable=True)
        expect(await sandbox.get("/app") == dict(sorted(tree.items())), "a large tree should come back equal")


@check
async def names_are_selected(backend: Backend, profile: Profile) -> None:
    """`get` with names gives those files and folders, and leaves out what is not there."""
    tree = {"a": File(b"a"), "b/c": File(b"c"), "b/d/e": File(b"e"), "f": File(b"f")}
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", tree, writable=True)
        seen = await sandbox.get("/app", ["a", "b", "missing", "b/missing", "missing/a", "a/below"])
        expect(sorted(seen) == ["a", "b/c", "b/d/e"], "files and folders should be selected", sorted(seen))
        expect(await sandbox.get("/app", []) == {}, "no names, no files")
        expect(await sandbox.get("/nowhere") == {}, "a folder that is not there is empty")


@check
async def parents_hold_their_children(backend: Backend, profile: Profile) -> None:
    """A folder above several placed trees gives all of them."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/rqgm/role", {"r": File(b"r")})
        await sandbox.put("/rqgm/io", {"i": File(b"i")}, writable=True)
        expect(sorted(await sandbox.get("/rqgm")) == ["io/i", "role/r"], "both trees should be there")


@check
async def writable_tree_can_change(backend: Backend, profile: Profile) -> None:
    """In a writable tree, files can be changed, added, renamed and deleted, and modes set."""
    code = (
        "open('keep', 'a').write('more')\nos.unlink('gone')\nos.rename('old', 'sub/new')\nos.chmod('keep', 0o755)\n"
        "os.mkdir('made')\nopen('made/file', 'w').write('made')\nimport shutil\nshutil.rmtree('rm')\n"
    )
    tree = {name: File(b"x") for name in ("keep", "gone", "old", "sub/x", "rm/a/b")}
    expected = {"keep": File(b"xmore", executable=True), "sub/x": File(b"x"), "sub/new": File(b"x")}
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", tree, writable=True)
        await output_of(sandbox, code, cwd="/app")
        seen = await sandbox.get("/app")
        expect(seen == expected | {"made/file": File(b"made")}, "all changes should be there", seen)


@check
async def second_put_adds(backend: Backend, profile: Profile) -> None:
    """A second tree at the same path, or below it, adds to the first."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {"a": File(b"a")}, writable=True)
        await sandbox.put("/app", {"b": File(b"b")}, writable=True)
        await sandbox.put("/app/sub", {"c": File(b"c")}, writable=True)
        expect(sorted(await sandbox.get("/app")) == ["a", "b", "sub/c"], "trees should add up")
        await output_of(sandbox, "for name in ('a', 'b', 'sub/c'):\n    os.unlink(name)", cwd="/app")


@check
async def placed_tree_cannot_change(backend: Backend, profile: Profile) -> None:
    """What was placed read-only cannot be changed, deleted, renamed, replaced, added to, or made writable."""
    code = (
        "import shutil\nattempts = [\n"
        "    lambda: open('file', 'w').write('bad'),\n    lambda: open('file', 'a').write('bad'),\n"
        "    lambda: os.chmod('file', 0o777) or open('file', 'w').write('bad'),\n"
        "    lambda: os.chmod('.', 0o777) or open('new', 'w'),\n    lambda: os.unlink('file'),\n"
        "    lambda: os.rename('file', 'other'),\n    lambda: os.truncate('file', 0),\n"
        "    lambda: open('new', 'w').write('bad'),\n    lambda: os.mkdir('folder'),\n"
        "    lambda: os.symlink('/tmp', 'link'),\n    lambda: shutil.rmtree(ROOT + '/tests'),\n"
        "    lambda: os.rename(ROOT + '/tests', ROOT + '/tmp/x'),\n"
        "    lambda: os.rename(ROOT + '/tests/sub', ROOT + '/tests/x'),\n]\n"
        "for attempt in attempts:\n    try:\n        attempt()\n    except OSError:\n        pass\n"
    )
    tree = {"file": File(b"good"), "sub/file": File(b"good"), "tool": File(b"good", executable=True)}
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/tests", tree)
        await python(sandbox, code, cwd="/tests")
        expect(await sandbox.get("/tests") == tree, "a read-only tree should be as it was")
        seen = await output_of(sandbox, "print(open(ROOT + '/tests/file').read())")
        expect(seen == "good", "and be seen like that", seen)


@check
async def read_only_inside_writable_is_refused(backend: Backend, profile: Profile) -> None:
    """A read-only tree inside a writable one could be moved aside, so it is refused."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {}, writable=True)
        try:
            await sandbox.put("/app/tests", {"t": File(b"t")})
        except ConfigError:
            await still_works(sandbox)
            return
        expect(False, "this cannot be kept, so it should be refused")
