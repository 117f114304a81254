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

INPUT = MESSAGES[0]["content"]
response = client.responses.create(model="sandbox-default", input=INPUT)
check("a response", response.status == "completed" and response.output_text == text)

with client.responses.stream(model="sandbox-default", input=INPUT) as stream:
    events = list(stream)
    check("a response as a stream", stream.get_final_response().output_text == text)
check("events without a gap", [event.sequence_number for event in events] == list(range(len(events))))

TOOL = {"type": "function", "name": "lookup_order", "parameters": {"type": "object", "properties": {}}}
called = client.responses.create(model="sandbox-tools", input=INPUT, tools=[TOOL])
outputs = [
    {"type": "function_call_output", "call_id": item.call_id, "output": "on its way"}
    for item in called.output
    if item.type == "function_call"
]
answered = client.responses.create(model="sandbox-tools", input=[*MESSAGES, *called.output, *outputs])
check("tools of a response", len(outputs) == 2 and len(answered.output_text) > 20)

later = client.responses.create(model="sandbox-default", input=INPUT, background=True)
followed = list(client.responses.retrieve(later.id, stream=True, starting_after=3))
check("one of the background, from any event", followed[0].sequence_number == 4)
check("one found again", client.responses.retrieve(later.id).output_text == text)
slow = client.responses.create(model="sandbox-slow", input=INPUT, background=True)
check("one cancelled", client.responses.cancel(slow.id).status == "cancelled")

try:
    for event in client.responses.create(model="sandbox-reset-mid-stream", input=INPUT, stream=True):
        pass
    check("a response that breaks off", False)
except openai.APIError as error:
    check("a response that breaks off", error.code == "stream_interrupted")

try:
    client.responses.create(model="sandbox-default", input=INPUT, previous_response_id="resp_1")
    check("a refusal", False)
except openai.BadRequestError as error:
    check("a refusal by name", "previous_response_id" in error.message)
