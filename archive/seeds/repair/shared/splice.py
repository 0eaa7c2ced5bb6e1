"""Writing an edited program with as much of the old text as possible: a reviewer will look at the difference."""

import ast


def splice(program, edit) -> str:
    """Return the edited source: only touched statements are printed anew; where that fails, what is around them."""
    right = ast.dump(ast.parse(program.normal(edit)))
    for pieces in (_pieces, _top_pieces):
        try:
            text = _patch(program.source, pieces(program, edit))
            if ast.dump(ast.parse(text)) == right:
                return text
        except (SyntaxError, ValueError, AttributeError):
            continue
    return program.normal(edit) + "\n"


def _top_pieces(program, edit) -> list:
    """Return the touched top-level statements as pieces, printed anew."""
    tops = {}
    for node, _, _ in edit.changes:
        while not isinstance(program.parents[id(node)][0], ast.Module):
            node = program.parents[id(node)][0]
        tops[id(node)] = node
    before = program.apply(edit)
    try:
        return [(_first(top), top.end_lineno + 1, _indent(ast.unparse(top), "")) for top in tops.values()]
    finally:
        _undo(before)


def _undo(before):
    for node, field, value in reversed(before):
        setattr(node, field, value)


def _patch(source: str, pieces: list) -> str:
    """Replace line ranges: pieces are (first line, line after the last, new lines), lines counted from 1."""
    lines = source.splitlines()
    last = len(lines) + 1
    for first, after, new in sorted(pieces, key=lambda piece: piece[:2], reverse=True):
        if after > last:
            raise ValueError("pieces overlap")
        lines[first - 1 : after - 1] = new
        last = first
    return "\n".join(lines) + "\n"


def _pieces(program, edit) -> list:
    headers, pieces = {}, []
    for node, field, value in edit.changes:
        if _is_block(getattr(node, field)) or _is_block(value):
            pieces += _block_pieces(program, node, field, value)
        else:
            statement = node
            while not isinstance(statement, ast.stmt):
                statement = program.parents[id(statement)][0]
            headers[id(statement)] = statement
    before = program.apply(edit)
    try:
        pieces += [_statement_piece(program, statement) for statement in headers.values()]
    finally:
        _undo(before)
    return pieces


def _is_block(value) -> bool:
    return isinstance(value, list) and any(isinstance(item, ast.stmt) for item in value)


def _statement_piece(program, statement):
    """Return the piece of one changed statement; of a compound one only its header."""
    lines = program.source.splitlines()
    column = statement.col_offset
    margin = lines[statement.lineno - 1][:column]
    if margin.strip() or (isinstance(statement, ast.ClassDef | ast.FunctionDef) and statement.decorator_list):
        raise ValueError("the statement does not begin its line")
    body = getattr(statement, "body", None)
    if not isinstance(body, list):
        return statement.lineno, statement.end_lineno + 1, _indent(ast.unparse(statement), margin)
    if body[0].lineno == statement.lineno:
        raise ValueError("the body is on the header's line")
    header = ast.unparse(_without_body(statement)).splitlines()[0]
    if lines[statement.lineno - 1][column:].startswith("elif"):
        header = "el" + header
    after = statement.lineno + 1
    while not lines[after - 2].split("#")[0].rstrip().endswith(":"):
        after += 1
    return statement.lineno, after, [margin + header]


def _without_body(statement):
    """Return a copy whose blocks are empty, to print the header alone."""
    copy = type(statement)()
    copy.__dict__.update(statement.__dict__)
    copy.body = [ast.Pass()]
    if getattr(copy, "orelse", None):
        copy.orelse = []
    return copy


def _block_pieces(program, node, field, new) -> list:
    """Return the pieces of a changed block: statements taken out, statements put in."""
    old = getattr(node, field)
    if not old:
        raise ValueError("a new block has no place in the old text")
    kept = [item for item in old if any(item is other for other in new)]
    margin = program.source.splitlines()[old[0].lineno - 1][: old[0].col_offset]
    if margin.strip() or not new:
        raise ValueError("the block shares a line with its header")
    if [item for item in new if any(item is other for other in kept)] != kept:
        printed = [line for item in new for line in _indent(ast.unparse(item), margin)]
        return [(_first(old[0]), old[-1].end_lineno + 1, printed)]
    pieces, place = [], old[0].lineno
    gone = [item for item in old if not any(item is other for other in kept)]
    fresh = []
    for item in new:
        if any(item is other for other in kept):
            if fresh:
                pieces.append((_first(item), _first(item), fresh))
                fresh = []
            place = item.end_lineno + 1
        else:
            fresh = fresh + _indent(ast.unparse(item), margin)
            here = place
    if fresh:
        replaced = [item for item in gone if item.lineno >= here]
        place = replaced[0].lineno if replaced else here
        pieces.append((place, place, fresh))
    return _joined(pieces, [(_first(item), item.end_lineno + 1, []) for item in gone])


def _joined(inserted: list, removed: list) -> list:
    """Join an insertion with the removal that begins on its line, so that pieces do not overlap."""
    pieces = list(removed)
    for first, after, new in inserted:
        at = next((i for i, piece in enumerate(pieces) if piece[0] == first and not piece[2]), None)
        if at is None:
            pieces.append((first, after, new))
        else:
            pieces[at] = (first, pieces[at][1], new)
    return pieces


def _first(statement) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return decorators[0].lineno if decorators else statement.lineno


def _indent(text: str, margin: str) -> list:
    return [margin + line if line else line for line in text.splitlines()]
