"""The coder role: read the request, search a patch for ``program.py``, write it, answer; alone or in a team."""

from coder import plan
from coder.engine import Engine
from coder.hearing import listen
from coder.member import Member
from coder.strategy import strategy_of
from shared import io
from shared.cases import PROGRAM, CasesError, load_cases, load_source


def main() -> None:
    """Solve one task; a program without a patch is left as it is."""
    request = io.read_request()
    workdir = request["workdir"]
    try:
        source, cases = load_source(workdir), load_cases(workdir)
    except CasesError as error:
        io.fail(str(error))
        return
    response = solve(request, source, cases)
    text = response.pop("text")
    if text is not None:
        with open(f"{workdir}/{PROGRAM}", "w", encoding="utf-8") as file:
            file.write(text)
    io.write_response(**response)


def solve(request: dict, source: str, cases: list) -> dict:
    """Return the fields of the response, and as `text` the program to write (None: leave it as it is)."""
    steps, place = request["limits"]["steps"], request.get("team")
    if place is None:
        engine = Engine(plan, source, cases, steps, request["seed"])
        engine.search()
        patch = engine.choose()
        text = None if patch is None else patch.text
        return {"text": text, "notes": engine.notes(patch), "usage": {"steps": engine.steps()}}
    member = Member(strategy_of(plan, place["member"], place["turn"]), source, cases, steps, place["member"])
    if place["turn"] > 0:
        member.hear(listen(place, source, cases))
    else:
        member.search()
    return member.response(member.choose())


if __name__ == "__main__":
    main()
