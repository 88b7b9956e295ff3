//! The work that was found after classes: claimed, shown, verified, audited, paid for; certificates; providers that are heard.

use axum::http::StatusCode;

use crate::classes::{
    assessed, between, county, done, fill, finished, get, morning, number_of, phones_at, post, public,
};
use crate::county::{HERE, World};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one walk from a claim to the open results")]
async fn work_is_claimed_shown_verified_by_somebody_else_and_counted() {
    let mut world = morning().await;
    let offer = finished(&mut world).await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let page = get(&world, &officer, "/outcomes").await;
    let cases: Vec<String> = page
        .split("name=\"case\" value=\"")
        .skip(1)
        .map(|c| c.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(cases.len(), 5, "{page}");
    let today = world.app.clock.today();
    let mut claims = Vec::new();
    for (n, case) in cases[..4].iter().enumerate() {
        let form = format!("case={case}&by=person&employer={n} 号厂&since={today}");
        claims.push(done(&world, &officer, "/outcomes", &form).await);
    }
    let twice = format!("case={}&by=person&employer=厂&since={today}", cases[0]);
    assert_eq!(post(&world, &officer, "/outcomes", &twice).await.status, StatusCode::CONFLICT);
    let ahead = format!("case={}&by=person&employer=厂&since=2099-01-01", cases[4]);
    assert_eq!(post(&world, &officer, "/outcomes", &ahead).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    // Two by a contract, one by the extract of the social insurance, in which other people stand, too; one by nothing.
    let photo = crate::tips::picture();
    for claim in &claims[..2] {
        let sent = world
            .post_photo(&officer, &format!("{claim}/evidence"), &[("kind", "contract"), ("number", "")], &[])
            .await;
        assert_eq!(
            sent.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "neither picture nor number: {}",
            sent.body
        );
        let fields = [("kind", "contract"), ("number", "HT-2026-1")];
        let sent = world.post_photo(&officer, &format!("{claim}/evidence"), &fields, &photo).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    }
    let third: zhida::ids::CaseId = cases[2].parse().unwrap();
    let third = zhida::case::by_id(&world.app.db, &county(), third).await.unwrap().unwrap().party_id;
    let number = number_of(&world, third).await;
    let other = zhida_types::IdNumber::complete("330499197001010011")
        .or(zhida_types::IdNumber::complete("33049919700101001"))
        .unwrap();
    let text = format!(
        "身份证号码,单位名称,参保日期\n{},二号厂,{today}\n{},别人的厂,{today}\n不是号码,厂,{today}\n",
        number,
        other.reveal()
    );
    let wrong =
        world.post_file(&officer, ("/outcomes/extract", ""), "a.csv", "证件,单位\n1,2\n".as_bytes()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("身份证号码"), "the column is named: {}", wrong.body);
    let taken = world.post_file(&officer, ("/outcomes/extract", ""), "a.csv", text.as_bytes()).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    for words in ["文件共 3 行", "1 行证件号不对", "登记的人里有 1 人", "1 件自报有了证据"]
    {
        assert!(taken.body.contains(words), "{words}: {}", taken.body);
    }
    assert!(!taken.body.contains("别人的厂") && !taken.body.contains(other.reveal()), "nobody else is shown");

    // Not before it has lasted, not by whoever put the evidence on file, not before the class was assessed.
    let good = "verdict=verified&fits=yes&words=";
    let early = post(&world, &supervisor, &format!("{}/verify", claims[0]), good).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", early.body);
    world.later(31);
    let own = post(&world, &officer, &format!("{}/verify", claims[0]), good).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.body);
    let shut = post(&world, &supervisor, &format!("{}/verify", claims[0]), good).await;
    assert_eq!(shut.status, StatusCode::CONFLICT, "the results gate is shut: {}", shut.body);
    assessed(&world, &offer).await;
    for claim in [&claims[0], &claims[2]] {
        done(&world, &supervisor, &format!("{claim}/verify"), good).await;
    }
    let no = post(&world, &supervisor, &format!("{}/verify", claims[1]), "verdict=refused&words=").await;
    assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY, "a refusal needs its cause");
    done(&world, &supervisor, &format!("{}/verify", claims[1]), "verdict=refused&words=合同没有盖章").await;
    let nothing = post(&world, &supervisor, &format!("{}/verify", claims[3]), good).await;
    assert_eq!(nothing.status, StatusCode::CONFLICT, "a claim alone is not verified");

    // Later looks.
    let soon = post(&world, &officer, &format!("{}/follow", claims[0]), "months=3&in_work=yes").await;
    assert_eq!(soon.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", soon.body);
    world.later(70);
    done(&world, &officer, &format!("{}/follow", claims[0]), "months=3&in_work=yes&words=电话回访").await;
    assert_eq!(
        post(&world, &officer, &format!("{}/follow", claims[0]), "months=3&in_work=no").await.status,
        StatusCode::CONFLICT
    );
    let page = get(&world, &officer, &claims[0]).await;
    assert!(page.contains("仍在就业") && page.contains("电话回访"), "{page}");

    // Anybody reads what came of it.
    let results = public(&world, "/results").await;
    assert!(results.contains("40.0%"), "two of five: {results}");
    assert!(
        results.contains("1 号学校") && !results.contains("王"),
        "providers, and nobody's name: {results}"
    );
    let csv = public(&world, "/results/classes.csv").await;
    assert!(csv.contains(",5,5,2,40.0%"), "{csv}");

    // A share of it is audited, by somebody who was not asked before; what fails does not count.
    let much = post(&world, &supervisor, "/outcomes/audit", "percent=41").await;
    assert_eq!(much.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", much.body);
    assert_eq!(post(&world, &officer, "/outcomes/audit", "percent=20").await.status, StatusCode::FORBIDDEN);
    done(&world, &supervisor, "/outcomes/audit", "percent=20").await;
    let reviewer = world.log_in("reviewer").await;
    let answers = [("trained", "yes"), ("working", "no"), ("genuine", "yes")];
    assert_eq!(
        fill(&world, &reviewer, "号厂", &answers).await + fill(&world, &reviewer, "二号厂", &answers).await,
        1
    );
    let results = public(&world, "/results").await;
    assert!(
        results.contains("20.0%") && results.contains("抽查 1 人，其中 1 人不实"),
        "one of five is left: {results}"
    );
    heard(&mut world, &offer).await;
}

/// A trainee tells of work on a phone, by the number that the office has; later the same phone adds the evidence. Certificates are given to
/// those who finished, looked up by anybody, and withdrawn with a cause.
#[tokio::test]
async fn trainees_tell_of_work_themselves_and_have_certificates() {
    let mut world = morning().await;
    let offer = finished(&mut world).await;
    let link = format!("/in/work/{HERE}/{offer}");
    let blank = public(&world, &link).await;
    assert!(blank.contains("劳动合同") && !blank.contains("社保缴费记录比对"), "no extract by hand: {blank}");
    let number = phones_at(&world, &offer, "completed").await.remove(0);
    let today = world.app.clock.today().to_string();
    let tell = async |phone: &str, employer: &str, number: &str, picture: &[u8]| {
        let fields = [
            ("phone", phone),
            ("employer", employer),
            ("since", today.as_str()),
            ("kind", "contract"),
            ("number", number),
        ];
        world.post_parts(None, &link, &fields, ("photo", "a.jpg", picture)).await
    };
    let nobody = tell("12009999999", "一号厂", "", &[]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nobody.body);
    let nothing = tell(&number, "", "", &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nothing.body);
    let told = tell(&number, "一号厂", "", &[]).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
    let again = tell(&number, "一号厂", "", &[]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "said already, nothing new: {}", again.body);
    let officer = world.log_in("officer").await;
    let claimed = get(&world, &officer, "/outcomes?state=claimed").await;
    assert!(claimed.contains("一号厂"), "{claimed}");
    let shown = tell(&number, "", "HT-1", &crate::tips::picture()).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.body);
    let evidenced = get(&world, &officer, "/outcomes?state=evidenced").await;
    assert!(evidenced.contains("一号厂") && evidenced.contains("劳动合同"), "{evidenced}");

    // Whoever hired one says so, too, by the number; without it nothing is known, whatever phone it comes from.
    let second = phones_at(&world, &offer, "completed").await.remove(0);
    for (phone, status) in [("", StatusCode::UNPROCESSABLE_ENTITY), (&*second, StatusCode::SEE_OTHER)] {
        let fields =
            [("by", "employer"), ("phone", phone), ("employer", "二号厂"), ("since", today.as_str())];
        let hired = world.post_parts(None, &link, &fields, ("photo", "", &[])).await;
        assert_eq!(hired.status, status, "{}", hired.body);
    }
    let claimed = get(&world, &officer, "/outcomes?state=claimed").await;
    let by =
        get(&world, &officer, &format!("/outcomes/{}", between(&claimed, "href=\"/outcomes/", "\""))).await;
    assert!(by.contains("二号厂") && by.contains("企业报送"), "{by}");

    given_and_withdrawn(&world, &offer).await;

    // Who is enrolled in a school meanwhile is seen, from an extract of that register, which is evidence of no work.
    let at = zhida::case::of_offers(&world.app.db, &county(), &[offer.parse().unwrap()]).await.unwrap();
    let student = at.iter().find(|c| c.stage == "completed").unwrap().party_id;
    let number = number_of(&world, student).await;
    let text = format!("身份证号码,学校名称,入学日期,毕业日期\n{number},示例职校,2025-09-01,\n");
    let taken = world
        .post_parts(
            Some(&officer),
            "/outcomes/extract",
            &[("register", "school")],
            ("file", "s.csv", text.as_bytes()),
        )
        .await;
    assert!(
        taken.body.contains("登记的人里有 1 人") && taken.body.contains("0 件自报有了证据"),
        "{}",
        taken.body
    );
    let page = get(&world, &officer, &format!("/classes/{offer}")).await;
    assert!(page.contains("1 名学员上课期间是在校学生"), "{page}");
}

/// The certificates of a class: anybody looks one up, a supervisor withdraws it, and it says so.
async fn given_and_withdrawn(world: &World, offer: &str) {
    let (officer, admin) = (world.log_in("officer").await, world.log_in("admin").await);
    let path = format!("/classes/{offer}/certificates");
    let list = get(world, &admin, &path).await;
    assert_eq!(list.matches("class=\"card certificate\"").count(), 5, "{list}");
    let number = between(&list, &format!("/certificates/{HERE}/"), "\"").to_owned();
    let good = public(world, &format!("/certificates/{HERE}/{number}")).await;
    assert!(good.contains("有效") && good.contains("1 号学校") && good.contains('*'), "{good}");
    let none = public(world, &format!("/certificates/{HERE}/NOTHING-001")).await;
    assert!(none.contains("没有编号为 NOTHING-001 的证书"), "{none}");
    let withdraw = format!("{path}/{}/withdraw", between(&list, &format!("{path}/"), "/"));
    let low = post(world, &officer, &withdraw, "words=代签&version=1").await;
    assert_eq!(low.status, StatusCode::FORBIDDEN);
    let why = post(world, &admin, &withdraw, "words=&version=1").await;
    assert_eq!(why.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", why.body);
    done(world, &admin, &withdraw, "words=代签&version=1").await;
    let twice = post(world, &admin, &withdraw, "words=代签&version=1").await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.body);
    let gone = public(world, &format!("/certificates/{HERE}/{number}")).await;
    assert!(gone.contains("已撤销") && gone.contains("代签") && !gone.contains(">有效<"), "{gone}");
    let other = world.log_in("other").await;
    assert_eq!(world.send("GET", &path, Some(&other), None).await.status, StatusCode::NOT_FOUND);
}

/// What was found untrue stands behind the rate with its cause, and leads to a measure against the provider, which is heard first. Its
/// record goes into the score of its next bid.
async fn heard(world: &mut World, offer: &str) {
    let class = zhida::class::find(&world.app.db, &county(), offer.parse().unwrap()).await.unwrap().unwrap();
    let provider = class.provider_id;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let page = get(world, &officer, &format!("/results/people?provider={provider}")).await;
    for words in ["1 / 5", "抽查不实", "核实不通过", "待核实", "没有就业情况", "20.0%"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = get(world, &officer, &format!("/results/people?provider={provider}&as=counted-untrue")).await;
    assert_eq!(page.matches("href=\"/people/").count(), 1, "{page}");
    let grounds = between(&page, "href=\"/hearings/new?", "\"").replace("&#38;", "&").replace("&amp;", "&");
    let blank = get(world, &officer, &format!("/hearings/new?{grounds}")).await;
    assert!(blank.contains("抽查发现不实 1 人") && blank.contains("暂停承接新班 6 个月"), "{blank}");
    assert!(!blank.contains("撤销站点"), "what is done to places is not done to providers: {blank}");
    let until = world.app.clock.today().plus_days(7);
    let form = format!(
        "about=provider:{provider}&sanction=suspend&grounds=抽查发现不实 1 人，名单见抽查表&until={until}"
    );
    let closing = form.replace("suspend", "strike-off");
    assert_eq!(
        post(world, &supervisor, "/hearings", &closing).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let opened = post(world, &supervisor, "/hearings", &form).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
    let (hearing, link) = (between(&opened.body, "/hearings/", "\""), between(&opened.body, "/hear/", "<"));
    let before = get(world, &officer, &format!("/providers/{provider}")).await;
    assert!(before.contains("证照齐全有效"), "nothing happens before it was heard: {before}");
    let said =
        world.send("POST", &format!("/hear/{link}"), None, Some("words=该学员已离职，附离职证明")).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let admin = world.log_in("admin").await;
    let ruling = "decision=imposed&reasons=离职在抽查之后，不影响认定&version=2";
    done(world, &admin, &format!("/hearings/{hearing}/decide"), ruling).await;
    let page = get(world, &officer, &format!("/providers/{provider}")).await;
    assert!(page.contains("经听证") && page.contains("不能参加评审和开班"), "{page}");
    let list = get(world, &officer, &format!("/hearings?about=provider:{provider}")).await;
    assert!(list.contains(hearing), "{list}");
    let none = get(world, &officer, "/hearings?about=place:nothing").await;
    assert!(!none.contains(hearing), "{none}");
    // Six months later it may bid again; what its classes came to is known.
    world.later(190);
    zhida::result::keep_records(&world.app, &county()).await.unwrap();
    let known = zhida::provider::find(&world.app.db, &county(), provider).await.unwrap().unwrap();
    assert_eq!((known.record_started, known.record_placed), (5, 1));
    let officer = world.log_in("officer").await;
    let page = get(world, &officer, "/providers").await;
    assert!(!page.contains("经听证"), "a bar has an end: {page}");
    // A target is counted by the definition of the page.
    let mut target = crate::deliver::promise(zhida_types::Day::parse("2026-03-02").unwrap());
    "employment/work-fit".clone_into(&mut target.indicator);
    let actor = zhida::journal::Actor::system();
    let now = world.app.clock.now();
    let mut write = zhida::journal::Write::begin(&world.app.db, &county(), &actor, now).await.unwrap();
    zhida::commitment::create(&mut write, vec![target]).await.unwrap();
    write.commit().await.unwrap();
    for year in ["", "?year=2026"] {
        let page = public(world, &format!("/results{year}")).await;
        let shown = page.replace(char::is_whitespace, "");
        assert!(shown.contains("<td>不少于10</td><td>1</td><td>10.0%</td>"), "{year}: {page}");
    }
    // Of five people no group is told: each but the whole would point at somebody.
    let groups = public(world, "/results/groups.csv").await;
    assert!(groups.lines().count() > 4 && groups.contains("性别"), "{groups}");
    let told = groups.lines().skip(1).filter(|l| !l.contains('—')).count();
    let whole = groups.lines().skip(1).filter(|l| l.contains(",5,")).count();
    assert_eq!(told, whole, "only a group that is everybody: {groups}");
}

#[tokio::test]
async fn what_is_owed_is_worked_out_proposed_checked_by_another_and_paid_once() {
    let mut world = morning().await;
    let offer = finished(&mut world).await;
    let (officer, supervisor) = (world.log_in("officer").await, world.log_in("supervisor").await);
    let path = format!("/subsidies/{offer}");
    let page = get(&world, &officer, &path).await;
    // Five finished, 70 % of 2,500 yuan each; nobody's work is verified.
    assert!(page.contains("提出应付的 8750 元") && page.contains("就业没有核实"), "{page}");
    done(&world, &officer, &format!("{path}/propose"), "").await;
    assert_eq!(post(&world, &officer, &format!("{path}/propose"), "").await.status, StatusCode::CONFLICT);
    let own = "decision=checked";
    assert_eq!(post(&world, &officer, &format!("{path}/decide"), own).await.status, StatusCode::FORBIDDEN);
    let no = post(&world, &supervisor, &format!("{path}/decide"), "decision=refused&words=").await;
    assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY, "a refusal needs its cause");
    done(&world, &supervisor, &format!("{path}/decide"), "decision=refused&words=缺合同").await;
    let page = get(&world, &officer, &path).await;
    assert!(page.contains("不予支付 缺合同") && page.contains("提出应付的 8750 元"), "{page}");
    // Proposed again by a supervisor, who then cannot check it.
    done(&world, &supervisor, &format!("{path}/propose"), "").await;
    assert_eq!(post(&world, &supervisor, &format!("{path}/decide"), own).await.status, StatusCode::CONFLICT);
    let admin = world.log_in("admin").await;
    done(&world, &admin, &format!("{path}/decide"), own).await;
    let list = get(&world, &admin, "/subsidies").await;
    assert!(list.contains("支付已复核的 8750 元"), "{list}");
    assert_eq!(post(&world, &officer, "/subsidies/pay", "").await.status, StatusCode::FORBIDDEN);
    let short = post(&world, &admin, "/subsidies/pay", "").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY, "the budget has nothing: {}", short.body);
    assert!(short.body.contains("0 &#60; 8750"), "{}", short.body);
    allotted(&world, 1_000_000).await;
    // Two press the button at once: one pays.
    let both = tokio::join!(
        post(&world, &admin, "/subsidies/pay", ""),
        post(&world, &supervisor, "/subsidies/pay", "")
    );
    let statuses = [both.0.status, both.1.status];
    assert!(
        statuses.contains(&StatusCode::SEE_OTHER) && statuses.contains(&StatusCode::CONFLICT),
        "{statuses:?}"
    );
    assert_eq!(post(&world, &admin, "/subsidies/pay", "").await.status, StatusCode::CONFLICT, "paid once");
    // The file can be had again, by supervisors; the ledger holds what was paid, and adds up.
    let list = get(&world, &admin, "/subsidies").await;
    let file = format!("/subsidies/batches/{}", between(&list, "/subsidies/batches/", "\""));
    let contract =
        zhida::class::find(&world.app.db, &county(), offer.parse().unwrap()).await.unwrap().unwrap();
    let contract = format!("/contracts/{}", contract.contract_id.unwrap());
    for n in 0..2 {
        // The account of the contract changes after the first look; what was paid went to the one before.
        if n == 1 {
            let page = get(&world, &admin, &contract).await;
            let version = between(&page, "name=\"version\" value=\"", "\"");
            let account = format!("account=6200000000000009&bank=别的银行&version={version}");
            done(&world, &admin, &format!("{contract}/account"), &account).await;
        }
        let text = get(&world, &admin, &file).await;
        assert!(text.contains("1 号学校,6200000000000001,示例银行,8750,HY-2026-01"), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
    }
    assert_eq!(world.send("GET", &file, Some(&officer), None).await.status, StatusCode::FORBIDDEN);
    let books = zhida::ledger::verify(&world.app.db).await.unwrap();
    assert!(books.iter().all(|b| b.flaws.is_empty()), "{books:?}");
    let mut paid = String::new();
    {
        let mut text = Vec::new();
        zhida::ledger::export(&world.app.db, &county(), &mut text).await.unwrap();
        paid.push_str(&String::from_utf8(text).unwrap());
    }
    assert!(paid.contains("8750 CNY") && paid.contains("1 号学校") && paid.contains("HY-2026-01"), "{paid}");
    let page = get(&world, &officer, &path).await;
    assert!(page.contains("<strong>8750</strong> 已付") && !page.contains("提出应付的"), "{page}");
}

/// Money on the line of the budget that pays for training, in fen.
async fn allotted(world: &World, fen: i64) {
    use zhida::ledger::{self, Kind, MONEY, Move, NewEntry, Receipt};
    let actor = zhida::journal::Actor::system();
    let mut write =
        zhida::journal::Write::begin(&world.app.db, &county(), &actor, world.app.clock.now()).await.unwrap();
    let from = ledger::holder(&write, Kind::Source, "s", "s", None).await.unwrap();
    let to = ledger::holder(&write, Kind::Budget, "TRAINING", "培训", None).await.unwrap();
    let money = Move { from, to, item: MONEY.to_owned(), batch: String::new(), amount: fen };
    let entry = NewEntry {
        day: world.app.clock.today(),
        act: "allot",
        words: String::new(),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves: vec![money],
    };
    ledger::post(&mut write, vec![entry]).await.unwrap();
    write.commit().await.unwrap();
}
