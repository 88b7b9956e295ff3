//! The upload page, the preview of a file, its bad rows as a file.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde_json::json;
use zhida_pack::Makes;
use zhida_types::Datum;

use super::columns;
use super::entity::import;
use super::store::{self, Counts};
use super::value::CellProblem;
use crate::account::Role;
use crate::app::App;
use crate::clock::shown;
use crate::ids::ImportId;
use crate::journal::Subject;
use crate::problem::Problem;
use crate::task;
use crate::texts::T;
use crate::web::extract::{Form, Nothing, Path, Sent, Upload};
use crate::web::{Officer, Shell, UPLOAD_BYTES, download, page, to};

/// The pages of imports.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/imports", get(list).post(upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES + 1024 * 1024)))
        .route("/imports/{id}", get(show))
        .route("/imports/{id}/mapping", post(remap))
        .route("/imports/{id}/apply", post(apply))
        .route("/imports/{id}/undo", post(undo))
        .route("/imports/{id}/discard", post(discard))
        .route("/imports/{id}/bad.xlsx", get(bad_rows))
}

struct Line {
    id: ImportId,
    title: String,
    file_name: String,
    when: String,
    who: String,
    state: String,
    counts: Counts,
}

#[derive(Template)]
#[template(path = "import/list.html")]
struct ListPage {
    shell: Shell,
    kinds: Vec<(String, String)>,
    lines: Vec<Line>,
    megabytes: usize,
    /// The datums, where some kind of file has positions.
    datums: Vec<&'static str>,
}

fn title(o: &Officer, kind: &str) -> String {
    o.app.import(kind).map_or_else(|_| kind.to_owned(), |(_, k)| k.title.get(o.lang).to_owned())
}

async fn list(o: Officer) -> Result<Response, Problem> {
    let line = |row: import::Model| Line {
        id: row.id,
        title: title(&o, &row.kind),
        when: shown(row.created_at),
        who: row.account,
        counts: serde_json::from_str(&row.counts).unwrap_or_default(),
        file_name: row.file_name,
        state: row.state,
    };
    let lines = store::list(&o.app.db, &o.county, 50).await?.into_iter().map(line).collect();
    let placed = o.app.registers().flat_map(|r| &r.imports).any(|k| k.makes == Makes::Place);
    let kinds = o.app.registers().flat_map(|r| &r.imports);
    let datums = if placed { Datum::ALL.map(Datum::code).to_vec() } else { Vec::new() };
    let kinds = kinds.map(|k| (k.code.clone(), k.title.get(o.lang).to_owned())).collect();
    page(&ListPage { shell: o.shell("imports"), kinds, lines, datums, megabytes: UPLOAD_BYTES >> 20 })
}

async fn upload(o: Officer, form: Upload) -> Result<Response, Problem> {
    let kind = form.one("kind").to_owned();
    let datum = Datum::named(form.one("datum"));
    let Some(Sent { name, bytes, .. }) = form.files.into_iter().find(|f| f.field == "file") else {
        return Err(Problem::field("file", "fault-no-file", ""));
    };
    if bytes.len() > UPLOAD_BYTES {
        return Err(Problem::field("file", "fault-too-large", UPLOAD_BYTES >> 20));
    }
    if o.app.import(&kind).is_err() {
        return Err(Problem::field("kind", "fault-kind", &kind));
    }
    let origin = o.app.config.origin();
    let mut write = o.write().await?;
    let id = store::stage(&o.app, &mut write, &kind, o.unit, &name, &bytes, origin).await?;
    if let Some(datum) = datum {
        store::declare(&write, id, datum).await?;
    }
    let task = task::start(&write, "import-check", &json!({ "import": id })).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")).into_response())
}

struct ColumnLine {
    header: String,
    samples: String,
    target: String,
}

struct ProblemLine {
    row: usize,
    column: String,
    value: String,
    words: String,
}

#[derive(Template)]
#[template(path = "import/import.html")]
struct ImportPage {
    shell: Shell,
    id: ImportId,
    title: String,
    file_name: String,
    state: String,
    fault: String,
    counts: Counts,
    sheet: String,
    sheets: Vec<String>,
    header_row: i64,
    columns: Vec<ColumnLine>,
    targets: Vec<(String, String, bool)>,
    problems: Vec<ProblemLine>,
    kinds: Vec<(String, usize)>,
    more: usize,
    same: Option<(ImportId, String)>,
    may_undo: bool,
    /// The datums, for files with positions: code and whether it is the declared one.
    datums: Vec<(&'static str, bool)>,
}

impl ImportPage {
    fn can_apply(&self) -> bool {
        self.state == "checked" && self.counts.good > 0
    }
    fn can_map(&self) -> bool {
        matches!(self.state.as_str(), "checked" | "faulty") && !self.columns.is_empty()
    }
}

/// A problem in words.
fn words(t: &T, problem: &CellProblem) -> String {
    if problem.key == "row-refused" {
        let label: serde_json::Value = serde_json::from_str(&problem.arg).unwrap_or_default();
        return label[if t.zh() { "zh" } else { "en" }].as_str().unwrap_or_default().to_owned();
    }
    t.v(&problem.key, &problem.arg)
}

/// Rows whose problems the page shows; all of them stand in the file.
const SHOWN: usize = 200;

async fn show(o: Officer, Path(id): Path<ImportId>) -> Result<Response, Problem> {
    let row = store::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let report = store::report(&o.app, &row)?;
    let shell = o.shell("imports");
    let (register, kind) = o.app.import(&row.kind)?;
    let mapping: Vec<String> = serde_json::from_str(&row.mapping)?;
    let targets = columns::targets(kind, &register.profile);
    let columns =
        report.headers.iter().zip(&report.samples).enumerate().map(|(at, (header, samples))| ColumnLine {
            header: header.clone(),
            samples: samples.join(" · "),
            target: mapping.get(at).cloned().unwrap_or_default(),
        });
    let columns: Vec<ColumnLine> = columns.collect();
    let mut by_kind: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for bad in &report.bad {
        for problem in &bad.problems {
            *by_kind.entry(shell.t.s(format!("kind-{}", problem.key))).or_default() += 1;
        }
    }
    let mut kinds: Vec<(String, usize)> = by_kind.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let problems = report.bad.iter().take(SHOWN).flat_map(|bad| {
        bad.problems.iter().map(|p| ProblemLine {
            row: bad.row,
            column: p.column.clone(),
            value: p.value.clone(),
            words: words(&shell.t, p),
        })
    });
    let problems: Vec<ProblemLine> = problems.collect();
    let fault = row.fault.split_once('|').map_or_else(String::new, |(key, at)| shell.t.v(key, at));
    let same = store::same_file(&o.app.db, &row).await?;
    page(&ImportPage {
        title: kind.title.get(o.lang).to_owned(),
        fault,
        counts: serde_json::from_str(&row.counts)?,
        sheets: report.sheets.clone(),
        columns,
        targets: targets.iter().map(|t| (t.code.clone(), t.name(o.lang).to_owned(), t.required)).collect(),
        problems,
        kinds,
        more: report.bad.len().saturating_sub(SHOWN),
        same: same.map(|s| (s.id, s.file_name)),
        may_undo: o.role >= Role::Supervisor && row.state == "applied",
        datums: match kind.makes {
            Makes::Place => Datum::ALL.iter().map(|d| (d.code(), d.code() == row.datum)).collect(),
            _ => Vec::new(),
        },
        shell,
        id,
        file_name: row.file_name,
        state: row.state,
        sheet: row.sheet,
        header_row: row.header_row,
    })
}

#[derive(Debug, serde::Deserialize)]
struct MappingForm {
    #[serde(default)]
    sheet: String,
    #[serde(default)]
    column: Vec<String>,
    #[serde(default)]
    datum: String,
}

async fn remap(
    o: Officer,
    Path(id): Path<ImportId>,
    Form(form): Form<MappingForm>,
) -> Result<Response, Problem> {
    let row = store::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    if !matches!(row.state.as_str(), "checked" | "faulty") {
        return Err(Problem::Conflict("fault-not-checked"));
    }
    // Another sheet has other columns: they are guessed anew.
    let mapping = if form.sheet == row.sheet { form.column } else { Vec::new() };
    let datum = Datum::named(&form.datum).or_else(|| Datum::named(&row.datum)).unwrap_or_default();
    let mut write = o.write().await?;
    store::keep_mapping(&write, row, (form.sheet, datum), &mapping).await?;
    let task = task::start(&write, "import-check", &json!({ "import": id })).await?;
    write.note("import-mapped", Subject::new("import", id), json!({ "columns": mapping })).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")).into_response())
}

/// What is done to an import in a state of its own.
struct Act {
    task: &'static str,
    note: &'static str,
    from: &'static str,
    fault: &'static str,
}

const APPLY: Act =
    Act { task: "import-apply", note: "import-asked", from: "checked", fault: "fault-not-checked" };
const UNDO: Act =
    Act { task: "import-undo", note: "undo-asked", from: "applied", fault: "fault-not-applied" };

async fn start(o: &Officer, id: ImportId, act: &Act) -> Result<Response, Problem> {
    let row = store::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    if row.state != act.from {
        return Err(Problem::Conflict(act.fault));
    }
    let mut write = o.write().await?;
    let task = task::start(&write, act.task, &json!({ "import": id })).await?;
    write.note(act.note, Subject::new("import", id), json!({})).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")).into_response())
}

async fn apply(
    o: Officer,
    Path(id): Path<ImportId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    start(&o, id, &APPLY).await
}

async fn undo(
    o: Officer,
    Path(id): Path<ImportId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    start(&o, id, &UNDO).await
}

async fn discard(
    o: Officer,
    Path(id): Path<ImportId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    if !store::set_state(&write, id, &["staged", "checked", "faulty"], "discarded").await? {
        let known = store::by_id(&o.app.db, &o.county, id).await?;
        return Err(if known.is_some() { Problem::Conflict("fault-not-checked") } else { Problem::NotFound });
    }
    write.note("import-discarded", Subject::new("import", id), json!({})).await?;
    write.commit().await?;
    Ok(to("/imports", "import-discarded"))
}

/// The bad rows as the file had them, with the reasons in a last column: to be put right and imported again.
async fn bad_rows(o: Officer, Path(id): Path<ImportId>) -> Result<Response, Problem> {
    let row = store::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let report = store::report(&o.app, &row)?;
    let bytes = store::file(&o.app, &o.county, id).await?;
    let (register, kind) = o.app.import(&row.kind)?;
    let targets = columns::targets(kind, &register.profile);
    let read = super::sheet::read(&bytes, &row.sheet, &|texts| columns::recognised(&targets, texts));
    let grid = read.map_err(|f| Problem::field("file", f.key, f.at))?;
    let t = o.shell("").t;
    let rows: std::collections::BTreeMap<usize, &Vec<String>> =
        grid.rows.iter().map(|(n, r)| (*n, r)).collect();
    let mut header = grid.headers.clone();
    header.extend([t.s("bad-row-number"), t.s("bad-row-reason")]);
    let lines = report.bad.iter().filter_map(|bad| {
        let mut cells: Vec<String> =
            (*rows.get(&bad.row)?).iter().map(|c| c.replace(super::sheet::FORMULA, "")).collect();
        cells.resize(grid.headers.len(), String::new());
        let reasons: Vec<String> =
            bad.problems.iter().map(|p| format!("{}: {}", p.column, words(&t, p))).collect();
        cells.extend([bad.row.to_string(), reasons.join("；")]);
        Some(cells)
    });
    let lines: Vec<Vec<String>> = lines.collect();
    let mut write = o.write().await?;
    write.note("bad-rows-exported", Subject::new("import", id), json!({ "rows": lines.len() })).await?;
    write.commit().await?;
    download::xlsx("bad-rows", &header, &lines)
}
