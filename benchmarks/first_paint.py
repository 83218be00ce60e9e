"""How soon a reader sees something: first contentful paint of a page, each time in a window without a cache.

    python benchmarks/first_paint.py ADDRESS [PAGE ...]

ADDRESS is that of a running `livingdrug serve`. The bar on loopback is 250 ms.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics

TIMES = 9
PAINT = """new Promise(done => new PerformanceObserver(list => {
  const found = list.getEntriesByName("first-contentful-paint")[0];
  if (found) done(found.startTime);
}).observe({type: "paint", buffered: true}))"""


def main() -> None:
    """Looks at each page nine times, and prints."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("pages", nargs="*", default=["/"])
    given = parser.parse_args()
    found = os.environ.get("LIVINGDRUG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for address in given.pages:
            paints = []
            for _ in range(TIMES):
                page = browser.new_context(base_url=given.address).new_page()
                page.goto(address)
                paints.append(page.evaluate(PAINT))
                page.context.close()
            print(
                f"{address}: first paint {statistics.median(paints):.0f} ms (median of {TIMES}; {min(paints):.0f} best)"
            )
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
