// The whole loop with the mouse: a file is uploaded, people are matched, a message goes out, a job seeker answers.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, desk, launch, logged, phone, serve } from "./browser.mjs";

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

const settled = (page) => page.waitForURL((url) => !url.pathname.startsWith("/tasks/"), { timeout: 120_000 });

test("a file goes in, shows its bad rows, and can be undone", async () => {
  const page = await as("supervisor");
  await page.goto(`${base}/imports`);
  const csv = [
    "姓名,身份证号码,镇街,就业意愿,联系电话",
    "𠮷小明,330499199001011213,武原街道,找工作,12009990001",
    "错号,330424198808081230,武原街道,找工作,12009990002",
    "科学,3.30424E+17,武原街道,找工作,",
  ].join("\n");
  await page.setInputFiles("input[name=file]", { name: "名册.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.click("text=上传并检查");
  await settled(page);
  const text = await page.textContent("main");
  assert.match(text, /科学计数法/);
  assert.match(text, /校验码不对/);
  assert.match(text, /尚未写入/);
  await axe(page, "an import");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=下载有问题的行")]);
  assert.equal(download.suggestedFilename(), "bad-rows.xlsx");
  assert.equal(await page.locator(".tile.good strong").textContent(), "1");
  await page.click("button:has-text('导入 ')");
  await settled(page);
  assert.match(await page.textContent("main"), /已导入/);
  await page.goto(`${base}/people?q=${encodeURIComponent("𠮷小明")}`);
  assert.match(await page.textContent("main"), /共 1 人/);
  await page.goBack();
  page.once("dialog", (dialog) => dialog.accept());
  await page.click("text=撤销这次导入");
  await settled(page);
  assert.match(await page.textContent("main"), /已撤销/);
  await page.goto(`${base}/people?q=${encodeURIComponent("𠮷小明")}`);
  assert.match(await page.textContent("main"), /没有符合条件的人/);
  await page.context().close();
});

test("from matching to the answer of a job seeker", async () => {
  const page = await as("supervisor");
  await page.goto(`${base}/match`);
  await page.click("section:has(h2:has-text('适岗培训')) button");
  await settled(page);
  assert.match(await page.textContent("main"), /已证明为最优/);
  await axe(page, "a run");
  page.once("dialog", (dialog) => dialog.accept());
  await page.click("text=批准并发送");
  await settled(page);
  await page.goto(`${base}/cases?programme=fit-training`);
  assert.match(await page.textContent("main"), /已邀请/);

  // The demonstration's channel writes a file a message; at night it waits for the morning, so the link is read from the page.
  await page.goto(`${base}/messages`);
  const link = (await page.textContent("td.text")).match(/\/o\/[\w-]+/)[0];
  const reader = await (await browser.newContext(phone)).newPage();
  await reader.goto(base + link);
  await axe(reader, "the page of a link");
  await reader.context().close();
  const seeker = await (await browser.newContext({ ...phone, javaScriptEnabled: false })).newPage();
  await seeker.goto(base + link);
  assert.match(await seeker.textContent("main"), /为什么推荐给我/);
  await seeker.click("button.yes");
  assert.match(await seeker.textContent("main"), /您的答复/);
  await seeker.context().close();

  await page.goto(`${base}/cases?programme=fit-training&stage=accepted`);
  assert.equal(await page.locator(".column li").count(), 1);
  await page.goto(`${base}/match`);
  await page.click("section:has(h2:has-text('适岗培训')) button");
  await settled(page);
  await page.goto(`${base}/match`);
  await page.click("text=与上次比较");
  assert.match(await page.textContent("main"), /这次不再拟邀请的人/);
  await axe(page, "two runs");
  await page.goto(`${base}/journal/verify`);
  assert.match(await page.textContent("main"), /完整：/);
  await page.context().close();
});

test("a visit is recorded without network and sent once", async () => {
  const page = await as("officer", phone);
  await page.goto(`${base}/visits/new?f=tier%3Along&q=%E7%8E%8B`);
  await page.fill("input[name=title]", "冬季走访");
  await page.check("label:has-text('经办人员') input[name=visitor]");
  await page.click("form[action='/visits'] button.btn-primary");
  await page.goto(`${base}/visits/mine`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  const before = await page.locator("[data-visit]").count();
  assert.ok(before > 1);
  await page.context().setOffline(true);
  const card = page.locator("[data-visit]").first();
  await card.locator("summary").click();
  await card.locator("input[name=need]").fill("想学电焊");
  await card.locator("button.btn-primary").click();
  await page.waitForSelector("[data-offline-line]:has-text('待上传')");
  await page.reload();
  assert.equal(await page.locator("[data-visit]").count(), before, "the page is there without network");
  await page.context().setOffline(false);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.waitForSelector("[data-offline-line]:has-text('全部已上传')");
  await page.reload();
  assert.equal(await page.locator("[data-visit]").count(), before - 1);
  await page.goto(`${base}/cases?programme=needs&stage=found`);
  assert.match(await page.textContent("main"), /想学电焊/);
  await page.context().close();
});

test("every page is clean to axe, in both languages, on phone and desk", async () => {
  const paths = ["/", "/people", "/imports", "/portrait", "/portrait?x=education&y=difficulty", "/portrait?x=town&y=-", "/offers", "/offers/new", "/match", "/cases", "/messages", "/visits", "/packs", "/packs/fit-training", "/journal", "/occupations"];
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
    await page.goto(`${base}/people`);
    await page.click("tbody a");
    await axe(page, `person ${lang}`);
    await page.context().close();
  }
});

test("a link that nobody gave out says so, and the page is small", async () => {
  const page = await (await browser.newContext(phone)).newPage();
  const response = await page.goto(`${base}/o/330424nonsense`);
  assert.equal(response.status(), 404);
  const css = await readFile(join(import.meta.dirname, "../dist/public.css"));
  assert.ok(css.length < 20_000);
  assert.ok((await readdir(join(server.data, "files"))).length > 0);
  await page.context().close();
});
