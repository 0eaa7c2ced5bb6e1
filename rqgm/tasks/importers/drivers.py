"""Turn a Python test file into a driver: one function a test, which reports what the program under test does."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from rqgm.tasks.importers.observing import depends, names_in, rewrite, tainted, without_unused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

BASE = "templates/driver.py.txt"


@dataclass(frozen=True, slots=True)
class Driver:
    """The text of a driver, why its tests are weak (if they are), and the tolerance that they allow."""

    source: str
    weak: tuple[str, ...] = ()
    tolerance: float | None = None


@dataclass(frozen=True)
class TestFile:
    """A test file, taken apart. `bindings` are the names that come from the program: name to attribute ("" = all)."""

    module: str
    prelude: list[ast.stmt]
    functions: dict[str, ast.FunctionDef]
    classes: dict[str, ast.ClassDef]
    bindings: dict[str, str]
    supports: dict[str, str] = field(default_factory=dict)

    @property
    def tests(self) -> list[str]:
        """The tests in order: a function's name, or ``Class.method``."""
        methods = [f"{name}.{test.name}" for name, case in self.classes.items() for test in _tests(case)]
        return [*self.functions, *methods]

    @cached_property
    def roots(self) -> set[str]:
        """The module's names that depend on the program."""
        return tainted(self.prelude, set(self.bindings))

    def observing(self, tests: Collection[str]) -> Driver:
        """Return the driver of some tests, rewritten so that it holds no expected value."""
        weak: list[str] = []
        tolerances: list[float] = []

        def rewritten(function: ast.FunctionDef, roots: set[str], test: str) -> ast.FunctionDef:
            found = rewrite(function.body, roots, test)
            weak.extend(found.weak)
            tolerances.extend([found.tolerance] if found.tolerance is not None else [])
            body = found.body or [ast.Pass()]
            return ast.FunctionDef(function.name, function.args, body, function.decorator_list)

        functions = [rewritten(self.functions[name], self.roots, name) for name in self.functions if name in tests]
        classes = []
        for name, case in self.classes.items():
            helpers = [item for item in case.body if not _is_test(item)]
            own = {found for found in tainted(helpers, self.roots) if found.startswith("self.")}
            chosen = {id(test) for test in _tests(case) if f"{name}.{test.name}" in tests}
            kept = [item for item in case.body if not _is_test(item) or id(item) in chosen]
            body: list[ast.stmt] = [
                rewritten(item, self.roots | own, f"{name}.{item.name}") if isinstance(item, ast.FunctionDef) else item
                for item in kept
            ]
            classes.append(
                ast.ClassDef(name, [ast.Name("TestCase", ast.Load())], [], body or [ast.Pass()], case.decorator_list)
            )
        source = self._render(functions, classes, tests)
        return Driver(source, tuple(dict.fromkeys(weak)), max(tolerances, default=None))

    def proving(self) -> Driver:
        """Return the driver with the tests as they are: each ends with an exception if the program fails it."""
        return Driver(self._render(list(self.functions.values()), list(self.classes.values()), self.tests))

    def _render(self, functions: list[ast.FunctionDef], classes: list[ast.ClassDef], tests: Collection[str]) -> str:
        body: list[ast.stmt] = [*self.prelude, *functions, *classes]
        body = without_unused(body, keep=self.bindings)
        known = {found for statement in body for found in names_in(statement)}
        body = [item for item in body if not isinstance(item, (ast.Import, ast.ImportFrom)) or _defined([item]) & known]
        lines = [f"{name} = program{'.' + attribute if attribute else ''}" for name, attribute in self.bindings.items()]
        lines += [f"{name} = support({module!r}).{name}" for name, module in self.supports.items() if name in known]
        lines += ast.unparse(ast.fix_missing_locations(ast.Module(body, []))).splitlines()
        names = sorted({*self.bindings, *self.supports, *_defined(body)})
        setup = ["def _setup(program):", *([f"global {', '.join(names)}"] if names else []), *lines]
        parts = [(files("rqgm.tasks") / BASE).read_text(), _indented(setup)]
        parts += [self._case(test) for test in self.tests if test in tests]
        return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"

    def _case(self, test: str) -> str:
        case, _, method = test.rpartition(".")
        call = f"run_method({case}, {method!r})" if case else f"run({test})"
        return f"def {case_name(test)}(program):\n    start(program, {self.module!r}, _setup)\n    return {call}\n"


def case_name(test: str) -> str:
    """Return the name of a test's function in a driver."""
    return "case_" + test.replace(".", "_")


def _indented(lines: list[str]) -> str:
    return "\n".join([lines[0], *("    " + line if line else "" for line in lines[1:])])


def _is_test(item: ast.stmt) -> bool:
    return isinstance(item, ast.FunctionDef) and item.name.startswith("test")


def _tests(case: ast.ClassDef) -> list[ast.FunctionDef]:
    return [item for item in case.body if isinstance(item, ast.FunctionDef) and item.name.startswith("test")]


def _defined(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that statements bind at their own level."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            found.add(statement.name)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".", maxsplit=1)[0] for alias in statement.names}
        else:
            inner = ast.walk(statement)
            found |= {node.id for node in inner if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return found


def parse_tests(source: str, module: str, supports: Collection[str] = ()) -> TestFile:
    """Take a test file apart; `module` is the program's name, `supports` modules that lie beside the driver.

    Raises SyntaxError, or ValueError for what cannot be driven (pytest beyond QuixBugs' own switch).
    """
    prelude: list[ast.stmt] = []
    functions: dict[str, ast.FunctionDef] = {}
    classes: dict[str, ast.ClassDef] = {}
    bindings: dict[str, str] = {}
    supported: dict[str, str] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.If) and ("use_correct" in ast.unparse(statement.test) or _is_main(statement)):
            bindings |= {name: name for name in _imported(statement.body)}
        elif isinstance(statement, ast.FunctionDef) and statement.name.startswith("test"):
            functions[statement.name] = statement
        elif isinstance(statement, ast.ClassDef) and _tests(statement):
            classes[statement.name] = statement
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            if not _bind(statement, module, bindings, supports, supported):
                prelude.append(statement)
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, (ast.Constant, ast.Call))):
            prelude.append(statement)
    found = TestFile(module, prelude, functions, classes, bindings, supported)
    _refuse_pytest(found)
    return found


def _refuse_pytest(found: TestFile) -> None:
    for node in [*found.prelude, *found.functions.values(), *found.classes.values()]:
        if depends(node, {"pytest", "load_json_testcases"}):
            raise ValueError(f"{getattr(node, 'name', 'the module')} uses pytest")
    if not found.tests:
        raise ValueError("there is no test in it")


def _is_main(statement: ast.If) -> bool:
    return "__main__" in ast.unparse(statement.test)


def _imported(body: Iterable[ast.stmt]) -> set[str]:
    return {alias.asname or alias.name for item in body if isinstance(item, ast.ImportFrom) for alias in item.names}


def _bind(
    statement: ast.Import | ast.ImportFrom,
    module: str,
    bindings: dict[str, str],
    supports: Collection[str],
    supported: dict[str, str],
) -> bool:
    """Note an import of the program or of a support module; tell whether it needs nothing more."""
    if isinstance(statement, ast.ImportFrom):
        if statement.module == module:
            bindings |= {alias.asname or alias.name: alias.name for alias in statement.names}
        elif statement.module in supports:
            supported |= {alias.asname or alias.name: str(statement.module) for alias in statement.names}
        return statement.module in (module, "load_testdata", *supports)
    names = {alias.name for alias in statement.names}
    if module in names:
        bindings |= {alias.asname or alias.name: "" for alias in statement.names if alias.name == module}
    return names <= {module, "pytest"}
