"""Wraps an expression in a call (``abs``, ``int``, ``sorted``, ...) that fits its kind, or takes such a call away."""

import ast

from shared.make import call, method

KIND = "operator"
FUNCTIONS = {
    "int": ["abs", "str", "float"], "float": ["int", "round", "abs"], "number": ["int", "abs", "round"],
    "str": ["int", "len", "list"], "list": ["sorted", "len", "set", "reversed", "list", "tuple", "iter"], "set": ["sorted", "len", "list"],
    "dict": ["len", "sorted", "dict"], "tuple": ["list", "len", "sorted"], "range": ["reversed"],
    "iterator": ["list", "sorted", "reversed", "set"], None: ["list", "sorted", "abs", "str", "len", "reversed", "set", "iter"],
}  # fmt: skip
METHODS = {"str": ["lower", "strip", "upper"], "dict": ["items", "copy", "values"], "list": ["copy"]}
PLACES = (ast.Name, ast.Subscript, ast.Attribute, ast.Call, ast.BinOp, ast.GeneratorExp)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(*PLACES):
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or _is_function(node, context):
            continue
        if isinstance(node, ast.Name) and node.id not in context.names(node):
            continue
        kind = context.kind(node)
        for function in FUNCTIONS.get(kind, []):
            yield context.replace(node, call(function, node))
        if kind in ("list", "str", "tuple", None) and not isinstance(node, ast.GeneratorExp):
            backwards = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
            yield context.replace(node, ast.Subscript(node, backwards, ast.Load()))
        for attribute in METHODS.get(kind, []):
            yield context.replace(node, method(node, attribute))
    for node in context.nodes(ast.Call):
        if isinstance(node.func, ast.Name) and len(node.args) == 1 and node.func.id in UNWRAPPED:
            yield context.replace(node, node.args[0])
        if isinstance(node.func, ast.Attribute) and not isinstance(context.parent(node), ast.Expr):
            yield context.replace(node, node.func.value)


UNWRAPPED = frozenset("abs int float round str list tuple set sorted reversed len".split())


def _is_function(node, context):
    """Tell whether `node` is what a call calls, or what an attribute is taken of."""
    parent = context.parent(node)
    return (isinstance(parent, ast.Call) and parent.func is node) or (isinstance(parent, ast.Attribute))
