# What users of OpenAI's library for Python do, against the gateway at OPENAI_BASE_URL with the sandbox behind it.
import openai

client = openai.OpenAI(api_key="none", max_retries=0)
MESSAGES = [{"role": "user", "content": "Where is my order?"}]


def check(what, holds):
    print("ok  " if holds else "FAIL", what)
    if not holds:
        raise SystemExit(1)


whole = client.chat.completions.create(model="sandbox-default", messages=MESSAGES)
text = whole.choices[0].message.content
check("one object", len(text) > 20 and whole.choices[0].finish_reason == "stop")

chunks = list(
    client.chat.completions.create(
        model="sandbox-default", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
)
streamed = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
check("a stream with the same text", streamed == text)
check("usage at its end", chunks[-1].usage.total_tokens == whole.usage.total_tokens)

with client.chat.completions.stream(model="sandbox-tools", messages=MESSAGES) as stream:
    calls = stream.get_final_completion().choices[0].message.tool_calls
check("tool calls", [c.function.name for c in calls] == ["lookup_order", "lookup_order"])

again = [*MESSAGES, whole.choices[0].message, *MESSAGES]
check("its own message back", client.chat.completions.create(model="sandbox-fast", messages=again).id != "")
check("models", [m.id for m in client.models.list()] == ["gpt-4o-mini"])

for model, kind in [
    ("sandbox-503", openai.InternalServerError),
    ("sandbox-429-absurd", openai.RateLimitError),
]:
    try:
        client.chat.completions.create(model=model, messages=MESSAGES)
        check(model, False)
    except kind as error:
        check(f"{kind.__name__} with the code {error.code}", error.code is not None)

try:
    for chunk in client.chat.completions.create(model="sandbox-reset-mid-stream", messages=MESSAGES, stream=True):
        pass
    check("a stream that breaks off", False)
except openai.APIError as error:
    check("a stream that breaks off", error.code == "stream_interrupted")
