"""The official `openai` package of Python against a gateway: an answer as a whole, one as it comes, and an error.

Install: python3 -m venv .venv && .venv/bin/pip install openai
Run:     .venv/bin/python examples/openai_sdk.py "Where is my order?"
OPENAI_BASE_URL (default http://127.0.0.1:8080/v1), OPENAI_API_KEY (default none) and MODEL (default gpt-4o-mini) are read.
"""

import os
import sys

from openai import APIStatusError, OpenAI

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
MESSAGES = [{"role": "user", "content": sys.argv[1] if len(sys.argv) > 1 else "Where is my order?"}]

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "none"),
)

whole = client.chat.completions.create(model=MODEL, messages=MESSAGES)
print("whole:   ", whole.choices[0].message.content)

print("streamed: ", end="")
stream = client.chat.completions.create(
    model=MODEL, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
    if chunk.usage:
        print(f"\n          ({chunk.usage.completion_tokens} tokens)")

try:
    client.chat.completions.create(model=MODEL, messages=MESSAGES, temperature=3)
except APIStatusError as error:
    print("error:   ", error.status_code, error.type, f"request {error.request_id}")
