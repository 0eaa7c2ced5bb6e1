"""The reviewer role: tell a right patch from one that merely passes the visible tests.

Reads JudgeRequest from /rqgm/io/request.json and writes JudgeResponse. Whatever goes wrong with the artifact is a
reason to reject it; the reviewer itself does not crash.
"""

from reviewer import plan
from reviewer.case import open_case
from reviewer.review import pointer, review, verdict
from shared.io import read_request, write_response


def main():
    request = read_request()
    try:
        case = open_case(request["artifact"], request["task_dir"], request.get("instruction", ""), plan.MAX_STEPS)
        fields = review(plan, case)
    except (Exception, RecursionError, MemoryError) as error:  # border: the artifact is hostile data
        reason = f"the review broke off: {type(error).__name__}"
        fields = verdict("reject", 0.0, [pointer(reason, 1)], {"refused": reason})
    write_response(**fields)


if __name__ == "__main__":
    main()
