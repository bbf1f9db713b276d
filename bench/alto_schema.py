"""ALTO against the published schema, which has a licence of its own and is not in this repository.

    python -m bench.alto_schema --xsd alto-4-4.xsd --xlink xlink.xsd --json evidence/alto-schema.json

``alto-4-4.xsd`` is in https://github.com/altoxml/schema, ``xlink.xsd`` at http://www.loc.gov/standards/xlink/. Documents are
drawn by chance, with every kind of block, markup, sign and missing box. The tests hold ALTO against a schema of the part that
ocroute writes (``tests/document/alto-4-4-subset.xsd``); here both must say the same of every document.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from lxml import etree
from tests.support.random_documents import documents

from bench import harness
from ocroute.document import Document
from ocroute.document.exporters.alto import Alto

SUBSET = harness.ROOT / "tests" / "document" / "alto-4-4-subset.xsd"


class _Beside(etree.Resolver):
    """Gives the file that the schema imports by an address."""

    def __init__(self, xlink: Path) -> None:
        super().__init__()
        self._xlink = xlink

    def resolve(self, system_url: str, _: str, context: Any) -> Any:
        return self.resolve_filename(str(self._xlink), context) if system_url.endswith("xlink.xsd") else None


def main() -> None:
    parser = harness.arguments(__doc__, record="alto-schema")
    parser.add_argument("--xsd", type=Path, required=True)
    parser.add_argument("--xlink", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=1000)
    options = parser.parse_args()
    reader = etree.XMLParser(no_network=True)
    reader.resolvers.add(_Beside(options.xlink))
    whole = etree.XMLSchema(etree.parse(options.xsd, reader))
    subset = etree.XMLSchema(etree.parse(SUBSET))
    pages, faults, apart = 0, [], []

    @settings(max_examples=options.documents, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(documents())
    def check(document: Document) -> None:
        nonlocal pages
        assume(document.pages)  # ALTO has no way to say that there are none
        pages += len(document.pages)
        made = etree.fromstring(Alto().export(document))
        valid = whole.validate(made)
        if not valid:
            faults.append(str(whole.error_log[0]))
        if subset.validate(made) != valid:
            apart.append(str((subset.error_log or whole.error_log)[0]))

    check()
    found = {
        "schema": options.xsd.name,
        "schema_sha256": hashlib.sha256(options.xsd.read_bytes()).hexdigest(),
        "documents": options.documents,
        "pages": pages,
        "faults": faults[:10],
        "apart_from_our_subset": apart[:10],
    }
    harness.write(options.json, found)
    print(harness.as_text(found))


if __name__ == "__main__":
    main()
