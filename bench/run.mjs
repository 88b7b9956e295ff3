// What the program takes, in one run: seconds and the peak of memory of its own processes.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = process.env.ZHIDA_BIN;
const chosen = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), "zhida-bench-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));

const memory = (pid, key) => {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`${key}:\\s+(\\d+)`))[1]) / 1024;
  } catch {
    return 0; // It has ended between two looks.
  }
};

// Runs the program once; its peak is asked for every 10 ms, since it only grows.
const run = (data, args, input = "") =>
  new Promise((done, fail) => {
    const start = process.hrtime.bigint();
    const child = spawn(bin, ["--data", data, ...args, "--json"], { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    let peak = 0;
    const look = setInterval(() => (peak = Math.max(peak, memory(child.pid, "VmHWM"))), 10);
    child.stdout.on("data", (part) => (text += part));
    child.stdin.end(input);
    child.on("exit", (code) => {
      clearInterval(look);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (code !== 0) fail(new Error(`zhida ${args.join(" ")} ended with ${code}`));
      else done({ seconds, peak, answer: JSON.parse(text || "null") });
    });
  });

const rows = [];
const tell = (what, goal, measured) => {
  rows.push([what, goal, measured]);
  console.log(`${what} | ${goal} | ${measured}`);
};
const figures = ({ seconds, peak }) => `${seconds.toFixed(2)} s, ${peak.toFixed(0)} MB`;

const demonstration = (name) => {
  const data = join(root, name);
  spawnSync("mkdir", ["-p", data]);
  writeFileSync(join(data, "zhida.toml"), "demonstration = true\n");
  return data;
};

const parts = {
  async register() {
    const data = demonstration("register");
    await run(data, ["demo", "write", "--out", join(data, "files")]);
    const taken = await run(data, ["import", join(data, "files/register.xlsx"), "--apply"]);
    tell(`import of ${taken.answer.counts.total} rows .xlsx, check and apply, whole process`, "3 s", figures(taken));
  },
  async match() {
    const data = demonstration("match");
    await run(data, ["demo", "write", "--jobs", "500", "--out", join(data, "files")]);
    await run(data, ["import", join(data, "files/register.xlsx"), "--apply"]);
    await run(data, ["import", join(data, "files/jobs.csv"), "--kind", "jobs", "--apply"]);
    const matched = await run(data, ["match", "run", "job-referral"]);
    tell(`match run, ${matched.answer.parties} people × ${matched.answer.offers} offers, whole process`, "1 s", figures(matched));
  },
  async large() {
    const data = demonstration("large");
    await run(data, ["demo", "write", "--people", "100000", "--out", join(data, "files")]);
    const checked = await run(data, ["import", join(data, "files/register.xlsx")]);
    tell("check of 100,000 rows .xlsx", "–", figures(checked));
    const taken = await run(data, ["import", join(data, "files/register.xlsx"), "--apply"]);
    tell(`import of ${taken.answer.counts.total} rows .xlsx, check and apply, whole process`, "30 s, 500 MB", figures(taken));
  },
  async pages() {
    const data = demonstration("pages");
    await run(data, ["demo", "load"]);
    await run(data, ["match", "run", "fit-training"]);
    await served(data, "5,069 people");
    await run(data, ["demo", "write", "--people", "100000", "--seed", "7", "--out", join(data, "files")]);
    await run(data, ["import", join(data, "files/register.xlsx"), "--apply"]);
    await served(data, "105,000 people");
  },
  async occupations() {
    const [, ...lines] = readFileSync(new URL("titles-held-out.csv", import.meta.url), "utf8").trimEnd().split("\n");
    // A title may hold commas and quotes; a code holds neither.
    const known = lines.map((line) => {
      const at = line.lastIndexOf(",");
      return [line.slice(0, at).replace(/^"|"$/g, "").replaceAll('""', '"'), line.slice(at + 1)];
    });
    const found = await run(root, ["occupation"], known.map(([title]) => title).join("\n"));
    const share = (holds) =>
      `${((100 * known.filter(([, code], i) => holds(found.answer[i].guesses.map((g) => g.code), code)).length) / known.length).toFixed(1)} %`;
    const top1 = share((guesses, code) => guesses[0] === code);
    const top5 = share((guesses, code) => guesses.includes(code));
    const group = share((guesses, code) => guesses[0]?.[0] === code[0]);
    tell(`occupations of ${known.length} held-out titles: top-1, top-5, group`, "92, 99, 97 %", `${top1}, ${top5}, ${group}; ${figures(found)}`);
  },
};

// Serves a data folder; memory at rest, and the 95th percentile of 100 requests of each page, one after another.
async function served(data, size) {
  const child = spawn(bin, ["--data", data, "serve", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const base = await new Promise((done) => child.stdout.on("data", (part) => done(/http:\/\/\S+/.exec(part)?.[0])));
  try {
    const login = await fetch(`${base}/login`, {
      method: "POST",
      body: new URLSearchParams({ login: "supervisor", password: "supervisor-demo" }),
      redirect: "manual",
    });
    const headers = { cookie: login.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ") };
    const get = async (path) => {
      const answer = await fetch(base + path, { headers });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return answer.text();
    };
    const person = /\/people\/[0-9a-f-]{36}/.exec(await get("/people"))[0];
    const runs = /\/match\/runs\/[0-9a-f-]{36}/.exec(await get("/match"))?.[0];
    await new Promise((done) => setTimeout(done, 3000));
    tell(`server at rest, ${size}`, "100 MB", `${memory(child.pid, "VmRSS").toFixed(0)} MB`);
    const paths = ["/", "/people", "/people?q=%E7%8E%8B&f=sex:female", "/people?rule=age%3E%3D45", person, "/portrait", "/portrait?x=age&y=education", "/offers", "/match?programme=fit-training", runs, "/cases", "/messages", "/visits", "/imports", "/packs", "/packs/fit-training", "/occupations", "/journal"];
    for (const path of paths.filter(Boolean)) {
      await get(path);
      const times = [];
      for (let i = 0; i < 100; i++) {
        const start = performance.now();
        await get(path);
        times.push(performance.now() - start);
      }
      times.sort((a, b) => a - b);
      const shown = path.replace(/[0-9a-f-]{36}/, "…");
      tell(`p95 of ${shown}, ${size}`, "50 ms", `${times[94].toFixed(1)} ms`);
    }
    tell(`server after the pages, ${size}`, "100 MB", `${memory(child.pid, "VmRSS").toFixed(0)} MB`);
  } finally {
    child.kill();
    await new Promise((done) => child.on("exit", done));
  }
}

const names = chosen.length > 0 ? chosen : Object.keys(parts);
for (const name of names) {
  if (!parts[name]) throw new Error(`there is no measurement "${name}": ${Object.keys(parts).join(", ")}`);
  await parts[name]();
}
