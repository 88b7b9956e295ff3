"""Rules over a population: `zhida rules eval` beside Polars, DuckDB and NumPy on the same seeded data and rules.

    script/bench rules [ROWS ...]

Every engine gets its best form: narrow columns, one query for all rules, one thread. Unknown facts are included, and the
counts of true, false and unknown must agree for every rule."""

import json
import os
import sys
import tempfile
import time

import peers

CODES = {"education": 8, "sex": 2, "household": 3, "town": 20, "certificate": 12, "occupation": 200}
INTS = {
    "age": (16, 75), "months": (0, 60), "children": (0, 6), "insured": (0, 480),
    "distance": (0, 90), "wage": (0, 20_000), "visits": (0, 30),
}
FLAGS = ["disabled", "veteran", "minimum_income", "farmer"]
SKILLS = 30
MISSING = {"sex": 0.0, "age": 0.01, "wage": 0.3}


def generate(folder, rows, seed=7):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    columns, names = [pa.array([f"p{i}" for i in range(rows)])], ["id"]
    for name, (low, high) in INTS.items():
        values = rng.integers(low, high + 1, rows).astype(np.int16)
        columns.append(pa.array(values, mask=rng.random(rows) < MISSING.get(name, 0.05)))
        names.append(name)
    for name, n in CODES.items():
        # Some codes are common, most are rare, as in a register.
        values = np.minimum(rng.geometric(min(0.5, 4 / n), rows) - 1, n - 1).astype(np.uint8)
        text = pa.DictionaryArray.from_arrays(
            pa.array(values, mask=rng.random(rows) < MISSING.get(name, 0.05)),
            pa.array([f"{name[0]}{k}" for k in range(n)]),
        )
        columns.append(text)
        names.append(name)
    for name in FLAGS:
        columns.append(pa.array(rng.random(rows) < 0.15, mask=rng.random(rows) < 0.05))
        names.append(name)
    # Three skills a person: `s3;s17;s28`.
    picks = rng.integers(0, SKILLS, (rows, 3))
    texts = np.char.add("s", picks.astype(str))
    joined = np.char.add(np.char.add(np.char.add(np.char.add(texts[:, 0], ";"), texts[:, 1]), ";"), texts[:, 2])
    columns.append(pa.array(joined.tolist(), mask=rng.random(rows) < 0.1))
    names.append("skills")
    pq.write_table(pa.table(columns, names), os.path.join(folder, "parties.parquet"), compression="snappy")

    with open(os.path.join(folder, "profile.toml"), "w") as file:
        for name in INTS:
            file.write(f'[fields.{name}]\ntype = "int"\n')
        for name, n in CODES.items():
            codes = ", ".join(f'"{name[0]}{k}"' for k in range(n))
            file.write(f'[fields.{name}]\ntype = "code"\nordered = true\ncodes = [{codes}]\n')
        for name in FLAGS:
            file.write(f'[fields.{name}]\ntype = "bool"\n')
        codes = ", ".join(f'"s{k}"' for k in range(SKILLS))
        file.write(f'[fields.skills]\ntype = "set<code>"\ncodes = [{codes}]\n')


def rules(count, seed=11):
    """Conjunctions of four to six conditions: comparisons, lists, flags, skills, some of them joined by *or*."""
    import random

    rng = random.Random(seed)

    def leaf():
        kind = rng.random()
        if kind < 0.45:
            name = rng.choice(list(INTS))
            low, high = INTS[name]
            return ("cmp", name, rng.choice([">=", "<=", ">", "<"]), rng.randint(low, high))
        if kind < 0.6:
            name = rng.choice(list(CODES))
            return ("cmp", name, rng.choice(["<=", ">=", "==", "!="]), rng.randrange(CODES[name]))
        if kind < 0.8:
            name = rng.choice(["town", "certificate", "occupation", "education"])
            size = rng.randint(2, min(8, CODES[name]))
            return ("in", name, sorted(rng.sample(range(CODES[name]), size)))
        if kind < 0.9:
            return ("flag", rng.choice(FLAGS), rng.random() < 0.5)
        return ("skill", rng.randrange(SKILLS))

    def condition():
        return ("or", leaf(), leaf()) if rng.random() < 0.25 else leaf()

    return [[condition() for _ in range(rng.randint(4, 6))] for _ in range(count)]


def cel(c):
    match c:
        case ("cmp", name, op, n):
            return f'{name} {op} "{name[0]}{n}"' if name in CODES else f"{name} {op} {n}"
        case ("in", name, list_):
            return f"{name} in [" + ", ".join(f'"{name[0]}{k}"' for k in list_) + "]"
        case ("flag", name, yes):
            return name if yes else f"!{name}"
        case ("skill", k):
            return f'"s{k}" in skills'
        case ("or", a, b):
            return f"({cel(a)} || {cel(b)})"


def write_rules(folder, all_rules):
    with open(os.path.join(folder, "rules.toml"), "w") as file:
        for i, conditions in enumerate(all_rules):
            file.write(f"[rules.r{i}]\nwhen = '''{' && '.join(cel(c) for c in conditions)}'''\n")


def narrow(folder):
    """The columns as NumPy arrays of their narrowest type, and who has a value."""
    import numpy as np
    import pyarrow.parquet as pq

    data = pq.read_table(os.path.join(folder, "parties.parquet"))
    out = {}
    for name, (_, high) in INTS.items():
        kind = np.uint8 if high < 256 else np.uint16
        column = data[name].combine_chunks()
        out[name] = (column.fill_null(0).to_numpy(zero_copy_only=False).astype(kind), column.is_valid().to_numpy(zero_copy_only=False))
    for name in CODES:
        column = data[name].combine_chunks().cast("string")
        texts = column.fill_null(f"{name[0]}0").to_numpy(zero_copy_only=False)
        values = np.array([int(t[1:]) for t in texts], dtype=np.uint8)
        out[name] = (values, column.is_valid().to_numpy(zero_copy_only=False))
    for name in FLAGS:
        column = data[name].combine_chunks()
        out[name] = (column.fill_null(False).to_numpy(zero_copy_only=False), column.is_valid().to_numpy(zero_copy_only=False))
    column = data["skills"].combine_chunks()
    masks = np.zeros(len(column), dtype=np.uint32)
    for i, text in enumerate(column.fill_null("").to_pylist()):
        for skill in text.split(";") if text else []:
            masks[i] |= np.uint32(1 << int(skill[1:]))
    out["skills"] = (masks, column.is_valid().to_numpy(zero_copy_only=False))
    return out


def run_numpy(folder, all_rules):
    """Three values as two packed rows of bits, each distinct condition once per 65,536 rows."""
    import numpy as np

    data = narrow(folder)
    rows = len(data["age"][0])
    ops = {">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less, "==": np.equal, "!=": np.not_equal}
    chunk = 65_536
    started = time.perf_counter()
    counts = np.zeros((len(all_rules), 2), dtype=np.int64)
    for at in range(0, rows, chunk):
        end = min(at + chunk, rows)
        known = {name: np.packbits(k[at:end]) for name, (_, k) in data.items()}
        values = {name: v[at:end] for name, (v, _) in data.items()}
        done = {}

        def bits(c):
            key = repr(c)
            if key in done:
                return done[key]
            match c:
                case ("cmp", name, op, n):
                    t, k = np.packbits(ops[op](values[name], n)), known[name]
                case ("in", name, list_):
                    lut = np.zeros(256, dtype=bool)
                    lut[list_] = True
                    t, k = np.packbits(lut[values[name]]), known[name]
                case ("flag", name, yes):
                    t, k = np.packbits(values[name] if yes else ~values[name]), known[name]
                case ("skill", n):
                    t, k = np.packbits((values["skills"] & np.uint32(1 << n)) != 0), known["skills"]
                case ("or", a, b):
                    (at_, af), (bt, bf) = bits(a), bits(b)
                    done[key] = (at_ | bt, af & bf)
                    return done[key]
            done[key] = (t & k, ~t & k)
            return done[key]

        for i, conditions in enumerate(all_rules):
            t, f = bits(conditions[0])
            for c in conditions[1:]:
                ct, cf = bits(c)
                t, f = t & ct, f | cf
            counts[i] += np.array([np.bitwise_count(t).sum(), np.bitwise_count(f).sum()], dtype=np.int64)
    took = time.perf_counter() - started
    return took, [[int(t), int(f), rows - int(t) - int(f)] for t, f in counts]


def run_polars(folder, all_rules):
    import numpy as np
    import polars as pl

    data = narrow(folder)
    rows = len(data["age"][0])
    columns = {}
    for name, (values, known) in data.items():
        series = pl.Series(name, values)
        columns[name] = series.set(pl.Series(~known), None) if not known.all() else series
    frame = pl.DataFrame(columns)

    def expr(c):
        match c:
            case ("cmp", name, op, n):
                column = pl.col(name)
                value = pl.lit(n, dtype=frame.schema[name])
                return {">=": column.ge, "<=": column.le, ">": column.gt, "<": column.lt, "==": column.eq, "!=": column.ne}[op](value)
            case ("in", name, list_):
                return pl.col(name).is_in(pl.Series(list_, dtype=frame.schema[name]).implode())
            case ("flag", name, yes):
                return pl.col(name) if yes else ~pl.col(name)
            case ("skill", n):
                return (pl.col("skills") & pl.lit(1 << n, dtype=pl.UInt32)) != pl.lit(0, dtype=pl.UInt32)
            case ("or", a, b):
                return expr(a) | expr(b)

    wanted = []
    for i, conditions in enumerate(all_rules):
        e = expr(conditions[0])
        for c in conditions[1:]:
            e = e & expr(c)
        wanted += [e.sum().alias(f"t{i}"), e.null_count().alias(f"u{i}")]
    query = frame.lazy().select(wanted)
    best, answer = float("inf"), None
    for _ in range(3):
        started = time.perf_counter()
        answer = query.collect()
        best = min(best, time.perf_counter() - started)
    row = answer.row(0, named=True)
    counts = [[row[f"t{i}"], rows - row[f"t{i}"] - row[f"u{i}"], row[f"u{i}"]] for i in range(len(all_rules))]
    return best, counts


def run_duckdb(folder, all_rules):
    import duckdb
    import pyarrow as pa

    data = narrow(folder)
    rows = len(data["age"][0])
    frame = pa.table({name: pa.array(v, mask=~k) for name, (v, k) in data.items()})
    db = duckdb.connect()
    db.execute("SET threads = 1")
    db.register("source", frame)
    db.execute("CREATE TABLE people AS SELECT * FROM source")

    def sql(c):
        match c:
            case ("cmp", name, op, n):
                return f"{name} {'=' if op == '==' else '<>' if op == '!=' else op} {n}"
            case ("in", name, list_):
                return f"{name} IN ({', '.join(map(str, list_))})"
            case ("flag", name, yes):
                return name if yes else f"NOT {name}"
            case ("skill", n):
                return f"(skills & {1 << n}) <> 0"
            case ("or", a, b):
                return f"({sql(a)} OR {sql(b)})"

    parts = []
    for conditions in all_rules:
        text = " AND ".join(sql(c) for c in conditions)
        parts += [f"count(*) FILTER (WHERE {text})", f"count({text})"]
    statement = f"SELECT {', '.join(parts)} FROM people"
    best, row = float("inf"), None
    for _ in range(2):
        started = time.perf_counter()
        row = db.execute(statement).fetchone()
        best = min(best, time.perf_counter() - started)
    counts = [[row[2 * i], row[2 * i + 1] - row[2 * i], rows - row[2 * i + 1]] for i in range(len(all_rules))]
    return best, counts


def main():
    if sys.argv[1:2] == ["peer"]:
        _, _, name, folder, count = sys.argv
        took, counts = {"numpy": run_numpy, "polars": run_polars, "duckdb": run_duckdb}[name](folder, rules(int(count)))
        print(json.dumps({"time": took, "counts": counts, "memory": peers.peak()}))
        return
    sizes = [int(n) for n in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    lines = []
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            generate(folder, rows)
            for count in (100, 1000):
                write_rules(folder, rules(count))
                path = lambda name: os.path.join(folder, name)
                arguments = ["rules", "eval", "--counts", "--profile", path("profile.toml"), "--rules", path("rules.toml"), "--parties", path("parties.parquet")]

                def own(threads):
                    answer = peers.ours(arguments, threads)
                    if "failed" not in answer:
                        answer["time"] = answer["seconds"]["eval"]
                    return answer

                mine = peers.best(lambda: own(1), 5)
                two = peers.best(lambda: own(2), 5)
                counts = [[mine["counts"][f"r{i}"][v] for v in ("true", "false", "unknown")] for i in range(count)]
                lines.append([f"{rows:,}", count, "**zhida**", peers.seconds(mine["time"]), "1", f"{mine['memory']:.0f} MiB", "yes"])
                lines.append([f"{rows:,}", count, "zhida, two threads", peers.seconds(two["time"]), f"{two['time'] / mine['time']:.1f}", f"{two['memory']:.0f} MiB", "yes" if two["counts"] == mine["counts"] else "**no**"])
                others = ["numpy", "polars", "duckdb"] if rows * count <= 10**8 else ["numpy", "polars"]
                for name in others:
                    answer = peers.measured([sys.executable, __file__, "peer", name, folder, str(count)])
                    if "failed" in answer:
                        lines.append([f"{rows:,}", count, name, answer["failed"], "", "", ""])
                        continue
                    same = "yes" if answer["counts"] == counts else "**no**"
                    lines.append([f"{rows:,}", count, name, peers.seconds(answer["time"]), f"{answer['time'] / mine['time']:.0f}", f"{answer['memory']:.0f} MiB", same])
                print("\n".join(map(str, lines[-5:])), "compile", mine["seconds"]["compile"], "load", mine["seconds"]["load"], file=sys.stderr)
    text = peers.table(["parties", "rules", "engine", "evaluation", "times ours", "peak memory", "same answers"], lines)
    text += "\n\n" + peers.plot("rules", lines, (2, 1), 0, 3)
    peers.write("rules", "Rules: 18 columns, unknowns included, one thread", text)


main()
