//! The words of the demonstration, from the pack's `demo.toml`.

use serde::Deserialize;

/// A kind of former work.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Work {
    pub(super) texts: Vec<String>,
    pub(super) skills: Vec<String>,
    #[serde(default)]
    pub(super) sex: String,
    pub(super) weight: u32,
}

/// A course.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Course {
    pub(super) title: String,
    pub(super) category: String,
    pub(super) skills: String,
    pub(super) occupation: String,
    pub(super) tags: String,
    pub(super) seats: u32,
}

/// An employer and its posts: title, number, skills, wage from, wage to.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Employer {
    pub(super) name: String,
    pub(super) town: String,
    pub(super) tags: String,
    pub(super) posts: Vec<(String, u32, String, u32, u32)>,
}

/// All words.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Vocabulary {
    pub(super) surnames: Vec<String>,
    pub(super) given_female: Vec<String>,
    pub(super) given_male: Vec<String>,
    pub(super) works: Vec<Work>,
    pub(super) difficulties: Vec<String>,
    pub(super) wishes: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) needs: Vec<String>,
    pub(super) providers: Vec<String>,
    pub(super) courses: Vec<Course>,
    pub(super) employers: Vec<Employer>,
}
