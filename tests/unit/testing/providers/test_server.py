"""The server: its life, its book, and the command that starts one by hand."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path

import httpx2
import openai
import pytest

from rqgm.testing import providers
from rqgm.testing.providers import Reply, ScriptError, echo, in_turn, serve
from rqgm.testing.providers.__main__ import main


def ask(url, **headers):
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    return httpx2.post(f"{url}/v1/chat/completions", json=body, headers=headers)


def test_importing_the_package_loads_no_server():
    code = "import sys, rqgm.testing.providers; print({'uvicorn', 'starlette', 'openai', 'litellm'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_example_of_the_readme_runs(capsys):
    readme = (Path(providers.__file__).parent / "README.md").read_text()
    (code,) = re.findall(r"(?ms)^```python\n(.*?)^```", readme)
    exec(code, {})
    out = capsys.readouterr().out.splitlines()
    assert (out[0], out[1][:10]) == ("Paris.", "[429, 200]")


def test_it_listens_on_loopback_and_leaves_no_thread():
    before = set(threading.enumerate())
    with serve(echo()) as provider:
        assert provider.url.startswith("http://127.0.0.1:")
        assert set(threading.enumerate()) - before
        provider.close()
        provider.close()
    assert set(threading.enumerate()) == before


def test_many_ask_at_once_and_all_is_counted():
    script = lambda asked: Reply("hi", latency_s=0.05)  # noqa: E731
    with serve(script) as provider, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: ask(provider.url).json(), range(8)))
        assert sorted(served.call for served in provider.served) == list(range(1, 9))
        totals = provider.usage()
    assert len({reply["id"] for reply in replies}) == 8
    assert (totals.calls, totals.input_tokens, totals.output_tokens) == (8, 8, 8)


def test_only_the_right_key_is_let_in_when_there_is_one(chat):
    with serve(echo(), api_key="sk-right") as provider:
        with pytest.raises(openai.AuthenticationError):
            chat(provider.url)
        reply = ask(provider.url, authorization="Bearer sk-right")
        assert reply.status_code == 200
        assert [served.api_key for served in provider.served] == ["sk-test", "sk-right"]
        assert provider.served[1].headers["authorization"] == "Bearer sk-right"


def test_only_known_models_answer_when_they_are_named(chat):
    with serve(echo(), models=["known"]) as provider:
        with pytest.raises(openai.NotFoundError):
            chat(provider.url)
        assert chat(provider.url, model="known").model == "known"


def test_what_is_not_there_and_what_is_asked_wrongly_gets_json(chat):
    with serve(echo()) as provider:
        with httpx2.Client(base_url=provider.url) as client:
            missing = client.get("/v1/nothing")
            wrong = client.get("/v1/chat/completions")
            broken = client.post("/v1/chat/completions", content=b"{")
            unversioned = client.post("/v1/messages", json={"model": "m", "max_tokens": 1, "messages": []})
            uncounted = client.post("/v1/messages/count_tokens", content=b"{")
    assert (missing.status_code, missing.json()["error"]["message"]) == (404, "Invalid URL (GET /v1/nothing)")
    assert (wrong.status_code, broken.status_code) == (405, 400)
    assert unversioned.json()["error"]["message"] == "anthropic-version: header is required"
    assert (uncounted.status_code, uncounted.json()["type"]) == (400, "error")


def test_a_script_that_fails_fails_the_test_at_its_end(chat):
    with pytest.raises(ScriptError, match="the script of a provider failed") as raised:  # noqa: PT012
        with serve(in_turn([])) as provider:
            with pytest.raises(openai.InternalServerError, match="the script failed: ScriptError: call 1"):
                chat(provider.url)
            assert len(provider.failures) == 1
    assert "all 0 answers" in str(raised.value.__cause__)


def test_a_client_that_leaves_is_not_waited_for(openai_client):
    with serve(lambda _: Reply("one two three", delay_s=0.2)) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        with client.chat.completions.create(**asked, stream=True) as stream:
            next(stream)
        (served,) = provider.wait(1)
    assert (served.status, served.complete, served.usage) == (200, False, None)


def test_waiting_for_what_does_not_come_says_what_came():
    with serve(echo()) as provider:
        ask(provider.url)
        with pytest.raises(TimeoutError, match=r"2 requests .*'/v1/chat/completions', 'ended'"):
            provider.wait(2, timeout_s=0.01)


def test_the_command_says_how_to_ask_and_what_was_asked_until_it_is_interrupted():
    argv = [sys.executable, "-m", "rqgm.testing.providers", "--fault", "server_error", "--every", "2"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().partition(" at ")[2].split()[0]
            assert [ask(url).status_code, ask(url).status_code] == [200, 500]
            lines = iter(process.stdout.readline, "")
            help_and_first = [*takewhile(lambda line: "500" not in line, lines)]
        finally:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert any(f'openai.OpenAI(base_url="{url}/v1"' in line for line in help_and_first)
    assert help_and_first[-1] == "/v1/chat/completions m -> 200 1 + 1 tokens\n"
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--script", "ecko"], "unknown script 'ecko'; did you mean 'echo'?"),
        (["--script", "no.such.module:script"], "No module named 'no'"),
        (["--script", "missing.jsonl"], "missing.jsonl"),
        (["--fault", "overload"], "did you mean 'overloaded'?"),
    ],
)
def test_a_command_that_is_wrong_says_so(capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
