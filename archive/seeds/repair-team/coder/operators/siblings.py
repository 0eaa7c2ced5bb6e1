"""Calls a sibling: ``append`` for ``extend``, ``lstrip`` for ``strip``, ``min`` for ``max``, ``any`` for ``all``."""

import ast

KIND = "operator"
GROUPS = (
    "append extend appendleft insert add", "add update discard remove", "find index rfind rindex", "count index",
    "strip lstrip rstrip", "lstrip removeprefix", "rstrip removesuffix", "split rsplit splitlines partition rpartition", "pop popleft popitem remove", "lower upper title casefold capitalize swapcase",
    "startswith endswith", "isdigit isalpha isalnum isdecimal isspace", "ljust rjust center zfill", "isupper islower",
    "keys values items", "union intersection difference symmetric_difference", "issubset issuperset isdisjoint",
    "min max sum", "any all", "sum len", "floor ceil trunc", "int round float", "sorted reversed list set tuple",
    "bisect_left bisect_right bisect insort_left insort_right insort", "heappush heappop heapreplace heappushpop",
    "nlargest nsmallest", "get pop setdefault", "permutations combinations combinations_with_replacement product",
    "extend extendleft", "gcd lcm", "enumerate zip", "isinstance issubclass", "str repr", "most_common elements items",
)  # fmt: skip


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Call):
        function = node.func
        old = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        field = "attr" if isinstance(function, ast.Attribute) else "id"
        for other in _siblings(old):
            if field == "attr" or other in BUILTIN or old not in BUILTIN:
                yield context.set(function, field, other)
        yield from _ends(node, context)


BUILTIN = frozenset("min max sum any all len int round float sorted reversed list set tuple enumerate zip str repr".split())


def _siblings(old):
    found = [other for group in GROUPS if old in group.split() for other in group.split() if other != old]
    return list(dict.fromkeys(found))


def _ends(node, context):
    """``pop()`` takes the last item, ``pop(0)`` the first; ``insert(0, x)`` is ``append(x)`` at the other end."""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else None
    if method == "pop":
        yield context.set(node, "args", [] if node.args else [ast.Constant(0)])
    elif method == "append" and len(node.args) == 1:
        inserted = ast.Attribute(node.func.value, "insert", ast.Load())
        yield context.replace(node, ast.Call(inserted, [ast.Constant(0), *node.args], []))
    elif method == "insert" and len(node.args) == 2:
        appended = ast.Attribute(node.func.value, "append", ast.Load())
        yield context.replace(node, ast.Call(appended, node.args[1:], []))
