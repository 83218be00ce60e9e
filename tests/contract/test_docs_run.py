"""The documentation, carried out: every fenced block of README and docs runs, loads or parses, in order, page by page.

A page has a folder of its own and one Python namespace. Its blocks are what they say they are:

    console, sh     every command (of a console: behind `$ `; its other lines are what is printed) is run, with few
                    patients or cells; `# ends with exit code 2` says of one that it is refused
    python          is run; with title="FILE" it is written there instead
    toml            with title="FILE" is written there and loaded as what the folder says (a scenario elsewhere); else
                    a comment above it says what it is: <!-- part of a protocol file -->
    text            what the block above it prints, numbers and verdicts aside, `...` for what is left out;
                    or <!-- a drawing -->
    csv             with title="FILE" is written there; json, ini, csv are parsed

A block that cannot run says why: <!-- not run: needs a network -->. CONTRIBUTING.md is carried out by test_guides.
"""

from __future__ import annotations

import configparser
import contextlib
import csv
import io
import json
import re
import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import livingdrug
from emulator.studies import study
from livingdrug import library, sbml
from livingdrug.cli import main
from livingdrug.published.entry import published
from livingdrug.report import html
from livingdrug.scenario import resolve
from livingdrug.spec.json_schema import FILES
from livingdrug.spec.typed import read
from livingdrug.trial.run import check_arm

ROOT = Path(__file__).resolve().parents[2]
FEW, FEWER = 70, 20  # patients; 50 must be infused for a comparison, of which a page may show what is printed
SMALL = ["--set", "cell.tumour_radius=60", "--set", "kinetics.side=300"]  # a tumour of few cells
KINDS = {"console", "sh", "python", "toml", "json", "ini", "csv", "text"}
REASONS = {"needs a network", "it serves until it is stopped", "installs software", "needs another program"}
PAGES = [
    "README.md",
    *sorted(str(p.relative_to(ROOT)) for folder in ("docs", "benchmarks") for p in (ROOT / folder).rglob("*.md")),
]
FENCE = re.compile(
    r'(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<kind>\w*)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$',
    re.M | re.S,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, what it is, the comment above it."""

    place: str
    kind: str
    title: str
    mark: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The lines to type."""
        lines = self.text.splitlines()
        if self.kind == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        return [line for line in lines if line.strip() and not line.startswith("#")]

    @property
    def printed(self) -> list[str]:
        """The lines of a console that are not typed."""
        return [line for line in self.text.splitlines() if self.kind == "console" and not line.startswith("$ ")]


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [(f"{page}:{text.count(chr(10), 0, m.start()) + 1}", m.groupdict("")) for m in FENCE.finditer(text)]
    return [Block(place, m["kind"], m["title"], m["mark"], m["text"]) for place, m in found]


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(blocks(page)), "a fence that does not begin a line, or is left open"
    prose = FENCE.sub("", text)
    assert not re.search(r"\n\n    \S", prose), "indented code is not run: put it between fences"
    for block in blocks(page):
        assert block.kind in KINDS, f"{block.place}: {block.kind!r}"
        reason = block.mark.partition("not run: ")[2]
        assert not reason or reason in REASONS, f"{block.place}: '{reason}' is no reason; allowed: {sorted(REASONS)}"


LONG = {
    *("docs/guides/what_if.md", "docs/guides/closer.md"),
    *("docs/statistics.md", "docs/models.md", "docs/cohort.md", "docs/solid.md", "docs/autoimmune.md"),
    *("docs/agents.md", "docs/donor.md"),
}


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=pytest.mark.thorough) if p in LONG else p for p in PAGES if blocks(p)],
)
def test_a_page_can_be_followed(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIVINGDRUG_TRIALS", str(tmp_path / "trials.sqlite"))
    monkeypatch.setenv(library.ENV, "")
    monkeypatch.setattr(html, "write", written_once(html.write))
    shows = any(b.printed or b.kind == "text" and b.mark != "a drawing" for b in blocks(page))
    few = FEW if shows else FEWER
    given(tmp_path, "\n".join(b.text for b in blocks(page)), few)
    namespace: dict[str, Any] = {"__name__": "page"}
    printed = ""
    for block in blocks(page):
        if block.mark.startswith("not run: "):
            printed = ""
            continue
        try:
            printed = follow(block, namespace, printed, tmp_path, few)
        except Exception as problem:
            raise AssertionError(f"{block.place}: {type(problem).__name__}: {problem}") from problem


def follow(block: Block, namespace: dict[str, Any], printed: str, folder: Path, few: int) -> str:
    """Carry out one block, with so few patients; what it prints."""
    if block.kind == "text":
        if block.mark != "a drawing":
            assert printed, "a text that follows nothing that prints: <!-- a drawing --> says that it is one"
            compare(block.text, printed)
        return printed
    text = re.sub(r"(\bpatients\s*=\s*)[\d_]+", rf"\g<1>{few}", block.text)
    if block.title:
        (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
        (folder / block.title).write_text(text, encoding="utf-8")
    if block.kind in ("console", "sh"):
        assert block.commands, "nothing to type: a command of a console begins with '$ '"
        printed = "".join(typed(command, block.place, few) for command in block.commands)
        compare("\n".join(block.printed), printed)
        return printed
    if block.kind == "python" and not block.title:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(text, block.place, "exec"), namespace)  # noqa: S102
        return out.getvalue()
    if block.kind == "toml":
        loaded(text, block, folder)
    elif block.kind == "json":
        json.loads(text)
    elif block.kind == "csv":
        assert len({len(row) for row in csv.reader(text.splitlines())}) == 1, "rows of unequal length"
    elif block.kind == "ini":
        configparser.ConfigParser(interpolation=None).read_string(text)
    return ""


def typed(line: str, place: str, few: int) -> str:
    """Run one command as it is typed, in this process, with so few patients; what it prints, errors too."""
    wanted = re.search(r"# ends with exit code (\d)", line)
    words = shlex.split(line, comments=True)
    into = None
    if ">" in words:
        into, words = words[words.index(">") + 1], words[: words.index(">")]
    assert words[0] == "livingdrug", f"{place}: the test knows no command '{words[0]}'"
    out, before = io.StringIO(), signal.getsignal(signal.SIGTERM)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(sys.stderr if into else out):
            main(with_few(words[1:], few))
    except SystemExit as left:
        code = left.code or 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert code == (int(wanted[1]) if wanted else 0), f"{line}\nends with exit code {code}\n{out.getvalue()[-2000:]}"
    if into:
        Path(into).write_text(out.getvalue(), encoding="utf-8")
    return out.getvalue()


def with_few(words: list[str], few: int) -> list[str]:
    """A command with few patients, where it says how many or `run` leaves it to the trial; or with few cells."""
    if "--patients" in words:
        i = words.index("--patients") + 1
        return [*words[:i], str(few), *words[i + 1 :]]
    if words[:2] == ["agents", "run"] and "--set" not in words:
        return [*words, *SMALL]
    return [*words, "--patients", str(few)] if words[0] == "run" else words


DRAWN: list[Path] = []


def written_once(write: Any) -> Any:
    """The writer of reports, which writes the first one only: it takes longer than all else together."""

    def writer(result: Any, folder: Path) -> Path:
        if not DRAWN:
            DRAWN.append(write(result, folder))
        return DRAWN[0]

    return writer


def given(folder: Path, text: str, few: int) -> None:
    """What a reader brings along, where the page names it: the checkout's examples, an SBML file, a mirror."""
    if "examples/" in text:
        for file in (ROOT / "examples").glob("*.toml"):
            smaller = re.sub(r"(patients\s*=\s*)\d+", rf"\g<1>{few}", file.read_text(encoding="utf-8"))
            (folder / "examples").mkdir(exist_ok=True)
            (folder / "examples" / file.name).write_text(smaller, encoding="utf-8")
    if "model.xml" in text:
        model = published("stein_2019")
        (folder / "model.xml").write_text(sbml.write(model.model, model.values), encoding="utf-8")
    if "settings.txt" in text:
        (folder / "settings.txt").write_text("start: 0\nduration: 5\nsteps: 10\nvariables: therapy__growing\n")
    if "livingdrug trials" in text or "registry.mirror" in text:
        records = [study(number, status="RECRUITING") for number in (2435849, 2445248, *range(1, 30))]
        (folder / "records.json").write_text(json.dumps(records), encoding="utf-8")
        typed("livingdrug trials import records.json", "the mirror", few)


def loaded(text: str, block: Block, folder: Path) -> None:
    """Load a file as what it is: a scenario is laid out, with every arm, as far as it goes without compiling."""
    part = re.fullmatch(r"part of an? (\w+) file", block.mark)
    own = re.match(r"library/(\w+)s/", block.title)
    kind = part[1] if part else own[1] if own else "scenario"
    assert part or block.title, 'say what it is: title="FILE", or <!-- part of a KIND file -->'
    if kind in ("mechanism", "drug", "scale", "wrong_truths", "naive_transfer"):
        file = folder / (block.title or f"{kind}.toml")
        file.write_text(text, encoding="utf-8")
        read(FILES[kind], library.read(file).table)
        return
    scenario = folder / (block.title if not own and block.title else "part.toml")
    if own and kind != "trial":
        scenario.write_text(f'trial = "eliana"\n{kind} = "{block.title}"\n', encoding="utf-8")
    elif own:
        scenario = folder / block.title
    elif kind in ("product", "population", "protocol", "tumour"):
        (folder / "laid.toml").write_text(f'like = "{resolve("eliana").names[kind]}"\n{text}', encoding="utf-8")
        scenario.write_text(f'trial = "eliana"\n{kind} = "laid.toml"\n', encoding="utf-8")
    elif part:
        scenario.write_text(f'trial = "eliana"\n{text}', encoding="utf-8")
    trial = livingdrug.Trial(scenario)
    for arm in trial.resolved.arms:
        check_arm(arm, trial.design(arm))


def compare(shown: str, printed: str) -> None:
    """Every line that is shown was printed, in this order; numbers, blanks and verdicts may be others."""
    rest = iter(printed.splitlines())
    for line in shown.splitlines():
        if line.strip() not in ("", "..."):
            assert any(re.search(shape(line), x) for x in rest), f"not printed: {line}\nprinted:\n{printed[:3000]}"


def shape(line: str) -> str:
    """A line as a pattern."""
    number = r"[-+]?[\d,]*\d(?:\.\d+)?(?:e[-+]?\d+)?"
    parts = re.split(rf"(\.\.\.|\b(?:in|out)side\b|(?<!\w){number}|\s+)", line.strip())
    turned = {"...": ".*", "inside": r"(?:in|out)side", "outside": r"(?:in|out)side"}
    return "".join(
        turned.get(x, rf"(?:{number}|-)" if re.fullmatch(number, x) else r"\s+" if x.isspace() else re.escape(x))
        for x in parts
    )


def test_the_shape_of_an_output_holds_its_words() -> None:
    compare("CR  %  86.1 (77.2 to 92.4)  inside\n...\nend", "CR   %   80 (1e+3 to 9)   outside\nmore\nthe end")
    with pytest.raises(AssertionError, match="not printed: CR"):
        compare("CR  %  86.1", "CRi  %  86.1")
    with pytest.raises(AssertionError, match="not printed: first"):
        compare("second\nfirst", "first\nsecond")
