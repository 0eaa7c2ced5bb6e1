"""Tools that a model calls: described in a role's ``tools.json``, done by functions of the same names."""

import json
import math

KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
MAX_PROBLEMS = 10
MAX_TEXT_CHARS = 1_000_000


class Finished(Exception):
    """Raised by the closing tool: the work is done, with this result."""

    def __init__(self, result=None):
        super().__init__("finished")
        self.result = result


class ToolError(Exception):
    """A call that cannot be done; the message is for the model."""


class Malformed(Exception):
    """The closing call was wrong once more after its faults had been shown."""


class Tools:
    """A role's tools. A wrong closing call is shown its faults `repairs` times, then it is Malformed."""

    def __init__(self, path, functions, closing, repairs=1):
        with open(path, encoding="utf-8") as file:
            self.described = json.load(file)
        self._schemas = {tool["name"]: tool["parameters"] for tool in self.described}
        if self._schemas.keys() != functions.keys():
            raise ValueError(f"{path} describes {sorted(self._schemas)}, there are {sorted(functions)}")
        self._functions = functions
        self.closing = closing
        self.repairs = repairs
        self.refused = 0  # closing calls that were wrong

    def offered(self, last: bool) -> list:
        """Return the tools to offer: in the last turn only the closing one."""
        return [tool for tool in self.described if not last or tool["name"] == self.closing]

    def call(self, call) -> str:
        """Do one call and return the text for the model; raises Finished or Malformed."""
        try:
            return self._call(call)
        except ToolError as error:
            if call.name == self.closing:
                self.refused += 1
                if self.refused > self.repairs:
                    raise Malformed(str(error)) from error
            return f"error: {error}"

    def _call(self, call) -> str:
        if call.name not in self._schemas:
            raise ToolError(f"there is no such tool; there are {', '.join(self._schemas)}")
        if call.arguments is None:
            raise ToolError("the arguments are not a JSON object")
        given = {name: value for name, value in call.arguments.items() if value is not None}
        found = problems(given, self._schemas[call.name])
        if found:
            raise ToolError("; ".join(found[:MAX_PROBLEMS]))
        return self._functions[call.name](**given)


def problems(value, schema, where="arguments") -> list:
    """Return what of `value` is not as `schema` (the part of JSON Schema that is used here) wants it."""
    kind = schema["type"]
    if not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{where} is not of type {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of {', '.join(schema['enum'])}"]
    if kind == "object":
        return _object_problems(value, schema, where)
    if kind == "array":
        too_many = "maxItems" in schema and len(value) > schema["maxItems"]
        found = [f"{where} has more than {schema['maxItems']} items"] if too_many else []
        return found + [p for i, item in enumerate(value) for p in problems(item, schema["items"], f"{where}[{i}]")]
    if kind == "string":
        return _text_problems(value, schema, where)
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    return [] if low <= value <= high else [f"{where} is not in [{low}, {high}]"]


def _object_problems(value, schema, where):
    inner = schema.get("properties", {})
    found = [f"{where}.{name} is missing" for name in schema.get("required", []) if value.get(name) is None]
    found += [f"{where} has no {name}, only {', '.join(inner)}" for name in value if name not in inner]
    for name, item in value.items():
        if name in inner and item is not None:
            found += problems(item, inner[name], f"{where}.{name}")
    return found


def _text_problems(value, schema, where):
    least, most = schema.get("minLength", 0), schema.get("maxLength", MAX_TEXT_CHARS)
    if not least <= len(value) <= most:
        return [f"{where} has {len(value)} characters, allowed are {least} to {most}"]
    try:
        value.encode()
    except UnicodeEncodeError:
        return [f"{where} is not Unicode text"]
    return [f"{where} holds a NUL"] if "\0" in value else []
