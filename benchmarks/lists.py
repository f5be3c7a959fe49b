"""What printing a list costs: a thousand lines by the platform and by WeasyPrint, in the same run.

    python -m benchmarks.lists [--lines 1000] [--runs 3] [--without-peer]

CPU seconds in a process of its own for each, the loading of fonts included, so that nothing is warm for one and cold
for the other. Lines are those of the sample lists, repeated. The peer sets the same cells in the
same columns in HTML; it needs Pango and a Chinese font of the machine.
"""

from __future__ import annotations

import argparse
import csv
import html
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from marketplace.issues import content as contents
from marketplace.issues.columns import COLUMNS, headers_of

ROOT = Path(__file__).resolve().parent.parent
# What the platform may take; see features O2 and decision 090.
MOST_SECONDS = 2.0
LEAST_RATIO = 10.0


def sample_content(lines: int) -> contents.Content:
    """A list of demands as long as wanted, of the rows of the sample list."""
    with (ROOT / "demo" / "demands.csv").open(encoding="utf-8", newline="") as file:
        sample = list(csv.reader(file))
    header, rows = sample[0], sample[1:]
    names = {name.split("(")[0].rstrip("*"): place for place, name in enumerate(header)}
    table = []
    for number in range(lines):
        row = rows[number % len(rows)]
        cells = []
        for column in COLUMNS["demand"]:
            place = names.get(column.header.split("（")[0])
            text = "" if place is None else row[place]
            cells.append(text[: column.most])
        cells[0] = f"{cells[0]} {number + 1}"
        cells[-1] = f"需求{number + 1}"
        table.append(tuple(cells))
    return contents.Content(
        kind="demand",
        title="聊城科技大市场需求清单 第 1 期",
        holder="聊城科技大市场",
        number=1,
        since="2026-01-01",
        until="2026-06-30",
        narrowed="",
        published_on="2026-07-01",
        address="https://market.example/lists/1",
        contact="聊城科技大市场对接台",
        columns=headers_of("demand"),
        rows=tuple(table),
    )


def print_ours(source: Path, target: Path) -> None:
    """By the platform."""
    from marketplace.issues.printing import render_pdf

    target.write_bytes(render_pdf(contents.read_content(source.read_bytes())))


def print_workbook(source: Path, target: Path) -> None:
    """The workbook, by the platform."""
    from marketplace.issues.workbooks import render_workbook

    target.write_bytes(render_workbook(contents.read_content(source.read_bytes())))


def print_peer(source: Path, target: Path) -> None:
    """By WeasyPrint: the same columns, the header on each page, and the number of pages."""
    import weasyprint

    from marketplace.issues.printing import _print_cells, _print_headers, _widths

    content = contents.read_content(source.read_bytes())
    widths = "".join(f'<col style="width:{width or 90}mm">' for width in _widths("demand"))  # fmt: skip
    head = "".join(f"<th>{name}</th>" for name in _print_headers("demand"))
    body = []
    for number, row in enumerate(content.rows, 1):
        cells = []
        for cell in _print_cells(content, row):
            pieces = [f"<p>{html.escape(': '.join(piece))}</p>" for piece in cell]
            cells.append(f"<td>{''.join(pieces)}</td>")
        body.append(f"<tr><td>{number}</td>{''.join(cells)}</tr>")
    page = f"""<html lang="zh-CN"><style>
@page {{ size: A4 landscape; margin: 11mm; @bottom-center {{
content: "第 " counter(page) " 页 / 共 " counter(pages) " 页"; font-size: 8pt }} }}
body {{ font: 8pt "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Micro Hei" }} p {{ margin: 0 }}
table {{ border-collapse: collapse; table-layout: fixed; width: 100% }}
td, th {{ border: 0.4pt solid #888; vertical-align: top; overflow-wrap: anywhere }}</style>
<h1>{content.title}</h1><table><colgroup><col style="width:9mm">{widths}</colgroup>
<thead><tr><th>序号</th>{head}</tr></thead>{"".join(body)}</table></html>"""
    weasyprint.HTML(string=page).write_pdf(target, pdf_variant="pdf/a-2u")


PRINTERS = {"ours": print_ours, "workbook": print_workbook, "weasyprint": print_peer}


def measure_once(name: str, source: Path, target: Path) -> tuple[float, int]:
    """Print once in a process of its own, whose modules are loaded and whose fonts are not.

    Returns:
        CPU seconds, most memory in MB.
    """
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-c", CHILD, name, str(source), str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


CHILD = """
import json, resource, sys, time
from pathlib import Path
import marketplace.issues.printing
from benchmarks import lists
name, source, target = sys.argv[1:]
if name == "weasyprint":
    import weasyprint
began = time.process_time()
lists.PRINTERS[name](Path(source), Path(target))
seconds = time.process_time() - began
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""


def main() -> None:
    """Print the table, and end with 1 where a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--without-peer", action="store_true")
    chosen = parser.parse_args()
    names = ["ours", "workbook"] if chosen.without_peer else list(PRINTERS)
    best: dict[str, tuple[float, int]] = {}
    with TemporaryDirectory() as folder:
        source = Path(folder) / "content.json"
        source.write_bytes(sample_content(chosen.lines).as_bytes())
        # In turns, so that a busy moment of the machine meets all of them.
        for _ in range(chosen.runs):
            for name in names:
                target = Path(folder) / name
                found = measure_once(name, source, target)
                best[name] = min(best.get(name, found), found)
        for name in names:
            cpu, memory = best[name]
            size = (Path(folder) / name).stat().st_size
            line = {"cpu": round(cpu, 2), "MB": memory}
            print(f"{name:12} {json.dumps(line)} {size / 2**20:.1f} MB on disk")
    ours = best["ours"][0]
    is_met = ours <= MOST_SECONDS
    print(
        f"{chosen.lines} lines: {ours:.2f} s of CPU, at most {MOST_SECONDS}: {is_met}"
    )
    if "weasyprint" in best:
        ratio = best["weasyprint"][0] / ours
        is_met = is_met and ratio >= LEAST_RATIO
        print(f"WeasyPrint / ours: {ratio:.1f}, at least {LEAST_RATIO}")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
