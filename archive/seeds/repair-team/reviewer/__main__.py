"""The reviewer role, alone or in a seat of a panel: tell a right patch from one that merely passes the visible tests.

Reads JudgeRequest from /rqgm/io/request.json and writes JudgeResponse. Whatever goes wrong with the artifact, or with
what others said, is no reason to crash.
"""

from reviewer import plan
from reviewer.case import open_case
from reviewer.hearing import listen
from reviewer.opinion import opine
from reviewer.review import pointer, verdict
from reviewer.seat import seat_of
from reviewer.seated import SeatedCase
from shared.io import read_request, write_response


def main():
    request = read_request()
    try:
        fields = judge(request)
    except (Exception, RecursionError, MemoryError) as error:  # border: the artifact is hostile data
        reason = f"the review broke off: {type(error).__name__}"
        fields = verdict("reject", 0.0, [pointer(reason, 1)], {"refused": reason})
    write_response(**fields)


def judge(request):
    """Return the response's fields for a request."""
    case = open_case(request["artifact"], request["task_dir"], request.get("instruction", ""), plan.MAX_STEPS)
    place = request.get("panel")
    return opinion(case, place)


def opinion(case, place):
    """Return the fields of a Case's review by whoever sits in a place of a panel (None: by one that works alone)."""
    seat, heard = seat_of(place), None
    if place is not None and place.get("turn"):
        heard = listen(place, case.faulty, [sample.input for sample in case.visible])
    return opine(plan, SeatedCase(case, plan, seat, heard), seat, heard)


if __name__ == "__main__":
    main()
