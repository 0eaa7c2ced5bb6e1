"""The real SDKs, one client each for all tests: making one costs more than a call."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def openai_client():
    import openai

    with openai.OpenAI(api_key="sk-test", base_url="http://127.0.0.1:1/v1", max_retries=0, timeout=10) as client:
        yield client


@pytest.fixture(scope="session")
def anthropic_client():
    import anthropic

    with anthropic.Anthropic(api_key="sk-ant-test", base_url="http://127.0.0.1:1", max_retries=0, timeout=10) as client:
        yield client


@pytest.fixture
def chat(openai_client):
    """Ask a provider by Chat Completions; whole, or the chunks of a stream."""

    def ask(url, text="hello", **options):
        client = openai_client.with_options(base_url=f"{url}/v1")
        made = client.chat.completions.create(
            **{"model": "gpt-5-mini", "messages": [{"role": "user", "content": text}], **options}
        )
        return list(made) if options.get("stream") else made

    return ask


@pytest.fixture
def respond(openai_client):
    """Ask a provider by Responses; whole, or the events of a stream."""

    def ask(url, text="hello", **options):
        client = openai_client.with_options(base_url=f"{url}/v1")
        made = client.responses.create(**{"model": "gpt-5-mini", "input": text, **options})
        return list(made) if options.get("stream") else made

    return ask


@pytest.fixture
def message(anthropic_client):
    """Ask a provider by Messages; whole, or the events of a stream."""

    def ask(url, text="hello", **options):
        client = anthropic_client.with_options(base_url=url)
        asked = {"model": "claude-test", "max_tokens": 64, "messages": [{"role": "user", "content": text}]}
        made = client.messages.create(**asked | options)
        return list(made) if options.get("stream") else made

    return ask
