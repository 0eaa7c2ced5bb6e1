"""Edits how things are sorted: the direction, the sign of a key, a second key for ties, no key."""

import ast

from shared.make import name

KIND = "operator"
SORTS = frozenset("sorted sort min max nlargest nsmallest".split())


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        if called not in SORTS:
            continue
        keywords = {item.arg: item.value for item in node.keywords}
        if called in ("sorted", "sort"):
            turned = {**keywords, "reverse": ast.Constant(True)}
            if "reverse" in keywords:
                turned.pop("reverse")
            yield context.set(node, "keywords", _keywords(turned))
        if node.args and context.kind(node.args[0]) in ("dict", "Counter", "defaultdict"):
            by_value = ast.Attribute(node.args[0], "get", ast.Load())
            yield context.set(node, "keywords", _keywords({**keywords, "key": by_value}))
        for key in _keys(keywords.get("key")):
            yield context.set(node, "keywords", _keywords({**keywords, "key": key}), 2)
        if "key" in keywords:
            yield context.set(node, "keywords", _keywords({k: v for k, v in keywords.items() if k != "key"}))


def _keywords(values):
    return [ast.keyword(key, value) for key, value in values.items()]


def _keys(key):
    """Return other keys: parts turned round, negated, and the item itself added for ties."""
    if not isinstance(key, ast.Lambda):
        if key is None:
            yield from (name("len"), name("str"), ast.Attribute(name("str"), "lower", ast.Load()))
            yield from (_lambda("item", text) for text in ("item[0]", "item[1]", "-item", "len(item)", "(-item[1], item[0])", "(len(item), item)"))
        return
    argument = key.args.args[0].arg if key.args.args else None
    parts = key.body.elts if isinstance(key.body, ast.Tuple) else [key.body]
    for index, part in enumerate(parts):
        negative = isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub)
        other = part.operand if negative else ast.UnaryOp(ast.USub(), part)
        yield _with(key, [*parts[:index], other, *parts[index + 1 :]])
    if len(parts) > 1:
        yield _with(key, parts[::-1])
        yield from (_with(key, parts[:index] + parts[index + 1 :]) for index in range(len(parts)))
    if argument is not None:
        yield _with(key, [*parts, name(argument)])
        for index in (0, 1):
            item = ast.Subscript(name(argument), ast.Constant(index), ast.Load())
            yield _with(key, [*parts, item])


def _with(key, parts):
    return ast.Lambda(key.args, parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load()))


def _lambda(argument, text):
    return ast.parse(f"lambda {argument}: {text}", mode="eval").body
