"""Presidio's analyzer over a list of texts: `presidio.py [spaCy model]`. Reads {"texts": [...]} and writes the findings of
each text and the processor time as JSON. Without a model it has a tokenizer and its patterns only."""

import json
import sys
import time

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine

# What Presidio's own demonstration counts as a finding.
SCORE_THRESHOLD = 0.35

# The library would fetch the list of suffixes; the package has a copy.
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())


class LoadedNlpEngine(SpacyNlpEngine):
    def __init__(self, pipeline):
        super().__init__()
        self.nlp = {"en": pipeline}


pipeline = spacy.load(sys.argv[1]) if len(sys.argv) > 1 else spacy.blank("en")
analyzer = AnalyzerEngine(nlp_engine=LoadedNlpEngine(pipeline), supported_languages=["en"])
texts = json.load(sys.stdin)["texts"]
analyzer.analyze(text="My card is 4111 1111 1111 1111.", language="en")

began = time.process_time()
findings = []
for text in texts:
    results = analyzer.analyze(text=text, language="en", score_threshold=SCORE_THRESHOLD)
    findings.append([[result.entity_type, result.start, result.end] for result in results])
json.dump({"seconds": time.process_time() - began, "findings": findings}, sys.stdout)
