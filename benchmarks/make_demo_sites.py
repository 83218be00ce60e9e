"""Makes library/registry/demo_sites.tsv: in which towns the demonstration set's trials have sites, as of one day.

    python benchmarks/make_demo_sites.py SITES.csv.gz DAY

The table is one day's extract of ClinicalTrials.gov with the columns NCTId, City, Country, SiteStatus, Latitude,
Longitude, one row a site. Kept are towns with the registry's coordinates to two decimals (1 km) where it gives
them, as often as a trial has sites there, and the status of a site where one is stated; no name of a hospital or
person.
"""

from __future__ import annotations

import csv
import gzip
import sys

from livingdrug.registry.reports.demo import SITE_STATUS, facts, sites_file


def main(table: str, day: str) -> None:
    letters = {status: letter for letter, status in SITE_STATUS.items()}
    with gzip.open(table, "rt", encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    towns: dict[tuple[str, str, str, str], int] = {}
    sites: dict[str, list[str]] = {row["number"]: [] for row in facts()[1]}
    for row in rows:
        if row["NCTId"] in sites and row["City"]:
            point = [f"{float(row[name]):.2f}" if row[name] else "" for name in ("Latitude", "Longitude")]
            number = towns.setdefault((row["City"], row["Country"], point[0], point[1]), len(towns) + 1)
            sites[row["NCTId"]].append(f"{number}{letters.get(row['SiteStatus'], '')}")
    target = sites_file()
    with open(str(target), "w", encoding="utf-8", newline="") as made:
        made.write(
            f"# Towns of sites in ClinicalTrials.gov, data of {day}: number, town, country, latitude, longitude\n"
        )
        made.writelines(f"{n}\t" + "\t".join(town) + "\n" for town, n in towns.items())
        made.write("# Trials: number, its towns with the status of the site\n")
        made.writelines(f"{trial}\t{' '.join(places)}\n" for trial, places in sites.items() if places)
    print(f"{len(towns):,} towns, {sum(map(len, sites.values())):,} sites -> {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
