"""The coder role: read the request, search a patch for ``program.py``, write it, answer."""

from coder import plan
from coder.engine import Engine
from shared import io
from shared.cases import PROGRAM, CasesError, load_cases, load_source


def main() -> None:
    """Solve one task; a program without a plausible patch is left as it is."""
    request = io.read_request()
    workdir = request["workdir"]
    try:
        engine = Engine(plan, load_source(workdir), load_cases(workdir), request["limits"]["steps"], request["seed"])
    except CasesError as error:
        io.fail(str(error))
        return
    engine.search()
    patch = engine.choose()
    if patch is not None:
        with open(f"{workdir}/{PROGRAM}", "w", encoding="utf-8") as file:
            file.write(patch.text)
    io.write_response(notes=engine.notes(patch), usage={"steps": engine.steps()})


if __name__ == "__main__":
    main()
