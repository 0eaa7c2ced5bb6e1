"""What operators may know of the program they edit: scopes, kinds of values, and the material it is made of.

Nothing here knows a task: all names, literals and expressions are mined from the program itself.
"""

import ast
import builtins

from shared.candidates import Edit

NESTS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
CALL_KINDS = {
    "len": "int", "int": "int", "ord": "int", "hash": "int", "abs": "number", "sum": "number", "round": "number",
    "float": "float", "str": "str", "chr": "str", "repr": "str", "bin": "str", "hex": "str", "sorted": "list",
    "list": "list", "dict": "dict", "set": "set", "frozenset": "set", "tuple": "tuple", "range": "range",
    "enumerate": "iterator", "zip": "iterator", "map": "iterator", "filter": "iterator", "reversed": "iterator",
    "iter": "iterator", "isinstance": "bool", "any": "bool", "all": "bool", "bool": "bool", "callable": "bool",
    "divmod": "tuple",
}  # fmt: skip
METHOD_KINDS = {
    "split": "list", "rsplit": "list", "splitlines": "list", "join": "str", "strip": "str", "lstrip": "str",
    "rstrip": "str", "lower": "str", "upper": "str", "title": "str", "replace": "str", "format": "str",
    "ljust": "str", "rjust": "str", "zfill": "str", "casefold": "str", "capitalize": "str", "keys": "iterator",
    "values": "iterator", "items": "iterator", "count": "int", "index": "int", "find": "int", "rfind": "int",
    "startswith": "bool", "endswith": "bool", "isdigit": "bool", "isalpha": "bool", "isalnum": "bool",
    "isspace": "bool", "isupper": "bool", "islower": "bool", "issubset": "bool", "issuperset": "bool",
    "isdisjoint": "bool", "union": "set", "intersection": "set", "difference": "set", "popleft": None,
}  # fmt: skip
NUMBERS = frozenset({"int", "float", "number", "bool"})
SIZED = frozenset({"list", "str", "tuple", "dict", "set", "deque", "bytes", "range", "defaultdict", "Counter"})


class Context:
    """Facts about one Program. `lines` limits where edits are proposed (None: everywhere); `observed` are the kinds
    that variables had in runs, ``{(function, variable): {kind, ...}}``, with ``variable + "[]"`` for items; `errors`
    are the exceptions that visible cases expect."""

    def __init__(self, program, lines=None, observed=None, errors=()):
        self.program = program
        self.tree = program.tree
        self.lines = lines
        self.observed = observed or {}
        self.errors = tuple(errors)
        self._kinds = {}
        self._names = {}
        self._nodes = self._collect()
        self._by_type = {}
        self.functions = [node for node in self._all if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        self.function_names = {node.name for node in self.functions}
        self._mined = None

    # ------------------------------------------------------------------------------------------ nodes

    def _collect(self):
        """Return the nodes in source order without docstrings and annotations, and keep all of them in `_all`."""
        found = []

        def visit(node):
            found.append(node)
            for field, value in ast.iter_fields(node):
                if field in ("annotation", "returns", "decorator_list", "type_comment"):
                    continue
                for item in value if isinstance(value, list) else [value]:
                    if isinstance(item, ast.AST) and not _is_docstring(item):
                        visit(item)

        visit(self.tree)
        self._all = found
        return [node for node in found if self.is_open(node)]

    def is_open(self, node) -> bool:
        """Tell whether edits may be proposed at this node."""
        return self.lines is None or getattr(node, "lineno", 0) in self.lines

    def nodes(self, *types) -> list:
        """Return the program's nodes of these types in source order, on open lines only."""
        if types not in self._by_type:
            self._by_type[types] = [node for node in self._nodes if isinstance(node, types)]
        return self._by_type[types]

    def everywhere(self, *types) -> list:
        """Return the program's nodes of these types on any line: material to copy from."""
        return [node for node in self._all if isinstance(node, types)]

    def parent(self, node):
        """Return the node that holds `node`, None for the module."""
        return self.program.parents[id(node)][0] if id(node) in self.program.parents else None

    def place(self, node):
        """Return (holder, field, index) of `node`; the index is None outside of lists."""
        return self.program.parents[id(node)]

    def ancestors(self, node):
        """Yield the holders of `node`, innermost first."""
        while (node := self.parent(node)) is not None:
            yield node

    def statement(self, node):
        """Return the statement that `node` is (in)."""
        while not isinstance(node, ast.stmt):
            node = self.parent(node)
        return node

    def function(self, node):
        """Return the function around `node`, or the module."""
        return next((item for item in self.ancestors(node) if isinstance(item, ast.FunctionDef)), self.tree)

    def loop(self, node):
        """Return the loop around `node` in its function, or None."""
        for item in self.ancestors(node):
            if isinstance(item, (ast.For, ast.While)):
                return item
            if isinstance(item, NESTS):
                return None
        return None

    def block(self, statement) -> list:
        """Return the list of statements that holds `statement`."""
        holder, field, _ = self.place(statement)
        return getattr(holder, field)

    def is_condition(self, node) -> bool:
        """Tell whether `node` is the test of an if, while, conditional expression, assert or comprehension."""
        holder, field, _ = self.place(node)
        return field in ("test", "ifs") and not isinstance(holder, ast.Match if hasattr(ast, "Match") else ())

    # ------------------------------------------------------------------------------------------ edits

    def replace(self, node, new, size: int = 1) -> Edit:
        """Return the edit that puts `new` in the place of `node`."""
        holder, field, index = self.place(node)
        if index is not None:
            items = list(getattr(holder, field))
            items[index] = new
            new = items
        return Edit([(holder, field, new)], node.lineno, size)

    def set(self, node, field: str, value, size: int = 1) -> Edit:
        """Return the edit that sets one field of `node`."""
        line = getattr(node, "lineno", None) or self.parent(node).lineno
        return Edit([(node, field, value)], line, size)

    def both(self, first: Edit, second: Edit) -> Edit:
        """Return the edit that makes two edits of different fields."""
        return Edit([*first.changes, *second.changes], first.line, first.size + second.size)

    def rewrite(self, statement, new: list, size: int = 1) -> Edit:
        """Return the edit that puts the statements `new` in the place of one statement; its block never gets empty."""
        holder, field, index = self.place(statement)
        items = list(getattr(holder, field))
        items[index : index + 1] = new
        if not items and field == "body":
            items = [ast.Pass()]
        return Edit([(holder, field, items)], statement.lineno, size)

    def delete(self, statement) -> Edit:
        """Return the edit that removes a statement."""
        return self.rewrite(statement, [])

    def insert(self, statement, new, after: bool = False, size: int = 2) -> Edit:
        """Return the edit that puts one statement before (or after) another."""
        return self.rewrite(statement, [statement, new] if after else [new, statement], size)

    # ------------------------------------------------------------------------------------------ names and kinds

    def names(self, node) -> list:
        """Return the variables that can be read at `node`, in order of first appearance: no functions, no modules."""
        found = {}
        for holder in self.ancestors(node):
            if isinstance(holder, COMPREHENSIONS):
                found.update(dict.fromkeys(_stored(holder.generators)))
            elif isinstance(holder, (ast.FunctionDef, ast.Lambda)):
                found.update(dict.fromkeys(self._function_names(holder, node.lineno)))
            elif isinstance(holder, ast.Module):
                found.update(dict.fromkeys(self._module_names()))
        return list(found)

    def _function_names(self, function, line):
        if id(function) not in self._names:
            arguments = function.args
            named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            named += [item for item in (arguments.vararg, arguments.kwarg) if item]
            first = {item.arg: 0 for item in named}
            for item in ast.walk(function):
                if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store) and not self._is_inner(item, function):
                    first.setdefault(item.id, item.lineno)
            self._names[id(function)] = first
        return [name for name, at in self._names[id(function)].items() if at <= line]

    def _is_inner(self, node, function) -> bool:
        """Tell whether a name belongs to a comprehension or to a function inside `function`."""
        for holder in self.ancestors(node):
            if holder is function:
                return False
            if isinstance(holder, (*NESTS, *COMPREHENSIONS)):
                return True
        return False

    def _module_names(self):
        if "module" not in self._names:
            stored = [item for item in self.tree.body if isinstance(item, (ast.Assign, ast.AnnAssign))]
            self._names["module"] = _stored(stored)
        return self._names["module"]

    def attributes(self) -> list:
        """Return the names of data attributes that the program sets or reads on ``self``."""
        methods = {node.name for node in self.functions if isinstance(node, ast.FunctionDef)}
        names = [node.attr for node in self.everywhere(ast.Attribute) if _is_self(node.value)]
        return [name for name in dict.fromkeys(names) if name not in methods]

    def variable_kind(self, node, name: str) -> str | None:
        """Return the kind that a variable had in runs (None: unknown, or several)."""
        for holder in [*self.ancestors(node), None]:
            if isinstance(holder, ast.FunctionDef) or holder is None:
                kinds = self.observed.get((holder.name if holder else "<module>", name), set()) - {"NoneType"}
                if kinds:
                    return next(iter(kinds)) if len(kinds) == 1 else "number" if kinds <= NUMBERS else None
        return None

    def kind(self, node) -> str | None:
        """Return a guess of an expression's kind ("int", "str", "list", "bool", ...), None where unknown."""
        key = id(node)
        if key not in self.program.parents:
            return self._kind(node)
        if key not in self._kinds:
            self._kinds[key] = self._kind(node)
        return self._kinds[key]

    def _kind(self, node):
        if isinstance(node, ast.Constant):
            return type(node.value).__name__
        if isinstance(node, ast.Name):
            return self.variable_kind(node, node.id) if id(node) in self.program.parents else None
        if isinstance(node, ast.Attribute):
            return self._attribute_kind(node)
        if isinstance(node, ast.Subscript):
            return self._item_kind(node)
        if isinstance(node, ast.Call):
            return self._call_kind(node)
        if isinstance(node, ast.BinOp):
            return self._operation_kind(node)
        if isinstance(node, ast.BoolOp):
            kinds = {self.kind(item) for item in node.values}
            return kinds.pop() if len(kinds) == 1 else None
        if isinstance(node, ast.UnaryOp):
            return "bool" if isinstance(node.op, ast.Not) else self.kind(node.operand)
        if isinstance(node, ast.IfExp):
            return self.kind(node.body)
        return PLAIN_KINDS.get(type(node))

    def _attribute_kind(self, node, depth=""):
        kinds = self.observed.get(("self", node.attr + depth), set()) - {"NoneType"}
        return next(iter(kinds)) if len(kinds) == 1 else None

    def _item_kind(self, node):
        whole = self.kind(node.value)
        if isinstance(node.slice, ast.Slice) or whole == "str":
            return whole
        return self._held_kind(node.value, "[]")

    def _held_kind(self, node, depth):
        """Return the kind of the items of `node`, or of their items, as it was in runs."""
        if isinstance(node, ast.Name):
            return self.variable_kind(node, node.id + depth)
        if isinstance(node, ast.Attribute):
            return self._attribute_kind(node, depth)
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice) and depth == "[]":
            return self._held_kind(node.value, "[][]")
        return None

    def _call_kind(self, node):
        if isinstance(node.func, ast.Name):
            if node.func.id in ("min", "max") and len(node.args) > 1:
                return self.kind(node.args[0])
            return CALL_KINDS.get(node.func.id)
        if isinstance(node.func, ast.Attribute):
            return METHOD_KINDS.get(node.func.attr)
        return None

    def _operation_kind(self, node):
        left, right = self.kind(node.left), self.kind(node.right)
        if isinstance(node.op, ast.Div):
            return "float"
        if left == right or right is None:
            return left
        if left in NUMBERS and right in NUMBERS:
            return "float" if "float" in (left, right) else "number" if "number" in (left, right) else "int"
        return right if left is None else left

    def fits(self, kind: str | None, other: str | None) -> bool:
        """Tell whether a value of one kind may stand where one of the other kind stood; unknown fits everything."""
        return kind is None or other is None or kind == other or (kind in NUMBERS and other in NUMBERS)

    # ------------------------------------------------------------------------------------------ material

    def mined(self, node) -> list:
        """Return the program's distinct expressions all of whose names can be read at `node`: (text, expression)."""
        if self._mined is None:
            found = {}
            for item in self._all:
                if isinstance(item, ast.expr) and not isinstance(getattr(item, "ctx", None), (ast.Store, ast.Del)):
                    if not isinstance(item, (ast.Starred, ast.Slice, ast.Constant, ast.JoinedStr, ast.FormattedValue)):
                        found.setdefault(ast.unparse(item), item)
            for item in self.attributes():
                read = ast.Attribute(ast.Name("self", ast.Load()), item, ast.Load())
                found.setdefault(ast.unparse(read), read)
            self._mined = [(text, item, free_names(item)) for text, item in found.items()]
        known = {*self.names(node), *self.function_names, *BUILTINS, *self.modules()}
        return [(text, item) for text, item, names in self._mined if names <= known]

    def conditions(self, node) -> list:
        """Return the program's distinct yes-or-no expressions that can be read at `node`."""
        return [(text, item) for text, item in self.mined(node) if isinstance(item, ast.Compare) or self.kind(item) == "bool"]

    def modules(self) -> set:
        """Return the names that imports bind."""
        if "imports" not in self._names:
            aliases = [alias for node in self.everywhere(ast.Import, ast.ImportFrom) for alias in node.names]
            self._names["imports"] = {(alias.asname or alias.name).partition(".")[0] for alias in aliases}
        return self._names["imports"]

    def literals(self, kind: type) -> list:
        """Return the distinct literals of this type in the program, in order of appearance."""
        values = [node.value for node in self.everywhere(ast.Constant) if type(node.value) is kind]
        return list(dict.fromkeys(values))


BUILTINS = frozenset(vars(builtins))
PLAIN_KINDS = {
    ast.Compare: "bool", ast.List: "list", ast.ListComp: "list", ast.Tuple: "tuple", ast.Dict: "dict",
    ast.DictComp: "dict", ast.Set: "set", ast.SetComp: "set", ast.JoinedStr: "str", ast.GeneratorExp: "iterator",
}  # fmt: skip


def _is_docstring(node) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_self(node) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _stored(nodes) -> list:
    return [
        item.id
        for node in nodes
        for item in ast.walk(node)
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    ]


def free_names(node) -> set:
    """Return the names that an expression needs from outside of it."""
    bound = {item.arg for item in ast.walk(node) if isinstance(item, ast.arg)}
    read = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Name):
            (bound if isinstance(item.ctx, ast.Store) else read).add(item.id)
    return read - bound
