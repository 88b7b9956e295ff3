"""Measures at size: a county's firms against hundreds of clauses, each with a condition and a formula, as officers and firms
meet them on the pages.

    script/bench measures [FIRMS CLAUSES]

Clauses are made by a seed in the shapes of the pack's own: two to four conditions over the enterprise profile and an amount.
Prints a table; asserts nothing."""

import csv
import os
import random
import re
import shutil
import sys
import tempfile
import time

from served import Client, command, p95, served

FIRMS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
CLAUSES = int(sys.argv[2]) if len(sys.argv) > 2 else 500
PACK = os.path.join(os.path.dirname(__file__), "..", "packs", "policy")
DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(n):
    """A unified social credit code of a region that was never in use, with both check characters (GB 32100, GB 11714)."""
    eight = f"{n:08d}"
    check = 11 - sum(w * int(c) for w, c in zip([3, 7, 9, 10, 5, 8, 4, 2], eight)) % 11
    code = f"91330499{eight}" + {10: "X", 11: "0"}.get(check, str(check))
    rest = sum(DIGITS.index(c) * pow(3, i, 31) for i, c in enumerate(code)) % 31
    return code + DIGITS[(31 - rest) % 31]


def firms(path, rng):
    heads = ["企业名称", "统一社会信用代码", "镇（街道）", "行业", "从业人数", "成立日期", "规模", "营业收入（万元）", "增幅"]
    heads += ["研发费用占比", "高新技术企业", "上年出口额", "境外参展次数", "新招困难人员", "设备投资", "严重失信"]
    towns = ["武原街道", "西塘桥街道", "秦山街道", "望海街道", "沈荡镇", "百步镇", "于城镇", "澉浦镇", "通元镇"]
    trades = ["制造业", "批发", "建筑业", "物流", "餐饮", "软件", "农业", "服务业"]

    def blank(share, value):
        return "" if rng.random() < share else value

    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(heads)
        for n in range(FIRMS):
            row = [f"量测企业{n}", credit_code(n), rng.choice(towns), rng.choice(trades), rng.randrange(3, 900)]
            row += [f"{rng.randrange(1990, 2026)}-{rng.randrange(1, 13):02}-11", rng.choice(["微型", "小型", "中型", "大型"])]
            row += [blank(0.08, rng.randrange(50, 60_000)), blank(0.1, round(rng.uniform(-20, 40), 1))]
            row += [blank(0.2, round(rng.uniform(0, 9), 1)), rng.choice(["是", "否", "否", "否"])]
            row += [blank(0.1, rng.choice([0, 0, 0, 120, 900])), blank(0.1, rng.choice([0, 0, 0, 1, 3]))]
            row += [blank(0.1, rng.choice([0, 0, 1, 4])), blank(0.2, rng.choice([0, 0, 300, 2_000]))]
            row += [blank(0.05, rng.choice(["是"] + ["否"] * 40))]
            out.writerow(row)


def condition(rng):
    trades = ["manufacturing", "wholesale", "construction", "transport", "software"]
    return rng.choice([
        f'trade == "{rng.choice(trades)}"',
        f"employees >= {rng.randrange(5, 400)}",
        f"years >= {rng.randrange(1, 12)}",
        f'scale <= "{rng.choice(["micro", "small", "medium"])}"',
        f"revenue >= {rng.randrange(100, 30_000)}",
        f"growth >= {rng.randrange(0, 30)}.0",
        f"research >= {rng.randrange(1, 8)}.0",
        "high_tech",
        f"export >= {rng.choice([1, 100, 500])}",
        f"(shows_abroad >= {rng.randrange(1, 3)} || export >= 200)",
        f"new_staff >= {rng.randrange(1, 4)}",
        f"investment >= {rng.choice([200, 1_000])}",
    ])


def clauses(folder, rng):
    amounts = ["50000", "new_staff * 2000", "double(investment) * 800.0", "revenue >= 20000 ? 500000 : 100000", "shows_abroad * 30000"]
    names = sorted(os.listdir(os.path.join(PACK, "measures")))
    made = 0
    for at, name in enumerate(names):
        with open(os.path.join(PACK, "measures", name), encoding="utf-8") as file:
            lines = file.read().split("[[measures]]")[0].splitlines()
        text = "\n".join(line for line in lines if not line.startswith("kind =")) + "\n"
        until = CLAUSES if at == len(names) - 1 else made + CLAUSES // len(names)
        for n in range(made, until):
            conditions = [condition(rng) for _ in range(rng.randrange(2, 5))] + ["!dishonest"]
            text += f"""
[[measures]]
code = "m{n}"
no = "{n}"
title = {{ zh = "措施 {n}", en = "Measure {n}" }}
serves = "enterprise"
lead = "量测"
[[measures.clauses]]
code = "c{n}"
title = {{ zh = "条款 {n}", en = "Clause {n}" }}
when = '''{" && ".join(conditions)}'''
amount = '''{rng.choice(amounts)}'''
fund = "INDUSTRY"
from = "2026-01-01"
until = "2099-12-31"
source = {{ zh = "由种子生成。", en = "Made by a seed." }}
"""
        made = until
        with open(os.path.join(folder, "measures", name), "w", encoding="utf-8") as file:
            file.write(text)
    return made


def main():
    rng = random.Random(7)
    data = tempfile.mkdtemp(prefix="zhida-measures-", dir=os.environ.get("ZHIDA_BENCH_DIR"))
    server = None
    try:
        command(data, "demo", "load")
        own = os.path.join(data, "packs", "policy")
        shutil.copytree(PACK, own)
        shutil.rmtree(os.path.join(own, "cases"))
        os.remove(os.path.join(own, "prohibitions.toml"))
        made = clauses(own, rng)
        path = os.path.join(data, "firms.csv")
        firms(path, rng)
        seconds, _ = command(data, "import", path, "--kind", "firms", "--apply")
        print(f"| {FIRMS:,} firms checked and taken in | – | {seconds:.0f} s |", flush=True)
        server, base = served(data, 8097)
        officer = Client(base, "supervisor")
        first = officer.get("/measures?pack=policy") / 1_000
        shown = officer.opener.open(base + "/measures?pack=policy").read().decode()
        waiting = [int(n) for n in re.findall(r'<td class="num"><a href="/measures/c\d+">(\d+)</a>', shown)]
        print(f"| clauses on the page, and parties that qualify, all clauses together | – | {len(waiting)}, {sum(waiting):,} |")
        print(f"| {FIRMS:,} firms × {made} clauses on one page, the first time, the columns read with it | – | {first:.1f} s |", flush=True)
        again = p95(officer, "/measures?pack=policy", 20) / 1_000
        print(f"| the same again, p95 of 20: for each clause, who qualifies and has not come | 1 s | {again:.2f} s |", flush=True)
        print(f"| one clause: who qualifies, with how much each, p95 of 40 | – | {p95(officer, '/measures/c17'):.0f} ms |")
        firm = p95(officer, "/firms?code=" + credit_code(4_711))
        print(f"| a firm by its credit code: every clause, what is missing, p95 of 40 | – | {firm:.0f} ms |")
        with open(f"/proc/{server.pid}/status") as status:
            rss = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))
        print(f"| the server's memory | – | {rss:.0f} MB |")
    finally:
        if server:
            server.terminate()
            server.wait()
        shutil.rmtree(data, ignore_errors=True)


main()
