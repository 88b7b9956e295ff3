// Classes in the open: a call is answered on a phone and decided by lot, scores, publicity and somebody else; a class is taught with a
// code on the teacher's screen; a visit finds something, which is put right; the class is assessed; work is claimed, shown,
// verified; anybody reads what came of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, desk, launch, logIn, logged, phone, photo, serve } from "./browser.mjs";

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
const stranger = async (options = phone) => (await browser.newContext(options)).newPage();

/** A day so many days after the demonstration's first. */
const day = (days) => new Date(Date.now() + 8 * 3600e3 + days * 86400e3).toISOString().slice(0, 10);

/** Sends a form of the page that is shown, as its buttons do. */
async function send(page, path, fields) {
  const sent = await page.evaluate(
    async ([path, fields]) => {
      const body = new URLSearchParams(fields);
      body.append("csrf", document.querySelector("input[name=csrf]").value);
      const answer = await fetch(path, { method: "POST", body });
      return [answer.status, answer.url, await answer.text()];
    },
    [path, fields],
  );
  assert.ok(sent[0] < 400, `${path}: ${sent[0]} ${sent[2].slice(0, 2000)}`);
  return sent;
}

/** Fills in with the mouse everything that somebody is asked for: the best answers, or what is given. */
async function fill(page, given = {}) {
  let filled = 0;
  for (;;) {
    await page.goto(`${base}/checks/mine`);
    const sheet = page.locator("[data-check]:has-text('评审'), [data-check]:has-text('评估'), [data-check]:has-text('督查')").first();
    if ((await sheet.count()) === 0) return filled;
    await sheet.locator("summary").first().click();
    const form = sheet.locator("form").first();
    const names = await form.evaluate((f) => [...new Set([...f.elements].map((e) => e.name))].filter((n) => n && n !== "csrf"));
    for (const name of names) {
      const field = form.locator(`[name="${name}"]`).first();
      const kind = await field.evaluate((e) => e.type);
      if (kind === "radio") await form.locator(`[name="${name}"][value="${given[name] ?? "yes"}"], [name="${name}"][value="${given[name] ?? "good"}"]`).first().check();
      else if (kind === "number") await field.fill(given[name] ?? "95");
      else if (kind === "select-one") await field.selectOption(given[name] ?? "good");
    }
    const id = await sheet.getAttribute("data-check");
    await form.locator("button.btn-primary").click();
    // Kept by the phone and sent at once: the sheet goes when the office has it.
    await page.waitForSelector(`[data-check="${id}"]`, { state: "detached" });
    filled += 1;
  }
}

let offer;
let teacher;
let number;
/** The phone that came to the lesson. */
let comer;

test("a call is answered on a phone, judged by three who were drawn, and decided by somebody else", async () => {
  const admin = await as("admin");
  await admin.goto(`${base}/accounts`);
  for (const login of ["expert1", "expert2"]) {
    await send(admin, "/accounts", { login, name: login, password: "expert-of-the-test", role: "reviewer", region: "330424" });
  }
  const officer = await as("officer");
  await officer.goto(`${base}/providers`);
  await axe(officer, "no providers yet");
  await officer.fill("input[name=code]", "91330424000000000X");
  await officer.fill("input[name=name]", "海滨培训学校");
  await officer.locator("form[action='/providers'] button").click();
  assert.match(await main(officer), /校验位/, "a wrong code is told");
  // Codes with right check characters, as the program works them out.
  const right = codesOf();
  for (const [n, name] of ["海滨培训学校", "城西培训中心"].entries()) {
    await officer.goto(`${base}/providers`);
    const form = officer.locator("form[action='/providers']");
    if (!(await form.isVisible())) await officer.click("summary:has-text('登记合作单位')");
    await form.locator("input[name=code]").fill(right[n]);
    await form.locator("input[name=name]").fill(name);
    await form.locator("button").click();
    assert.match(await main(officer), /已阻断/, "without papers it is blocked");
    for (const kind of ["registration", "permit", "fire"]) {
      await officer.click("summary:has-text('登记或换证')");
      const paper = officer.locator("form[action$='/papers']");
      await paper.locator("select[name=kind]").selectOption(kind);
      await paper.locator("input[name=number]").fill(`33-${n}`);
      await paper.locator("input[name=expires]").fill(day(400));
      await paper.locator("button").click();
    }
    await officer.click("summary:has-text('登记教师')");
    const person = officer.locator("form[action$='/teachers']");
    await person.locator("input[name=name]").fill(`${name}的老师`);
    await person.locator("input[name=certificate]").fill(`T-${n}`);
    await person.locator("button").click();
    assert.match(await main(officer), /证照齐全有效/);
  }
  await axe(officer, "a provider");

  const supervisor = await as("supervisor");
  await supervisor.goto(`${base}/tenders`);
  await supervisor.fill("input[name=title]", "电焊班承办单位");
  await supervisor.fill("input[name=seats]", "60");
  await supervisor.fill("input[name=cap]", "3000");
  await supervisor.fill("input[name=budget]", "180000");
  await supervisor.fill("input[name=closes]", day(0));
  await supervisor.fill("textarea[name=need]", "面向失业人员的电焊培训，实训不少于一半课时");
  await supervisor.locator("form[action='/tenders'] button").click();
  await axe(supervisor, "a call");
  const tender = new URL(supervisor.url()).pathname;
  const call = await supervisor.getAttribute("a[href^='/calls/']", "href");

  for (const [n, price] of ["2400", "2600"].entries()) {
    const bidder = await stranger();
    await bidder.goto(base + call);
    if (n === 0) await axe(bidder, "a public call");
    await bidder.fill("input[name=code]", right[n]);
    await bidder.fill("input[name=name]", "按代码识别");
    await bidder.fill("input[name=price]", price);
    await bidder.fill("textarea[name=words]", "实训为主，两名教师，一号实训室");
    await bidder.click("button.yes");
    assert.match(await main(bidder), /报名已收到/);
    assert.doesNotMatch(await main(bidder), /海滨/, "nobody learns who bids");
    await bidder.context().close();
  }

  await server.on(day(1));
  await supervisor.goto(base + tender);
  await supervisor.click("button:has-text('随机抽取')");
  assert.match(await main(supervisor), /评审中/);
  let filled = 0;
  for (const login of ["expert1", "expert2", "officer", "reviewer"]) {
    const page = await (await browser.newContext(phone)).newPage();
    await logIn(page, base, login, login.startsWith("expert") ? "expert-of-the-test" : `${login}-demo`);
    filled += await fill(page);
    await page.context().close();
  }
  assert.equal(filled, 6, "three reviewers, two bids");
  await supervisor.goto(base + tender);
  await supervisor.click("button:has-text('公示排名')");
  const reader = await stranger();
  await reader.goto(base + call);
  assert.match(await main(reader), /排名分/);
  await axe(reader, "a public ranking");
  await reader.fill("textarea[name=words]", "请说明实训室面积");
  await reader.click("button.yes");
  await officer.goto(base + tender);
  await officer.fill("textarea[name=words]", "实训室 120 平方米，评审人已到场查看");
  await officer.click("button:has-text('答复')");

  await server.on(day(8));
  await admin.goto(base + tender);
  await admin.fill("textarea[name=reasons]", "排名第一，课程合适，价格合理");
  await admin.click("main form[action$='/decide'] button");
  // The contract, by somebody who sees what was decided: its number is public, its account is not.
  await supervisor.goto(base + tender);
  await supervisor.click("a:has-text('签订合同')");
  await axe(supervisor, "signing a contract");
  await supervisor.fill("input[name=number]", "HY-2026-8");
  await supervisor.fill("input[name=bank]", "示例银行");
  await supervisor.fill("input[name=account]", "6200 0000 0000 0008");
  await supervisor.click("main form button.btn-primary");
  assert.match(await main(supervisor), /\*\*\*\*0008/);
  await axe(supervisor, "a contract");
  await reader.goto(base + call);
  assert.match(await main(reader), /HY-2026-8/);
  assert.match(await main(reader), /排名第一，课程合适/);
  assert.match(await main(reader), /实训室 120 平方米/);
});

/** Two credit codes with right check characters (GB 32100, GB 11714). */
function codesOf() {
  const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const code = (eight) => {
    const value = (c) => (/[0-9]/.test(c) ? Number(c) : c.charCodeAt(0) - 55);
    const sum = [3, 7, 9, 10, 5, 8, 4, 2].reduce((sum, w, i) => sum + w * value(eight[i]), 0);
    const check = 11 - (sum % 11);
    const nine = eight + (check === 10 ? "X" : check === 11 ? "0" : String(check));
    const text = `91330499${nine}`;
    let total = 0;
    for (let i = 0; i < 17; i += 1) total += alphabet.indexOf(text[i]) * (3 ** i % 31);
    return text + alphabet[(31 - (total % 31)) % 31];
  };
  return [code("MA270001"), code("MA270002")];
}

test("a class is taught with a code on the teacher's screen; a visit finds something, and it is put right", async () => {
  const supervisor = await as("supervisor");
  await supervisor.goto(`${base}/match`);
  await supervisor.click("section:has(h2:has-text('适岗培训')) button");
  await supervisor.waitForURL(/\/match\/runs\/|\/runs\//);
  supervisor.once("dialog", (dialog) => dialog.accept());
  await supervisor.click("text=批准并发送");
  await supervisor.waitForFunction(() => !document.querySelector("progress"), null, { timeout: 120000 });
  const officer = await as("officer");
  await officer.goto(`${base}/cases?programme=fit-training`);
  const cases = await officer.evaluate(async () => (await fetch("/api/cases?programme=fit-training&stage=invited")).json());
  assert.ok(cases.cases.length > 5, JSON.stringify(cases).slice(0, 400));
  offer = cases.cases[0].offer;
  const own = cases.cases.filter((c) => c.offer === offer);
  await send(officer, "/cases/move", [...own.map((c) => ["case", c.id]), ["to", "accepted"], ["words", "电话确认"]]);

  await officer.goto(`${base}/classes/new`);
  await axe(officer, "beginning a class");
  await officer.selectOption("select[name=offer]", offer);
  await officer.locator("label:has-text('海滨培训学校') input").check();
  assert.equal(await officer.locator("label:has-text('城西培训中心')").count(), 0, "who was not chosen has no contract");
  await officer.fill("input[name=room]", "一号实训室");
  await officer.click("main form button.btn-primary");
  teacher = (await officer.textContent("code")).trim().replace(/^.*\/teach/, "/teach");
  await axe(officer, "the teacher's link");
  const path = `/classes/${offer}`;
  await officer.goto(base + path);
  await officer.click("button:has-text('按先后顺序入班')");
  await officer.fill("input[name=first]", day(8));
  await officer.fill("input[name=from]", "09:50");
  await officer.fill("input[name=to]", "11:30");
  await officer.fill("input[name=count]", "1");
  await officer.click("button:has-text('排课')");
  await axe(officer, "a class");
  await officer.click("summary:has-text('上课地点')");
  await officer.fill("input[name=at]", "120.94, 30.52");
  await officer.locator("form[action$='/place'] button.btn:has-text('保存')").click();
  assert.match(await main(officer), /上课地点：120.94/);

  // A teacher's desk, and a phone that reads what is on its screen.
  const desktop = await stranger(desk);
  await desktop.goto(base + teacher);
  await axe(desktop, "a teacher's lessons");
  await desktop.click("a:has-text('打开二维码')");
  await axe(desktop, "the code on the screen");
  const link = new URL(await desktop.getAttribute("p.small a", "href")).pathname;
  const trainee = await stranger({ ...phone, geolocation: { longitude: 120.9401, latitude: 30.5201 }, permissions: ["geolocation"] });
  await trainee.goto(base + link);
  await axe(trainee, "a trainee's phone");
  // Where the phone is goes along only if its owner taps for it.
  assert.equal(await trainee.inputValue("input[name=lon]"), "");
  await trainee.click("[data-where] button");
  await trainee.waitForSelector("[data-where] [role=status]:has-text('已附上')");
  assert.equal(await trainee.inputValue("input[name=lon]"), "120.9401");
  await trainee.fill("input[name=phone]", "12009999999");
  await trainee.click("button.yes");
  assert.match(await main(trainee), /名单上没有这个手机号/);
  number = await phoneOf(officer);
  await trainee.goto(base + link);
  await trainee.fill("input[name=phone]", number);
  await trainee.click("button.yes");
  assert.match(await main(trainee), /已到课/);
  await axe(trainee, "come");
  await trainee.click("a:has-text('评价这个班')");
  for (const name of ["stars", "course", "teacher", "useful"]) await trainee.locator(`input[name=${name}][value='5']`).check();
  await axe(trainee, "what a trainee thinks");
  await trainee.click("button.yes");
  assert.match(await main(trainee), /谢谢/);
  comer = trainee;

  // The others sign on paper; somebody of the office counts.
  await officer.goto(base + path);
  await officer.click("main table a[href*='/lessons/']");
  for (const box of await officer.locator("input[name=case]").all()) await box.check();
  await officer.click("button:has-text('补录纸质签到')");
  await officer.fill("input[name=count]", "3");
  await officer.locator("input[name=photos]").setInputFiles([await photo(officer, "lesson")]);
  await officer.locator("form[action$='/observe'] button").click();
  await axe(officer, "a lesson");
  await officer.goto(base + path);
  assert.match(await main(officer), /跟班点到的人数比签到少/);

  // A visit that nobody was told of finds the wrong teacher; its finding is put right and verified by somebody else.
  await supervisor.goto(`${base}/checks/new?list=employment/class-visit`);
  await supervisor.locator("input[name=which][value=chosen]").check();
  await supervisor.click("details.more summary");
  await supervisor.locator(`input[name=subject][value='${offer}']`).check();
  await supervisor.locator("fieldset:has(legend:has-text('检查人')) label:has-text('主管') input, fieldset label:has-text('主管') input[name=reviewer]").first().check();
  await supervisor.click("main form button.btn-primary");
  assert.equal(await fill(supervisor, { teacher: "no" }), 1);
  await supervisor.goto(`${base}/findings?about=offer:${offer}`);
  await supervisor.click("a:has-text('授课教师与课表不符')");
  const finding = supervisor.url();
  await supervisor.fill("form:has(input[value=fix]) [name=words]", "换回课表上的教师，已补课");
  await supervisor.locator("form:has(input[value=fix]) input[name=photos]").setInputFiles([await photo(supervisor, "teacher")]);
  await supervisor.locator("form:has(input[value=fix]) button").click();
  await supervisor.waitForURL(/note=/);
  await officer.goto(finding);
  await officer.fill("form:has(input[value=verify]) [name=words]", "到课堂看过，属实");
  await officer.locator("form:has(input[value=verify]) button").first().click();
  await officer.waitForURL(/note=/);
  assert.match(await main(officer), /已销号|已核实/);
});

/** The number of somebody on the roster, as the officer sees it. */
async function phoneOf(officer) {
  const before = officer.url();
  await officer.goto(`${base}/classes/${offer}`);
  for (const link of await officer.locator("a[href^='/people/']").all()) {
    const person = await link.getAttribute("href");
    const page = await officer.context().newPage();
    await page.goto(base + person);
    // The page shows the first three digits and the last four; the demonstration's numbers have noughts between.
    const found = (await main(page)).match(/120\*{4}(\d{4})/);
    await page.close();
    if (found) {
      await officer.goto(before);
      return `1200000${found[1]}`;
    }
  }
  throw new Error("nobody on the roster has a number");
}

test("the class ends, is assessed, work is claimed, shown and verified, and anybody reads what came of it", async () => {
  await server.on(day(9));
  const [officer, supervisor] = [await as("officer"), await as("supervisor")];
  supervisor.on("dialog", (dialog) => dialog.accept());
  await supervisor.goto(`${base}/classes/${offer}`);
  await supervisor.click("button:has-text('结业')");
  assert.match(await main(supervisor), /已结业/);

  // A trainee tells of work on the phone, and comes back with the evidence; anybody checks a certificate.
  const trainee = comer;
  for (const [employer, contract] of [["海盐示例电机厂", ""], ["", "HT-0"]]) {
    await trainee.goto(`${base}/in/work/330424/${offer}`);
    if (!contract) await axe(trainee, "telling of work");
    assert.match(await main(trainee), /您是 .\*/, "the phone is known from the lesson, and not asked for its number");
    await trainee.fill("input[name=employer]", employer);
    await trainee.fill("input[name=number]", contract);
    await trainee.click("button.yes");
    assert.match(await main(trainee), /收到了/);
  }
  await officer.goto(`${base}/outcomes?state=evidenced`);
  assert.match(await main(officer), /海盐示例电机厂/);
  await officer.goto(`${base}/classes/${offer}/certificates`);
  await axe(officer, "certificates");
  await trainee.goto(base + new URL(await officer.locator("a[href*='/certificates/330424/']").first().getAttribute("href")).pathname);
  assert.match(await main(trainee), /有效/);
  await axe(trainee, "a certificate");

  await officer.goto(`${base}/outcomes`);
  await axe(officer, "whom to ask");
  const first = officer.locator("details.visit").first();
  await first.locator("summary").click();
  await first.locator("input[name=employer]").fill("海盐示例机械厂");
  await first.locator("input[name=since]").fill(day(9));
  await first.locator("button.btn-primary").click();
  assert.match(await main(officer), /自报/);
  const work = officer.url().split("?")[0];
  await officer.selectOption("select[name=kind]", "contract");
  await officer.fill("input[name=number]", "HT-1");
  await officer.locator("input[name=photo]").setInputFiles([await photo(officer, "contract")]);
  await officer.click("button:has-text('登记证据')");
  await axe(officer, "evidence");
  assert.match(await main(officer), /不能自己核实/);

  // Two assess the class, each for himself.
  await officer.goto(`${base}/checks/new?list=employment/class-results`);
  await officer.locator("input[name=which][value=chosen]").check();
  await officer.click("details.more summary");
  await officer.locator(`input[name=subject][value='${offer}']`).check();
  for (const name of ["expert1", "expert2"]) await officer.locator(`label:has-text('${name}') input[name=reviewer]`).check();
  await officer.click("main form button.btn-primary");
  for (const login of ["expert1", "expert2"]) {
    const page = await (await browser.newContext(phone)).newPage();
    await logIn(page, base, login, "expert-of-the-test");
    assert.equal(await fill(page), 1);
    await page.context().close();
  }
  await server.on(day(45));
  await supervisor.goto(work);
  await supervisor.locator("input[name=fits]").check();
  await supervisor.click("button[value=verified]");
  assert.match(await main(supervisor), /核实/);
  await axe(supervisor, "verified work");
  await officer.goto(`${base}/results/people?class=${offer}`);
  assert.match(await main(officer), /已就业（已核实）/);
  await axe(officer, "who stands behind a rate");

  for (const [options, lang] of [[phone, "zh"], [desk, "en"]]) {
    const reader = await stranger(options);
    await reader.goto(`${base}/lang/${lang}?back=/results`);
    const text = await main(reader);
    assert.match(text, /海滨培训学校/);
    await axe(reader, `open results in ${lang}`);
    const wide = await reader.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 1, `open results in ${lang} are wider than the window by ${wide}`);
    await reader.context().close();
  }
});
