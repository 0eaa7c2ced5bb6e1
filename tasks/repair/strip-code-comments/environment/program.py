def strip_code_comments(code):
    out = []
    state = "code"
    i = 0
    while i < len(code):
        char, pair, step = code[i], code[i:i + 2], 1
        if state == "code":
            if pair == "//":
                state, step = "line", 2
            elif pair == "/*":
                state, step = "block", 1
            else:
                if char == '"':
                    state = "string"
                out.append(char)
        elif state == "string":
            if char == "\\":
                char, step = pair, 2
            elif char == '"':
                state = "code"
            out.append(char)
        elif state == "line":
            if char == "\n":
                state = "code"
                out.append(char)
        elif pair == "*/":
            state, step = "code", 2
            out.append(" ")
        i += step
    return "".join(out)
