// Safety, relief and policy with the mouse, each from finding or application to the open result: a stranger reports a hazard
// and follows it until somebody else has verified it; a household gets its subsidy and a person in the street a coat; a firm
// asks by its credit code and the money arrives.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { axe, desk, launch, logged, phone, photo, serve, until } from "./browser.mjs";

const run = promisify(execFile);
const binary = process.env.ZHIDA_BIN ?? "../target/debug/zhida";
const shots = process.env.ZHIDA_SHOTS;

let server;
let browser;
let base;

before(async () => {
  server = await serve();
  base = server.base;
  browser = await launch();
  if (shots) await mkdir(shots, { recursive: true });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const main = (page) => page.textContent("main");

/** Somebody of the demonstration, who says yes to what a button asks back. */
async function as(login, options) {
  const page = await logged(browser, base, login, options);
  page.on("dialog", (dialog) => dialog.accept());
  return page;
}

/** Somebody whom nobody knows. */
async function stranger(options = phone) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`script error: ${error}`));
  return page;
}

/** axe, nothing wider than the screen, and a picture where the environment asks for pictures. */
async function sound(page, name) {
  await axe(page, name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} px wider than the screen`);
  if (shots) await page.screenshot({ path: join(shots, `${name.replaceAll(" ", "-")}.png`) });
}

/** Every new page of an office, in the other language and on a phone. */
async function english(paths) {
  const page = await as("supervisor", phone);
  await page.goto(`${base}/lang/en?back=/`);
  for (const path of paths) {
    await page.goto(base + path);
    await sound(page, `en ${path.replaceAll(/[^a-z]+/g, " ").trim()}`);
    assert.doesNotMatch(await main(page), /\{\s*\$/, `${path} has a text without its value`);
  }
  await page.context().close();
}

/** One prepares a batch, the other checks it, the bank's answer is read back: everything of the clause is paid. */
async function paid(officer, supervisor, clause) {
  await officer.goto(`${base}/payments`);
  await sound(officer, "payments");
  await officer.click(`form:has-text('${clause}') button[name=clause]`);
  const batch = officer.url().split("?")[0];
  await sound(officer, "a batch");
  assert.match(await main(officer), /须由另一位主管复核/);
  await supervisor.goto(batch);
  await supervisor.click("form[action$='/check'] button");
  await officer.goto(batch);
  const [download] = await Promise.all([officer.waitForEvent("download"), officer.click("a[href$='/file.csv']")]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const file = Buffer.concat(chunks).toString("utf8").replace(/^\uFEFF/, "");
  const [head, ...rows] = file.trim().split(/\r?\n/).map((line) => line.split(","));
  const at = (name) => head.findIndex((h) => h.replaceAll('"', "").startsWith(name));
  assert.ok(rows.length >= 1, file);
  const answer = ["批次,序号,户名,金额,结果", ...rows.map((r) => [r[at("批次")], r[at("序号")], r[at("户名")], r[at("金额")], "成功"].join(","))].join("\n");
  await officer.goto(batch);
  await officer.setInputFiles("input[name=file]", { name: "result.csv", mimeType: "text/csv", buffer: Buffer.from(answer) });
  await officer.click("form[action$='/result'] button");
  assert.match(await main(officer), /已完成/);
  await sound(officer, "a batch that is paid");
  return batch;
}

test("a hazard that a stranger reports is settled, put right, verified by somebody else, and shown", async () => {
  const passer = await stranger();
  await passer.goto(`${base}/tell/safety`);
  await sound(passer, "tell a hazard");
  await passer.click("label:has-text('通道、出口堵塞')");
  await passer.fill("input[name=about]", "城北五金仓库");
  await passer.fill("textarea[name=words]", "后门被货架顶死了");
  await passer.setInputFiles("input[name=photos]", await photo(passer, "door"));
  await passer.click("button.yes");
  assert.match(await main(passer), /城北五金仓库/);
  const link = passer.url().split("?")[0];
  await sound(passer, "follow a report");

  const officer = await as("officer");
  await officer.goto(`${base}/tips`);
  await sound(officer, "reports of the public");
  await officer.click("tr:has-text('城北五金仓库') a");
  await sound(officer, "one report");
  await officer.fill("form[action$='/accept'] input[name=words]", "当天到场");
  await officer.click("form[action$='/accept'] button");
  if (!officer.url().includes("/findings/")) await officer.click("main a.btn:has-text('问题')");
  const address = officer.url();
  await sound(officer, "a finding with what is to be settled");
  // It cannot be called put right before the five things are settled.
  const fix = officer.locator("form:has(input[value=fix])");
  await fix.locator("textarea").fill("已移走货架");
  await fix.locator("input[type=file]").setInputFiles(await photo(officer, "clear"));
  await fix.locator("button").click();
  assert.match(await main(officer), /责任|措施/);
  await officer.goto(address);
  for (const [name, words] of [["responsibility", "仓库主管"], ["measure", "移走货架，划线"], ["funds", "800 元"], ["deadline", "当天"], ["contingency", "专人看守后门"]]) {
    await officer.fill(`input[name=${name}]`, words);
  }
  await officer.click("text=保存整改方案");
  await fix.locator("textarea").fill("已移走货架");
  await fix.locator("input[type=file]").setInputFiles(await photo(officer, "clear"));
  await fix.locator("button").click();

  const supervisor = await as("supervisor");
  await supervisor.goto(address);
  await supervisor.locator("form:has(input[value=verify]) input[name=words]").fill("现场看过，后门可开");
  await supervisor.locator("form:has(input[value=verify]) button").click();
  assert.match(await main(supervisor), /已销号/);
  await passer.goto(link);
  assert.match(await main(passer), /已销号|验收/);
  await sound(passer, "a report that is done");

  // The heat of hazards, a letter, and the month's report with Chinese that a reader of PDF reads.
  await supervisor.goto(`${base}/findings/heat`);
  await sound(supervisor, "heat of hazards");
  await supervisor.goto(`${base}/findings?severity=grave`);
  await supervisor.click("tbody tr a");
  await supervisor.click("main a:has-text('出具监督文书')");
  await sound(supervisor, "a new letter");
  await supervisor.click("main button.btn-primary");
  await sound(supervisor, "a letter");
  const pdf = join(server.data, "safety.pdf");
  await run(binary, ["--data", server.data, "report", "safety-monthly", "--pdf", pdf]);
  const { stdout } = await run("pdftotext", ["-layout", pdf, "-"]);
  assert.match(stdout, /安全生产和劳动保护工作月报/);
  assert.match(stdout.replaceAll(/\s/g, ""), /职工随手拍反映1件，已受理1件/);
  await until(supervisor, `${base}/board`, /1 公众反映/);
  await english(["/tips", "/findings/heat", "/letters", address.replace(base, "")]);
  for (const page of [passer, officer, supervisor]) await page.context().close();
});

test("a household is found, granted by another hand, paid and shown; a patrol meets somebody without a name", async () => {
  const officer = await as("officer");
  await officer.goto(`${base}/measures`);
  await sound(officer, "measures");
  await officer.goto(`${base}/measures/heating-subsidy`);
  await sound(officer, "a clause");
  const waiting = await officer.locator("tbody tr").count();
  assert.ok(waiting > 0, "somebody qualifies and has not come");
  await officer.click("form[action$='/propose'] button");
  await officer.goto(`${base}/cases?programme=heating-subsidy&stage=applied`);
  await sound(officer, "cases of a clause");

  const supervisor = await as("supervisor");
  await supervisor.goto(`${base}/cases?programme=heating-subsidy&stage=applied`);
  await supervisor.click(".column li a");
  const one = supervisor.url();
  await supervisor.selectOption("select[name=to]", "granted");
  await supervisor.click("form:has(select[name=to]) button");
  assert.match(await main(supervisor), /已核准/);
  await sound(supervisor, "a granted case");

  const batch = await paid(officer, supervisor, "取暖补贴");
  await supervisor.goto(one);
  assert.match(await main(supervisor), /已到户/);

  // A patrol: planned by what is due, routed, gone out, somebody met who gave no name.
  await officer.goto(`${base}/tours`);
  await sound(officer, "tours");
  await officer.goto(`${base}/tours/new?kind=street`);
  await sound(officer, "plan a tour");
  await officer.click("form[action='/tours/new'] button.btn-primary");
  if (/\/tours(\?|$)/.test(officer.url())) await officer.click("tbody tr:has-text('待出发') a");
  const tour = officer.url().split("?")[0];
  await officer.context().close();
  const lead = await as("officer", phone);
  await lead.goto(tour);
  await sound(lead, "a tour before it goes");
  await lead.click("form[action$='/out'] button");
  await lead.click("form[action*='/stops/'] button");
  await lead.click("label:has-text('不愿进站')");
  await lead.fill("form[action$='/encounters'] input[name=words]", "给了热水，留下电话");
  await lead.click("form[action$='/encounters'] button");
  assert.match(await main(lead), /未留名/);
  await sound(lead, "a tour on its way");
  await lead.click("form[action$='/back'] button");
  assert.match(await main(lead), /已返回/);
  await supervisor.goto(`${base}/tours/sheet`);
  await sound(supervisor, "the daily sheet");
  const province = await as("province");
  await province.goto(`${base}/tours/sheet`);
  assert.match(await main(province), /海盐/);
  await sound(province, "the daily sheet of a province");
  await until(supervisor, `${base}/board`, /取暖/);
  await english(["/measures", "/measures/heating-subsidy", "/payments", batch.replace(base, ""), "/tours", "/tours/new?kind=street", tour.replace(base, ""), "/tours/sheet", "/supplies/due"]);
  for (const page of [lead, supervisor, province]) await page.context().close();
});

test("a firm asks by its credit code, applies, is granted and paid, and the measure's life shows it", async () => {
  const supervisor = await as("supervisor");
  // A firm that qualifies and has not come: the office finds it.
  await supervisor.goto(`${base}/measures/show-grant`);
  await sound(supervisor, "a clause for firms");
  await supervisor.click("tbody tr a");
  await sound(supervisor, "a firm");
  const code = (await main(supervisor)).match(/9[0-9A-Z]{17}/)?.[0];
  assert.ok(code, "the firm's page shows its credit code");

  const firm = await stranger(desk);
  await firm.goto(`${base}/firms`);
  await sound(firm, "firms");
  await firm.fill("input[name=code]", code.slice(0, 17) + (code[17] === "1" ? "2" : "1"));
  await firm.click("form[action='/firms'] button");
  assert.match(await main(firm), /校验位/);
  await firm.fill("input[name=code]", code);
  await firm.click("form[action='/firms'] button");
  await sound(firm, "what a firm qualifies for");
  await firm.click("button[value=show-grant]");
  assert.match(await main(firm), /待核准/);

  await supervisor.goto(`${base}/cases?programme=show-grant&stage=applied`);
  await supervisor.click(".column li a");
  const one = supervisor.url();
  await supervisor.selectOption("select[name=to]", "granted");
  await supervisor.click("form:has(select[name=to]) button");
  assert.match(await main(supervisor), /已核准/);
  await firm.goto(`${base}/firms?code=${code}`);
  assert.match(await main(firm), /已核准/);
  const officer = await as("officer");
  await paid(officer, supervisor, "境外参展补助");
  await supervisor.goto(one);
  assert.match(await main(supervisor), /已兑付/);
  await firm.goto(`${base}/firms?code=${code}`);
  assert.match(await main(firm), /已兑付/);
  await supervisor.goto(`${base}/measures/show-grant`);
  const life = (await supervisor.locator("ol.loop").textContent()).replaceAll(/\s+/g, " ");
  assert.match(life, /1 已申请.*1 已核准.*1 已兑付/);
  await sound(supervisor, "the life of a clause");
  await english(["/firms", `/firms?code=${code}`, "/people?kind=enterprise", "/measures/show-grant"]);
  await until(supervisor, `${base}/board`, /1 受惠企业/);
  for (const page of [firm, officer, supervisor]) await page.context().close();
});
