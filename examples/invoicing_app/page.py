"""The overview as one HTML page without scripts."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Invoices</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }}
  table {{ border-collapse: collapse; width: 100% }}
  th, td {{ text-align: left; vertical-align: top; padding: .5rem .75rem; border-bottom: 1px solid #ddd }}
  td.sum {{ text-align: right; white-space: nowrap }}
  summary {{ cursor: pointer }}
  pre {{ margin: .5rem 0 0; white-space: pre-wrap; font-size: 13px }}
</style>
<h1>Invoices</h1>
<table>
  <thead><tr><th>Invoice<th>Customer<th>Due<th>Open<th>Status<th>Done so far<th>Next</tr></thead>
  <tbody>
{rows}
  </tbody>
</table>
"""

ROW = """    <tr><td>{number}<td>{customer}<td>{due}<td class="sum">{open}<td>{status}<td>{done}
      <td><details><summary>{next}</summary><pre>{why}</pre></details></tr>"""


def overview(invoices: Iterable[Mapping[str, Any]]) -> str:
    """One row per invoice; what comes next opens to the reasons."""
    return PAGE.format(rows="\n".join(map(_row, invoices)))


def _row(invoice: Mapping[str, Any]) -> str:
    texts = {name: escape(str(value)) for name, value in invoice.items()}
    done = "<br>".join(map(escape, invoice["done"]))
    why = escape("\n".join(invoice["why"]))
    return ROW.format_map({**texts, "done": done, "why": why, "next": texts["next"] or "nothing by time alone"})
