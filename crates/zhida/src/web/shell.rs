//! The frame of every page: language, navigation, the note after an act, the footer.

use askama::Template;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use zhida_rules::Lang;

use super::extract::{Path, Query};
use super::officer::Officer;
use crate::app::App;
use crate::problem::Problem;
use crate::texts::T;

/// What the layout shows.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what a page shows or not")]
pub struct Shell {
    /// The wording.
    pub t: T,
    /// Who is logged in: name, unit and role.
    pub who: Option<(String, String, &'static str)>,
    /// The token of this session's forms.
    pub csrf: String,
    /// The entry of the navigation that is lit.
    pub nav: &'static str,
    /// The note after an act: a key of the texts.
    pub note: Option<String>,
    /// This page's address.
    pub path: String,
    /// Whether the data are invented.
    pub demonstration: bool,
    /// The county's name.
    pub county: String,
    /// Whether supervisors' entries are shown.
    pub supervisor: bool,
    /// Whether administrators' entries are shown.
    pub administrator: bool,
    /// Whether the reader sees a page of its own and nothing else.
    pub apart: bool,
    /// Whether the reader is an inspector: forms that change something are not shown.
    pub inspector: bool,
}

impl Shell {
    /// The frame for somebody who is not logged in.
    pub fn public(app: &App, lang: Lang, path: &str) -> Self {
        Self {
            t: app.words(lang),
            who: None,
            csrf: String::new(),
            nav: "",
            note: None,
            path: path.to_owned(),
            demonstration: app.config.demonstration,
            county: String::new(),
            supervisor: false,
            administrator: false,
            apart: false,
            inspector: false,
        }
    }

    /// The frame for an officer.
    pub fn officer(o: &Officer, nav: &'static str) -> Self {
        let inspector = o.role == crate::account::Role::Inspector;
        let county = o.app.regions.name(&o.county.0).unwrap_or(&o.county.0).to_owned();
        Self {
            who: Some((o.name.clone(), o.unit_name.clone(), o.role.key())),
            csrf: o.csrf.clone(),
            nav,
            note: o.note.clone(),
            county,
            supervisor: inspector || o.role >= crate::account::Role::Supervisor,
            administrator: inspector || o.role >= crate::account::Role::Administrator,
            apart: [crate::account::Role::Reviewer, crate::account::Role::Partner].contains(&o.role),
            inspector,
            ..Self::public(&o.app, o.lang, &o.path)
        }
    }

    /// The version in the assets' addresses.
    pub fn version(&self) -> &'static str {
        super::assets::version()
    }

    /// The two languages: tag, name, and whether it is this one.
    pub fn languages(&self) -> [(&'static str, &'static str, bool); 2] {
        [("zh", "中文", self.t.zh()), ("en", "English", !self.t.zh())]
    }

    /// The note after an act, in words, where the texts know it.
    pub fn note_text(&self) -> Option<String> {
        let key = format!("note-{}", self.note.as_ref()?);
        self.t.texts.has(&key).then(|| self.t.s(&key))
    }
}

/// A page from its template.
///
/// # Errors
/// A template that cannot be rendered.
pub fn page(template: &impl Template) -> Result<Response, Problem> {
    Ok(Html(template.render().map_err(anyhow::Error::from)?).into_response())
}

/// To another page after an act, with a note.
pub fn to(path: &str, note: &str) -> Response {
    let joint = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{joint}note={note}")).into_response()
}

/// The language of a reader: the cookie's, else Chinese.
pub(crate) fn language(headers: &HeaderMap) -> Lang {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let english = cookies.flat_map(|c| c.split(';')).any(|c| c.trim() == "lang=en");
    if english { Lang::En } else { Lang::Zh }
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    back: String,
}

/// `GET /lang/{to}?back=/people`
pub(super) async fn change_language(Path(to): Path<String>, Query(back): Query<Back>) -> Response {
    let lang = if to == "en" { "en" } else { "zh" };
    let back =
        if back.back.starts_with('/') && !back.back.starts_with("//") { back.back } else { "/".to_owned() };
    let cookie = format!("lang={lang}; Path=/; Max-Age=31536000; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], Redirect::to(&back)).into_response()
}
