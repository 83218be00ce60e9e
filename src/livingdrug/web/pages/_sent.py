"""What a form of a page sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from livingdrug.web.pages._asked import only
from livingdrug.web.refused import Refused

MOST_FIELDS = 1000


async def fields(request: Request) -> Mapping[str, str]:
    """The fields of a form that was sent."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, strict_parsing=False)
    except ValueError:  # not UTF-8, or too many fields
        raise Refused(422, "the form cannot be read", mend="open the page again and send its own form") from None
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise Refused(422, f"{name[:60]}: sent {count} times, but it takes one value", where="the form")
    return dict(pairs)


async def only_pressed(request: Request) -> None:
    """Refuses (422) whatever is sent with a button that takes no fields."""
    only(request.query_params)
    if sent := await fields(request):
        name = next(iter(sent))
        raise Refused(422, f"'{name[:60]}' is no field of this button", where="the form", allowed="none")
