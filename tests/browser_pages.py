"""The pages that the browser tests look at: each part of the site has its own list."""

import pytest

FIRST = [
    "/",
    "/gallery",
    "/api",
]

EXPLAINED = [
    "/explained",
    "/explained/car-t",
    "/explained/release-and-neurotoxicity",
    "/explained/making",
    "/explained/solid-tumours",
    "/explained/donor-and-in-body",
    "/explained/reading-a-trial",
]

TRIALS: list[str] = [
    "/trials",
    "/trials?q=lymphoma&status=RECRUITING",
    "/trials?q=nothing-of-that-name",
    "/trials/NCT00085930",
    "/trials/NCT00085930?age=12&sex=female&lines=2&had=no&near=Philadelphia",
    "/trials/for-me",
    "/trials/for-me?age=40&near=Munich",
    "/trials/overview",
    "/trials/map",
    "/trials/changes",
    "/trials/compare?ids=NCT00085930,NCT05106907",
    "/trials/portfolio",
]

VIRTUAL = [
    "/virtual",
    "/virtual/new?trial=eliana",
    "/virtual/new?trial=eliana&view=text",
    "/virtual/new?draft=NCT00019136",
]

EVIDENCE = [
    "/evidence",
    "/evidence/scoreboard",
    "/evidence/scoreboard/transcend-nhl-001",
    "/evidence/limits",
    "/evidence/parameters",
    "/evidence/parameters?q=kill",
    "/evidence/parameters/tumour.kill",
    "/evidence/equations",
    "/evidence/equations/leukaemia",
    "/evidence/equations/stein_2019",
    "/evidence/approvals",
    "/evidence/methods",
    "/evidence/data",
    "/evidence/checks",
    "/evidence/checks?state=reported&page=solid-tumours",
    "/evidence/about",
    "/evidence/cite",
]


PAGES = [*FIRST, *EXPLAINED, *TRIALS, *VIRTUAL, *EVIDENCE]

ONE_OF_EACH_KIND = {
    "/",
    "/api",
    "/explained/car-t",
    "/explained/making",
    "/trials",
    "/trials/NCT00085930",
    "/trials/map",
    "/trials/overview",
    "/virtual/new?trial=eliana",
    "/evidence/scoreboard",
    "/evidence/parameters",
    "/evidence/equations/leukaemia",
}
LOOKED_AT = [p if p in ONE_OF_EACH_KIND else pytest.param(p, marks=pytest.mark.thorough) for p in PAGES]
"""All pages; those that are built like another one are only looked at when the tests are thorough."""
