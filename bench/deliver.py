"""Delivering, checking and showing at size: 1,000,000 findings, 100,000 commitments, 10,000,000 postings of the ledger.

Fills the demonstration's database with rows of the shapes that the program writes, starts the server, and asks for the
lists and boards as an officer does. Prints a table; asserts nothing.
"""

import datetime
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import urllib.parse

from served import Client, command, p95, served

FINDINGS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
COMMITMENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
POSTINGS = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000_000
COUNTY = "330424"
TODAY = datetime.date.today()


def uid(kind, n):
    """An id that sorts by its number, of the form of version 7."""
    return (0x019000000000 + kind).to_bytes(6, "big") + b"\x70\x00" + b"\x80\x00" + n.to_bytes(6, "big")


def fill(path, table, columns, rows):
    connection = sqlite3.connect(path)
    connection.execute("pragma synchronous = off")
    marks = ",".join("?" * len(columns))
    names = ",".join(f'"{c}"' for c in columns)
    start = time.time()
    with connection:
        connection.executemany(f'insert into "{table}" ({names}) values ({marks})', rows)
    connection.close()
    print(f"  filled {table} in {time.time() - start:.0f} s", file=sys.stderr)


def sample(path, table, where="1 = 1"):
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    row = connection.execute(f'select * from "{table}" where {where} limit 1').fetchone()
    connection.close()
    return list(row.keys()), dict(row)


def findings(path):
    columns, one = sample(path, "finding")
    towns = [f"330424{n}" for n in (100, 101, 102, 103, 104)]

    def row(n):
        state = "open" if n % 50 == 0 else "fixed" if n % 251 == 0 else "verified"
        due = (TODAY + datetime.timedelta(days=n % 400 - 380)).isoformat()
        values = dict(one, id=uid(1, n), state=state, due=due, severity=1 + n % 3, town=towns[n % 5])
        values.update(about_id=f"p{n % 40_000}", about_name=f"worksite {n % 40_000}", review_id=None, next_level=None, level=0)
        return tuple(values[c] for c in columns)

    fill(path, "finding", columns, (row(n) for n in range(FINDINGS)))


def commitments(path):
    columns, one = sample(path, "commitment", "county = '330424' and person_id is null")
    connection = sqlite3.connect(path)
    root = connection.execute("select id from commitment where county = '330000'").fetchone()[0]
    connection.close()

    def row(n):
        county = f"33{1 + n % 9:02}{1 + n % 11:02}" if n % 20 else COUNTY
        values = dict(one, id=uid(2, n), county=county, region=county, unit_id=None, no=str(n % 300), title=f"task {n}")
        values.update(parent_county="330000" if n % 100 == 0 else None, parent_id=root if n % 100 == 0 else None)
        values.update(value=1_000 * (1 + n % 900), actual=1_000 * (n % 700), indicator="", state="open")
        return tuple(values[c] for c in columns)

    fill(path, "commitment", columns, (row(n) for n in range(COMMITMENTS)))


def ledger(path):
    connection = sqlite3.connect(path)
    holders = dict(connection.execute("select kind, id from holder").fetchall())
    connection.close()
    columns, one = sample(path, "entry", "act = 'give'")
    entries = POSTINGS // 2
    days = [(TODAY - datetime.timedelta(days=n)).isoformat() for n in range(700)]

    def entry(n):
        values = dict(one, id=uid(3, n), day=days[n % 700], party_id=None, act="receive" if n % 2 == 0 else "give")
        return tuple(values[c] for c in columns)

    def postings():
        for n in range(entries):
            way = ("source", "stock") if n % 2 == 0 else ("stock", "given")
            yield (COUNTY, uid(3, n), 1, holders[way[0]], "COAT", "", -1_000)
            yield (COUNTY, uid(3, n), 2, holders[way[1]], "COAT", "", 1_000)

    fill(path, "entry", columns, (entry(n) for n in range(entries)))
    fill(path, "posting", ["county", "entry_id", "line", "holder_id", "item", "batch", "amount"], postings())
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("delete from balance where county = ?", (COUNTY,))
        connection.execute(
            "insert into balance select county, holder_id, item, batch, sum(amount) from posting where county = ? group by 1, 2, 3, 4",
            (COUNTY,),
        )
    connection.close()


def main():
    data = tempfile.mkdtemp(prefix="zhida-deliver-", dir=os.environ.get("ZHIDA_BENCH_DIR"))
    server = None
    try:
        command(data, "demo", "load")
        path = os.path.join(data, "zhida.sqlite")
        findings(path)
        commitments(path)
        ledger(path)
        connection = sqlite3.connect(path)
        connection.execute("analyze")
        connection.close()
        size = os.path.getsize(path) / 2**30
        print(f"| rows | {FINDINGS:,} findings, {COMMITMENTS:,} commitments, {POSTINGS:,} postings; {size:.1f} GiB | |")
        seconds, done = command(data, "ledger", "verify")
        print(f"| every balance recomputed | – | {seconds:.1f} s ({done.stdout.strip()}) |")
        seconds, _ = command(data, "report", "commitments-monthly", "--region", "33", "--xlsx", os.path.join(data, "m.xlsx"))
        print(f"| a province's monthly sheet, first count of all indicators with it | – | {seconds:.1f} s |")
        seconds, _ = command(data, "report", "commitments-monthly", "--region", "33", "--xlsx", os.path.join(data, "m.xlsx"), "--pdf", os.path.join(data, "m.pdf"))
        print(f"| the same again as .xlsx and PDF | 5 s | {seconds:.1f} s |")
        seconds, _ = command(data, "report", "commitments-monthly", "--pdf", os.path.join(data, "m.pdf"))
        print(f"| a county's monthly sheet as PDF | 5 s | {seconds:.1f} s |")
        server, base = served(data, 8097)
        officer, province = Client(base, "supervisor"), Client(base, "province")
        time.sleep(20)
        for client, name, paths in [
            (officer, "county", ["/findings", "/findings?severity=grave&late=yes", "/findings?whose=mine", "/findings/board", "/commitments", "/commitments?view=gantt", "/commitments?light=red&whose=unit", "/supplies", "/supplies/entries", "/board", "/"]),
            (province, "province", ["/commitments", "/commitments?light=red&whose=unit", "/board"]),
        ]:
            for page in paths:
                print(f"| {name} {page}, p95 of 40 | 50 ms | {p95(client, page):.0f} ms |")
        # An act, and how long until what it changes is counted.
        seen = "select max(seq) from measure where county = ? and indicator = ''"
        page = officer.opener.open(base + "/places/new").read().decode()
        token = re.search(r'name="csrf" value="([^"]+)"', page).group(1)
        form = {"csrf": token, "kind": "worksite", "name": "bench", "town": "", "open": "yes"}
        before = sqlite3.connect(path).execute(seen, (COUNTY,)).fetchone()[0]
        start = time.time()
        officer.opener.open(base + "/places", urllib.parse.urlencode(form).encode()).read()
        while sqlite3.connect(path).execute(seen, (COUNTY,)).fetchone()[0] == before and time.time() - start < 300:
            time.sleep(0.5)
        print(f"| an act, until every indicator has counted it | 60 s | {time.time() - start:.0f} s |")
        rss = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{server.pid}/status").read()).group(1)) / 1024
        print(f"| the server's memory | – | {rss:.0f} MB |")
    finally:
        if server:
            server.terminate()
            server.wait()
        shutil.rmtree(data, ignore_errors=True)


main()
