// Delivering, checking and showing with the mouse: a checklist filled in without network, a finding's way, a promise that
// moves because a case moved, a meeting, goods that go out and come back, the monthly sheet.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { axe, desk, launch, logged, phone, photo, serve, until } from "./browser.mjs";

const run = promisify(execFile);
const binary = process.env.ZHIDA_BIN ?? "../target/debug/zhida";

let server;
let browser;
let base;

before(async () => {
  server = await serve();
  base = server.base;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const as = (login, options) => logged(browser, base, login, options);
const main = (page) => page.textContent("main");

test("an inspector fills a checklist in without network; its finding is put right, verified, opened again and taken up", async () => {
  const inspector = await as("officer", phone);
  await inspector.goto(`${base}/checks/mine`);
  await inspector.evaluate(() => navigator.serviceWorker.ready);
  await inspector.reload();
  const before = await inspector.locator("[data-check]").count();
  assert.equal(before, 3, "the demonstration asks for three checks");
  await inspector.context().setOffline(true);
  await inspector.reload();
  const sheet = inspector.locator("[data-check]").first();
  const place = await sheet.locator("summary strong").textContent();
  await sheet.locator("summary").first().click();
  await axe(inspector, "a checklist");
  await sheet.locator("input[name=exits_clear][value=no]").check();
  await sheet.locator("input[name=wiring][value=bare]").check();
  await sheet.locator("input[name=extinguishers]").fill("4");
  await sheet.locator("input[name=trained][value=yes]").check();
  await sheet.locator("input[name=photos]").setInputFiles([await photo(inspector, "before 1"), await photo(inspector, "before 2")]);
  await sheet.locator("input[name=position]").fill("120.9412, 30.5230");
  await sheet.locator("input[name=accompanied]").fill("安全员");
  await sheet.locator("button.btn-primary").click();
  await inspector.waitForSelector("[data-offline-line]:has-text('待上传')");
  await inspector.reload();
  assert.equal(await inspector.locator("[data-check]").count(), before, "the page and the answers are there without network");
  await inspector.context().setOffline(false);
  await inspector.evaluate(() => window.dispatchEvent(new Event("online")));
  await inspector.waitForSelector("[data-offline-line]:has-text('全部已上传')");
  await inspector.reload();
  assert.equal(await inspector.locator("[data-check]").count(), before - 1);

  const supervisor = await as("supervisor");
  await supervisor.goto(`${base}/findings?severity=grave`);
  assert.match(await main(supervisor), /疏散通道或安全出口堵塞/);
  await supervisor.click("tr:has-text('疏散通道或安全出口堵塞') a");
  await axe(supervisor, "a finding");
  assert.ok((await main(supervisor)).includes(place));
  assert.equal(await supervisor.locator(".photos img").count(), 2, "the evidence before");
  const address = supervisor.url();
  await supervisor.click("summary:has-text('指定责任人')");
  await supervisor.selectOption("select[name=owner]", { label: "经办人员" });
  await supervisor.locator("form:has(input[value=assign]) button").click();
  assert.match(await main(supervisor), /经办人员/);

  // Put right by its owner, who cannot verify it.
  await inspector.goto(address);
  for (const [name, words] of [["responsibility", "仓库主管"], ["measure", "清理通道"], ["funds", "无需资金"], ["deadline", "当日"], ["contingency", "专人值守"]]) {
    await inspector.fill(`input[name=${name}]`, words);
  }
  await inspector.click("text=保存整改方案");
  await inspector.locator("form:has(input[value=fix]) textarea").fill("已清空通道");
  await inspector.locator("form:has(input[value=fix]) input[type=file]").setInputFiles(await photo(inspector, "after"));
  await inspector.locator("form:has(input[value=fix]) button").click();
  await inspector.locator("form:has(input[value=verify]) input[name=words]").fill("自己看过");
  await inspector.locator("form:has(input[value=verify]) button").click();
  assert.match(await main(inspector), /不能自己验收/);

  await supervisor.goto(address);
  await supervisor.click("summary:has-text('重新打开')");
  await supervisor.locator("form:has(input[value=reopen]) input[name=words]").fill("一侧仍堆有纸箱");
  await supervisor.locator("form:has(input[value=reopen]) button").click();
  assert.match(await main(supervisor), /待整改/);
  await inspector.goto(address);
  await inspector.locator("form:has(input[value=fix]) textarea").fill("两侧都已清空");
  await inspector.locator("form:has(input[value=fix]) input[type=file]").setInputFiles(await photo(inspector, "after 2"));
  await inspector.locator("form:has(input[value=fix]) button").click();
  await supervisor.goto(address);
  await supervisor.locator("form:has(input[value=verify]) input[name=words]").fill("现场复查属实");
  await supervisor.locator("form:has(input[value=verify]) button").click();
  assert.match(await main(supervisor), /已销号/);
  assert.equal(await supervisor.locator(".timeline li").count(), 7);

  // The demonstration has one that is overdue: it went up a level by itself.
  await supervisor.goto(`${base}/findings?late=yes`);
  await supervisor.click("tr:has-text('仓库安全出口') a");
  assert.match(await main(supervisor), /逾期升级/);
  await inspector.context().close();
  await supervisor.context().close();
});

test("a province's promise is divided down to persons and moves because a case moved; a meeting takes up what is red", async () => {
  const province = await as("province");
  await province.goto(`${base}/commitments`);
  await province.click("a:has-text('改造提升户外劳动者服务站点')");
  await axe(province, "a commitment");
  const tree = await main(province);
  for (const part of ["嘉兴市", "海盐县", "经办人员"]) assert.ok(tree.includes(part), `${part} in the tree`);
  // Parts that do not add up are refused, with the sums.
  await province.click("a:has-text('分解')");
  await province.locator("input[name=value]").first().fill("1");
  await province.locator("input[name=cause]").fill("试");
  await province.click("main button.btn-primary");
  assert.match(await main(province), /各部分合计与目标不符：749 ≠ 1000/);

  // A promise counted by an indicator, divided to a person.
  const supervisor = await as("supervisor");
  await supervisor.goto(`${base}/commitments/new`);
  const form = supervisor.locator("form[action='/commitments/new']");
  await form.locator("input[name=title]").fill("办结走访需求两件");
  await form.locator("input[name=value]").fill("2");
  await form.locator("select[name=unit]").selectOption("piece");
  await form.locator("input[name=counting]").fill("走访需求办结件数");
  await form.locator("select[name=indicator]").selectOption("livelihood/needs-met");
  await form.locator("button").click();
  const address = new URL(supervisor.url()).pathname;
  await supervisor.click("a:has-text('分解')");
  const rows = supervisor.locator("tbody tr");
  const last = rows.nth((await rows.count()) - 1);
  await last.locator("select").selectOption({ label: "经办人员" });
  await last.locator("input[name=value]").fill("2");
  await supervisor.click("main button.btn-primary");
  assert.match(await main(supervisor), /经办人员/);
  assert.match(await main(supervisor), /0件/);

  const officer = await as("officer", phone);
  await officer.goto(`${base}/visits/new?f=tier%3Along&q=%E7%8E%8B`);
  await officer.fill("input[name=title]", "冬季走访");
  await officer.check("label:has-text('经办人员') input[name=visitor]");
  await officer.click("form[action='/visits'] button.btn-primary");
  await officer.goto(`${base}/visits/mine`);
  const card = officer.locator("[data-visit]").first();
  await card.locator("summary").click();
  await card.locator("input[name=need]").fill("想学电焊");
  await card.locator("button.btn-primary").click();
  await officer.waitForSelector("[data-offline-line]:has-text('全部已上传')");
  await officer.goto(`${base}/cases?programme=needs`);
  await officer.click(".column li a:has-text('想学电焊'), .column li a");
  for (const stage of ["in-hand", "met"]) {
    await officer.selectOption("select[name=to]", stage);
    const words = officer.locator("form:has(select[name=to]) [name=words]");
    if (await words.count()) await words.fill("已安排培训");
    await officer.locator("form:has(select[name=to]) button").click();
  }
  await until(supervisor, base + address, /1件/);
  const moved = await main(supervisor);
  assert.match(moved, /50%/, "the person's part and the whole moved");

  // The meeting: what is red stands on the agenda; a decision becomes an item; the next one opens with it.
  await supervisor.goto(`${base}/meetings/new`);
  await axe(supervisor, "a new meeting");
  assert.match(await main(supervisor), /滞后/);
  await supervisor.fill("input[name=title]", "十二月会商");
  await supervisor.fill("textarea[name=people]", "王芳 海盐县总工会\n李强 县建设局");
  await supervisor.click("main button.btn-primary");
  await axe(supervisor, "a meeting");
  await supervisor.locator("form[action$='/decisions'] input[name=words]").fill("再改造三个站点");
  await supervisor.locator("form[action$='/decisions'] input[name=value]").fill("3");
  await supervisor.locator("form[action$='/decisions'] select[name=person]").selectOption({ label: "经办人员" });
  await supervisor.locator("form[action$='/decisions'] button").click();
  await supervisor.click("a:has-text('再改造三个站点')");
  assert.match(await main(supervisor), /3件以上/);
  await supervisor.goto(`${base}/meetings/new`);
  await supervisor.fill("input[name=title]", "一月会商");
  await supervisor.click("main button.btn-primary");
  assert.match(await main(supervisor), /上次决定落实情况[\s\S]*再改造三个站点/);
  for (const page of [province, supervisor, officer]) await page.context().close();
});

test("goods and money go out, come back, are counted, and every balance recomputes", async () => {
  const page = await as("supervisor");
  const post = async (act, fill) => {
    await page.goto(`${base}/supplies/new?act=${act}`);
    await fill();
    await page.locator("form[enctype] button.btn-primary").click();
  };
  await post("give", async () => {
    await page.fill("input[name=party_name]", "不愿留名的人");
    await page.fill("input[name=amount]", "2");
    await page.fill("input[name=receipt_signature]", "李");
  });
  assert.match(await main(page), /-2[\s\S]*已发放/);
  await axe(page, "an entry");
  // More than there is: refused with what there is.
  await post("give", async () => {
    await page.fill("input[name=party_name]", "甲");
    await page.fill("input[name=amount]", "100000");
    await page.fill("input[name=receipt_signature]", "甲");
  });
  assert.match(await main(page), /库存不足（现有 < 需要）[\s\S]*295 < 100000/);
  await post("return", async () => {
    await page.fill("input[name=party_name]", "不愿留名的人");
    await page.fill("input[name=amount]", "1");
  });
  await post("pay", async () => {
    await page.fill("input[name=party_name]", "乙");
    await page.fill("input[name=amount]", "99999999");
    await page.fill("input[name=receipt_code]", "R-1");
  });
  assert.match(await main(page), /余额不足/);
  await page.goto(`${base}/supplies`);
  await page.click("text=盘点");
  await page.locator("tr:has-text('棉衣') input[name=counted]").fill("290");
  await page.click("main button.btn-primary");
  assert.match(await main(page), /请写明原因/);
  await page.goBack();
  await page.locator("tr:has-text('棉衣') input[name=counted]").fill("290");
  await page.fill("input[name=words]", "受潮报损");
  await page.click("main button.btn-primary");
  assert.match(await main(page), /盘点差异/);
  await page.locator("tr:has-text('盘点差异') a").first().click();
  page.once("dialog", (dialog) => dialog.accept());
  await page.fill("input[name=words]", "数错了");
  await page.click("text=冲销这笔");
  assert.match(await main(page), /冲销账/);
  assert.equal(await page.locator("text=冲销这笔").count(), 0, "a counter-entry is not taken back");
  await page.goto(`${base}/supplies/verify`);
  assert.match(await main(page), /账目平衡/);
  const { stdout } = await run(binary, ["--data", server.data, "ledger", "verify"]);
  assert.match(stdout, /330424: sound/);
  await page.context().close();
});

test("the monthly sheet comes out as .xlsx and PDF, with Chinese text in it", async () => {
  const xlsx = join(server.data, "m.xlsx");
  const pdf = join(server.data, "m.pdf");
  await run(binary, ["--data", server.data, "report", "commitments-monthly", "--xlsx", xlsx, "--pdf", pdf]);
  const { stdout } = await run("pdftotext", ["-layout", pdf, "-"]);
  assert.match(stdout, /民生实事项目进展情况月报表/);
  assert.match(stdout, /截至上月进展/);
  assert.match(stdout, /是（目标/);
  assert.equal((await readFile(xlsx)).subarray(0, 2).toString(), "PK");
  const page = await as("supervisor");
  await page.goto(`${base}/reports/commitments-monthly`);
  for (const [name, ending] of [["Excel", "xlsx"], ["PDF", "pdf"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`main .acts a:has-text('${name}')`)]);
    assert.match(download.suggestedFilename(), new RegExp(`commitments-monthly-.*\\.${ending}$`));
  }
  await page.context().close();
});

test("an inspector reads everything, changes nothing, and is seen to look", async () => {
  const page = await as("inspector");
  await page.goto(`${base}/findings`);
  assert.equal(await page.locator("main form[method=post]:visible:not(.own)").count(), 0, "no form that changes something");
  await page.locator("form.own textarea").fill("逾期问题须说明原因");
  await page.locator("main form.own button").click();
  assert.match(await main(page), /已记录/);
  const supervisor = await as("supervisor");
  await supervisor.goto(`${base}/notes`);
  assert.match(await main(supervisor), /逾期问题须说明原因/);
  await supervisor.goto(`${base}/journal`);
  assert.match(await main(supervisor), /监督查看/);
  const admin = await as("admin");
  await admin.goto(`${base}/accounts`);
  await admin.locator("tr:has-text('inspector') button").click();
  assert.match(await main(admin), /不能由被监督单位停用/);
  for (const one of [page, supervisor, admin]) await one.context().close();
});

test("every page of delivering, checking and showing is clean to axe, in both languages, on phone and desk", async () => {
  const paths = ["/", "/places", "/places/new", "/checks", "/checks/new?list=safety/worksite", "/findings", "/findings/board", "/findings/new", "/commitments", "/commitments?view=gantt", "/commitments?view=map", "/commitments/new", "/meetings", "/supplies", "/supplies/new?act=receive", "/supplies/new?act=give&q=%E7%8E%8B", "/supplies/entries", "/supplies/verify", "/reports", "/reports/commitments-monthly", "/reports/work-monthly", "/board", "/handover", "/notes"];
  for (const [lang, size] of [["zh", desk], ["en", phone]]) {
    const page = await as("supervisor", size);
    await page.goto(`${base}/lang/${lang}?back=/`);
    for (const path of paths) {
      await page.goto(base + path);
      assert.ok(!(await page.textContent("body")).includes("⟨"), `a text is missing on ${path}`);
      await axe(page, `${path} ${lang}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
      assert.ok(!wide, `${path} is wider than the screen (${lang})`);
    }
    await page.context().close();
  }
  const admin = await as("admin");
  for (const path of ["/accounts", "/units"]) {
    await admin.goto(base + path);
    await axe(admin, path);
  }
  await admin.context().close();
});
