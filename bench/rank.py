"""Ranking: `zhida match rank` beside NumPy and DuckDB, eligibility included, on the same seeded people and offers.

    script/bench rank [PARTIES ...]

Each offer has a rule of its own that about one person in a hundred meets. The score is skills held, nearness and the
offer's record; each person keeps the best 20. Sums of the kept scores must agree to the rounding of a millionth."""

import json
import math
import os
import sys
import tempfile
import time

import peers

SKILLS, TERMS = 20, {"skill": 3.0, "distance": 2.0, "record": 1.0}


def generate(folder, parties, offers, seed=3):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    age = rng.integers(16, 76, parties)
    town = rng.integers(0, 20, parties)
    months = rng.integers(0, 61, parties)
    lon, lat = rng.uniform(120.7, 121.1, parties), rng.uniform(30.3, 30.7, parties)
    mask = rng.integers(0, 1 << SKILLS, parties) & rng.integers(0, 1 << SKILLS, parties)
    offer = {
        "town": rng.integers(0, 20, offers), "low": rng.integers(16, 64, offers), "months": rng.integers(0, 6, offers),
        "lon": rng.uniform(120.7, 121.1, offers), "lat": rng.uniform(30.3, 30.7, offers),
        "skills": rng.integers(0, 1 << SKILLS, offers) & rng.integers(0, 1 << SKILLS, offers) & rng.integers(0, 1 << SKILLS, offers),
        "well": rng.integers(0, 50, offers), "ended": rng.integers(50, 80, offers),
    }
    np.savez(os.path.join(folder, "data.npz"), age=age, town=town, months=months, lon=lon, lat=lat, mask=mask, **{f"o_{k}": v for k, v in offer.items()})
    names = [f"s{k}" for k in range(SKILLS)]
    text = lambda m: ";".join(names[k] for k in range(SKILLS) if m >> k & 1)
    unique = {int(m): text(int(m)) for m in np.unique(mask)}
    pq.write_table(
        pa.table({
            "id": pa.array([f"p{i}" for i in range(parties)]), "age": age, "town": pa.array([f"t{t}" for t in town]),
            "months": months, "lon": lon, "lat": lat, "skills": pa.array([unique[int(m)] or ";" for m in mask]),
        }),
        os.path.join(folder, "parties.parquet"),
    )
    with open(os.path.join(folder, "profile.toml"), "w") as file:
        towns = ", ".join(f'"t{k}"' for k in range(20))
        skills = ", ".join(f'"{s}"' for s in names)
        file.write('[fields.age]\ntype = "int"\n[fields.months]\ntype = "int"\n[fields.lon]\ntype = "double"\n[fields.lat]\ntype = "double"\n')
        file.write(f'[fields.town]\ntype = "code"\ncodes = [{towns}]\n[fields.skills]\ntype = "set<code>"\ncodes = [{skills}]\n')
    with open(os.path.join(folder, "terms.toml"), "w") as file:
        file.write('[uses]\nskills = "skills"\nlon = "lon"\nlat = "lat"\n')
        for name, weight in TERMS.items():
            more = {"distance": "kilometres = 10.0\n", "record": "prior = [2.0, 2.0]\n"}.get(name, "")
            file.write(f'[[terms]]\nname = "{name}"\nmeasure = "{name}"\nweight = {weight}\n{more}')
    with open(os.path.join(folder, "offers.csv"), "w") as file:
        file.write("offer,rule,skills,lon,lat,well,ended\n")
        for o in range(offers):
            rule = f'town == ""t{offer["town"][o]}"" && age >= {offer["low"][o]} && age < {offer["low"][o] + 14} && months > {offer["months"][o]}'
            file.write(f'o{o},"{rule}",{text(int(offer["skills"][o]))},{float(offer["lon"][o])!r},{float(offer["lat"][o])!r},{offer["well"][o]},{offer["ended"][o]}\n')


def load(folder):
    import numpy as np

    return dict(np.load(os.path.join(folder, "data.npz")))


def run_numpy(folder):
    """People in blocks, offers as rows: a mask of who may, scores of all of those, a partial sort."""
    import numpy as np

    d = load(folder)
    started = time.perf_counter()
    total = sum(TERMS.values())
    record = (d["o_well"] + 2) / (d["o_ended"] + 4)
    asked = np.bitwise_count(d["o_skills"]).astype(np.float32)
    unit = lambda lon, lat: np.stack([np.cos(np.radians(lat)) * np.cos(np.radians(lon)), np.cos(np.radians(lat)) * np.sin(np.radians(lon)), np.sin(np.radians(lat))])
    people, places = unit(d["lon"], d["lat"]), unit(d["o_lon"], d["o_lat"])
    # Offers by town and by age: only those that can be at all are looked at.
    kept, pairs = 0.0, 0
    for town in range(20):
        who = np.flatnonzero(d["town"] == town)
        which = np.flatnonzero(d["o_town"] == town)
        for at in range(0, len(who), 512):
            rows = who[at : at + 512]
            age, months = d["age"][rows, None], d["months"][rows, None]
            may = (age >= d["o_low"][which]) & (age < d["o_low"][which] + 14) & (months > d["o_months"][which])
            r, c = np.nonzero(may)
            pairs += len(r)
            i, j = rows[r], which[c]
            skill = np.where(asked[j] > 0, np.bitwise_count(d["mask"][i] & d["o_skills"][j]) / np.maximum(asked[j], 1), 0.5)
            chord = ((people[:, i] - places[:, j]) ** 2).sum(axis=0)
            near = np.exp(-2 * 6371.0088 * np.arcsin(np.sqrt(chord) / 2) / 10)
            score = (TERMS["skill"] * skill + TERMS["distance"] * near + TERMS["record"] * record[j]) / total
            dense = np.full(may.shape, -1.0)
            dense[r, c] = score
            if dense.shape[1] > 20:
                dense = -np.partition(-dense, 20, axis=1)[:, :20]
            kept += dense[dense >= 0].sum()
    return time.perf_counter() - started, kept, pairs


def run_duckdb(folder):
    import duckdb
    import pyarrow as pa

    d = load(folder)
    db = duckdb.connect()
    db.execute("SET threads = 2")
    people = pa.table({k: d[k] for k in ("age", "town", "months", "lon", "lat", "mask")}).append_column("id", pa.array(range(len(d["age"]))))
    offers = pa.table({k[2:]: d[k] for k in d if k.startswith("o_")}).append_column("id", pa.array(range(len(d["o_low"]))))
    db.register("p_source", people)
    db.register("o_source", offers)
    db.execute("CREATE TABLE p AS SELECT *, cos(radians(lat))*cos(radians(lon)) AS x, cos(radians(lat))*sin(radians(lon)) AS y, sin(radians(lat)) AS z FROM p_source")
    db.execute("CREATE TABLE o AS SELECT *, cos(radians(lat))*cos(radians(lon)) AS x, cos(radians(lat))*sin(radians(lon)) AS y, sin(radians(lat)) AS z FROM o_source")
    statement = """
        WITH pairs AS (
            SELECT p.id AS p, o.id AS o,
                (3.0 * CASE WHEN o.skills = 0 THEN 0.5 ELSE bit_count(p.mask & o.skills) / bit_count(o.skills) END
                 + 2.0 * exp(-2 * 6371.0088 * asin(sqrt((p.x-o.x)*(p.x-o.x)+(p.y-o.y)*(p.y-o.y)+(p.z-o.z)*(p.z-o.z)) / 2) / 10)
                 + 1.0 * (o.well + 2) / (o.ended + 4)) / 6.0 AS score
            FROM p JOIN o ON p.town = o.town AND p.age >= o.low AND p.age < o.low + 14 AND p.months > o.months
        ), best AS (SELECT p, max(score, 20) AS scores, count(*) AS n FROM pairs GROUP BY p)
        SELECT sum(list_sum(scores)), sum(n) FROM best"""
    started = time.perf_counter()
    kept, pairs = db.execute(statement).fetchone()
    return time.perf_counter() - started, kept, int(pairs)


def main():
    if sys.argv[1:2] == ["peer"]:
        _, _, name, folder = sys.argv
        took, kept, pairs = {"NumPy": run_numpy, "DuckDB": run_duckdb}[name](folder)
        print(json.dumps({"time": took, "kept": kept, "pairs": pairs, "memory": peers.peak()}))
        return
    sizes = [int(n) for n in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    lines = []
    for parties in sizes:
        with tempfile.TemporaryDirectory() as folder:
            generate(folder, parties, 10_000)
            path = lambda name: os.path.join(folder, name)
            arguments = ["match", "rank", "--profile", path("profile.toml"), "--parties", path("parties.parquet"), "--offers", path("offers.csv"), "--terms", path("terms.toml")]

            def own(threads):
                answer = peers.ours(arguments, threads)
                if "failed" not in answer:
                    answer["time"] = answer["seconds"]["rank"]
                return answer

            mine = peers.best(lambda: own(2), 3)
            one = peers.best(lambda: own(1), 1)
            each = mine["eligible"] / parties
            # The sum of the kept scores, from a run that writes them.
            small = parties <= 100_000
            kept = None
            if small:
                peers.ours([*arguments, "--out", path("best.csv")], 2)
                with open(path("best.csv")) as file:
                    kept = sum(int(line.split(",")[2]) for line in list(file)[1:]) / 1e6
            share = mine["scored"] / max(mine["eligible"], 1)
            lines.append([f"{parties:,}", "**zhida**", peers.seconds(mine["time"]), "1", f"{mine['memory']:.0f} MiB", f"{each:.0f} eligible each, {share:.0%} worked out"])
            lines.append([f"{parties:,}", "zhida, one thread", peers.seconds(one["time"]), f"{one['time'] / mine['time']:.1f}", f"{one['memory']:.0f} MiB", "yes" if one["eligible"] == mine["eligible"] else "**no**"])
            for name in ["NumPy", "DuckDB"]:
                answer = peers.measured([sys.executable, __file__, "peer", name, folder], threads=2, timeout=900)
                if "failed" in answer:
                    lines.append([f"{parties:,}", name, answer["failed"], "", "", ""])
                    continue
                same = answer["pairs"] == mine["eligible"] and (kept is None or math.isclose(kept, answer["kept"], rel_tol=2e-6))
                lines.append([f"{parties:,}", name, peers.seconds(answer["time"]), f"{answer['time'] / mine['time']:.0f}", f"{answer['memory']:.0f} MiB", "yes" if same else f"**no**: {answer['pairs']} {answer['kept']} {kept}"])
            print("\n".join(map(str, lines[-4:])), mine["seconds"], file=sys.stderr)
    text = peers.table(["parties × 10,000 offers", "engine", "ranking", "times ours", "peak memory", "same answers"], lines)
    text += "\n\n" + peers.plot("rank", lines, (1,), 0, 2)
    peers.write("rank", "Ranking: the best 20 offers of each person, eligibility included, two threads", text)


main()
