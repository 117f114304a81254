"""Holds a running gateway to the law of chunk-invariance: however the model cuts its answer, the client reads the same.

The sandbox's model `sandbox-echo` says what it is asked, one delta for each part between broken bars. So each split that
the kit tries is one answer of a real upstream, through the gateway, over HTTP.

Usage: chunk_invariance_of_a_gateway.py BASE_URL MODEL
"""

import json
import sys
import urllib.request

from chunk_invariance import ChunkInvarianceError, assert_chunk_invariant

# None is anybody's: numbers and names that are reserved for tests or examples.
TEXTS = [
    "Write to jane.doe@example.com today.",
    "Card 4111 1111 1111 1111, please.",
    "My SSN is 078-05-1120, as you know.",
    "Call me at (555) 010-4477 tonight.",
    "IBAN DE89 3704 0044 0532 0130 00 it is.",
    "The host is 192.0.2.17 for now.",
    "Born on date of birth 1984-03-12.",
    "Nothing to see here: 12 parcels, 3 pm.",
]
SHORT = "a@b.example, 1 x"

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(base_url, model, content):
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": content}]}
    request = urllib.request.Request(
        base_url + "/chat/completions",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with opener.open(request, timeout=30) as response:
        for line in response:
            data = line.decode().removeprefix("data:").strip()
            if not line.startswith(b"data:") or data == "[DONE]":
                continue
            chunk = json.loads(data)
            if "error" in chunk:
                raise RuntimeError(chunk["error"]["message"])
            for choice in chunk["choices"]:
                yield choice["delta"].get("content") or ""


def check(base_url, model, text, splits="all-two-part"):
    def stream(chunks):
        return ask(base_url, model, "¦".join(chunks) + "¦")

    def whole(given):
        return "".join(stream([given]))

    try:
        count = assert_chunk_invariant(stream, whole, text, splits=splits)
        print(f"{count:5} splits  same  {whole(text)}")
        return True
    except ChunkInvarianceError as error:
        print(error)
        return False


def main():
    base_url, model = sys.argv[1:]
    results = [check(base_url, model, text) for text in TEXTS]
    results.append(check(base_url, model, SHORT, splits=4))
    sys.exit(0 if all(results) else 1)


main()
