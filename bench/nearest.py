"""The nearest of 12,000 places, beside PostGIS and Redis, in one run on one thread each.

Prints a table; asserts nothing but that all find the same. `script/bench nearest [PLACES] [QUESTIONS]`. PostGIS answers all questions in one
statement of its own server (no client in between), Redis through a pipeline over a local socket and within 20 km. Who asks stands within some
kilometres of a place.
"""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLACES = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
QUESTIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
COUNTS = [1, 12]
# What Redis looks through; it has no nearest without a radius. Places further away are not found.
RADIUS = 20


def somewhere(chance):
    """A point in the province's box, three in four of them in one of eleven towns."""
    lon, lat = chance.uniform(118.5, 122.0), chance.uniform(27.5, 31.0)
    if chance.random() < 0.75:
        town = random.Random(chance.randrange(11))
        lon = town.uniform(118.7, 121.8) + chance.gauss(0, 0.08)
        lat = town.uniform(27.7, 30.9) + chance.gauss(0, 0.08)
    return round(lon, 6), round(lat, 6)


def ours(folder, count):
    command = ["cargo", "bench", "--quiet", "-p", "zhida-siting", "--bench", "nearest", "--"]
    command += [str(folder / "places.csv"), str(folder / "questions.csv"), str(count)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1])


def postgis(folder, count):
    """Questions a second inside the server: index scans by distance, one for each question."""
    url = os.environ["ZHIDA_TEST_DATABASE"]
    psql = shutil.which("psql") or "/usr/lib/postgresql/15/bin/psql"

    def run(sql):
        done = subprocess.run([psql, url, "-qtAX", "-v", "ON_ERROR_STOP=1"], input=sql, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    def copy(name):
        rows = (folder / f"{name}.csv").read_text()
        return f"create table {name} (lon float8, lat float8);\ncopy {name} from stdin csv;\n{rows}\\.\n"

    point = "st_setsrid(st_makepoint(lon, lat), 4326)::geography"
    run("create extension if not exists postgis; drop table if exists places, questions;")
    run(copy("places") + copy("questions"))
    run(f"alter table places add g geography; update places set g = {point}; create index on places using gist (g);"
        f"alter table questions add g geography; update questions set g = {point}; vacuum analyze;")
    sql = ("select sum(d) from questions q cross join lateral "
           f"(select st_distance(p.g, q.g, false) d from places p order by p.g <-> q.g limit {count}) n;")
    run(sql)
    start = time.perf_counter()
    metres = float(run(f"set max_parallel_workers_per_gather = 0; {sql}"))
    return QUESTIONS / (time.perf_counter() - start), metres


def redis(folder, count):
    """Questions a second over a local socket, a thousand in flight."""
    path = folder / "redis.sock"
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)],
                              stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            time.sleep(0.05)
        link = socket.socket(socket.AF_UNIX)
        link.connect(str(path))
        stream = link.makefile("rb")

        def command(*parts):
            parts = [str(p).encode() for p in parts]
            return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)

        def answer():
            line = stream.readline()
            kind, rest = line[:1], line[1:-2]
            if kind == b"$":
                return stream.read(int(rest) + 2)[:-2]
            if kind == b"*":
                return [answer() for _ in range(int(rest))]
            if kind == b"-":
                raise RuntimeError(rest.decode())
            return rest

        for n, row in enumerate((folder / "places.csv").read_text().split()):
            link.sendall(command("GEOADD", "p", *row.split(","), n))
            answer()
        questions = [row.split(",") for row in (folder / "questions.csv").read_text().split()]
        metres, seconds = 0.0, 0.0
        for at in range(0, len(questions), 1000):
            batch = b"".join(command("GEOSEARCH", "p", "FROMLONLAT", *q, "BYRADIUS", RADIUS, "km", "ASC", "COUNT", count, "WITHDIST")
                             for q in questions[at:at + 1000])
            start = time.perf_counter()
            link.sendall(batch)
            got = [answer() for _ in questions[at:at + 1000]]
            seconds += time.perf_counter() - start
            metres += sum(float(d) * 1000 for found in got for _, d in found)
        return len(questions) / seconds, metres
    finally:
        server.terminate()
        server.wait()


def main():
    print(f"{PLACES:,} places, {QUESTIONS:,} questions, one thread each")
    print("| nearest | questions a second | mean metres |\n| --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chance = random.Random(1)
        places = [somewhere(chance) for _ in range(PLACES)]
        asked = [(round(lon + chance.gauss(0, 0.02), 6), round(lat + chance.gauss(0, 0.02), 6))
                 for lon, lat in chance.choices(places, k=QUESTIONS)]
        for which, rows in [("places", places), ("questions", asked)]:
            (folder / f"{which}.csv").write_text("".join(f"{lon},{lat}\n" for lon, lat in rows))
        for count in COUNTS:
            for title, peer in [("Zhida, in process", ours), ("PostGIS, in its server", postgis), ("Redis, over a socket", redis)]:
                try:
                    rate, metres = peer(folder, count)
                    print(f"| {count} · {title} | {rate:,.0f} | {metres / QUESTIONS / count:,.1f} |", flush=True)
                except (OSError, KeyError, RuntimeError) as error:
                    print(f"| {count} · {title} | not measured: {error} | |", flush=True)


main()
