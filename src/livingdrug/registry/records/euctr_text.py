"""EU Clinical Trials Register: its text download of full protocols, made into records by question number.

A file holds one protocol after another, each begun by a line `Summary`. A question stands in one line as
`E.3 Principal inclusion criteria: ...`; what follows up to the next question goes on with its answer. Sponsors and
products are repeated groups (`Sponsor 1`, `D.IMP: 1`), so are the substances of a product. The keys are those that
other readers of the register give its questions (`a2_eudract_number`), so that both forms are read by `euctr`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from livingdrug.registry.records.study import Record

_FULL = re.compile(r"^A\.2 EudraCT number:", re.MULTILINE)
_BEGINS = re.compile(r"^Summary\s*\n(?=EudraCT Number:)", re.MULTILINE)
_LINK = re.compile(r"/trial/(\d{4}-\d{6}-\d{2})/(\w\w|3rd)\b", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?P<letter>[A-H])\.(?:IMP\b|\d{1,2}(?:\.\d{1,2})*[ \t])"
    r"|(?P<late>[NP])\. (?=Date of|Competent|Ethics|End of Trial)"
)
_HEADING = re.compile(
    r"(?:A\. Protocol Information|B\. Sponsor Information|C\. Applicant Identification|D\. IMP Identification"
    r"|E\. General Information on the Trial|F\. Population of Trial Subjects|G\. Investigator Networks.*"
    r"|N\. Review by the Competent Authority.*|P\. End of Trial|MedDRA Classification)[ \t]*$"
)
_SUMMARY = {
    "Clinical Trial Type": "x4_clinical_trial_type",
    "Trial Status": "x5_trial_status",
    "Date on which this record was first entered in the EudraCT database":
        "x6_date_on_which_this_record_was_first_entered_in_the_eudract_database",
}  # fmt: skip
"""Lines of the summary that no question repeats"""

_GROUPS = ("b1_sponsor", "dimp")
"""Groups of answers that a protocol may hold several of: sponsors, products"""


def is_full_text(text: str) -> bool:
    """Whether a text is such a download; the short one of a list of trials has no question A.2."""
    return bool(_FULL.search(text))


def protocols(text: str) -> Iterator[Record]:
    """The protocols of a download, one a country."""
    text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    begins = [m.start() for m in _BEGINS.finditer(text)] or [0]
    for begin, end in zip(begins, [*begins[1:], len(text)], strict=True):
        yield _protocol(text[begin:end])


def _protocol(text: str) -> Record:
    record: Record = {"ctrname": "EUCTR"}
    summary, _, questions = text.partition("\nA. Protocol Information")
    for line in summary.split("\n"):
        name, _, answer = line.partition(":")
        if name in _SUMMARY:
            record[_SUMMARY[name]] = answer.strip()
        if link := _LINK.search(line):
            record["_id"] = f"{link[1]}-{link[2].upper()}"
    for key, answer in _answers(questions):
        if key in _GROUPS:
            record.setdefault(key, []).append({f"_{key}": answer})
        elif answer:
            _holder(record, key).setdefault(key, answer)
    return record


def _holder(record: Record, key: str) -> Record:
    """Where an answer belongs: to the protocol, a sponsor, a product, or a substance of a product."""
    if key.startswith("b") and record.get("b1_sponsor"):
        return record["b1_sponsor"][-1]
    if not (record.get("dimp") and re.match(r"d[1-7]", key)):
        return record
    product = record["dimp"][-1]
    if not re.match(r"d3(?:8|9\d?|10\d?)_", key):
        return product
    substances = product.setdefault("d38_imp_identification_details", [])
    if not substances or (key.startswith("d38_") and key in substances[-1]):
        substances.append({})
    return substances[-1]


def _answers(text: str) -> Iterator[tuple[str, str]]:
    """(key, answer) of every question; an answer may run over lines."""
    key, lines, at = "", [""], ""
    for line in text.split("\n"):
        begun = _begun(line, at)
        if begun is None:
            lines.append(line)
            continue
        if key:
            yield key, "\n".join(lines).strip()
        key, answer, at = begun
        lines = [answer]
    if key:
        yield key, "\n".join(lines).strip()


def _begun(line: str, at: str) -> tuple[str, str, str] | None:
    """(key, first line of the answer, letter) of a line that begins a question or a part; None for one that goes on.

    A letter that comes before the present one begins nothing: criteria speak of vitamin B.12 too.
    """
    if _HEADING.match(line):
        return "", "", line[0] if line[1] == "." else at
    if sponsor := re.fullmatch(r"Sponsor (\d+)[ \t]*", line):
        return "b1_sponsor", sponsor[1], "B"
    found = _QUESTION.match(line)
    letter = found and (found["letter"] or found["late"])
    if not letter or letter < at:
        return None
    question, _, answer = line.partition(": ") if ": " in line else (line.rstrip(" \t:"), "", "")
    return re.sub(r"[^a-z0-9_]", "", re.sub(r"\s", "_", question.lower())), answer.strip(), letter
