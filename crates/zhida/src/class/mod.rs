//! Classes 开班: an offer that is taught, by a provider that passed its gate, in lessons with a room and a teacher. Who came is shown
//! by a code on the teacher's screen that changes every few seconds, or by a list on paper; somebody of the office keeps a record of
//! every lesson; what looks wrong is told with its reasons, for a person to judge. An inspector may stop a class.

mod acts;
mod calendar;
mod certificate;
mod code;
mod entity;
mod here;
mod lesson_page;
mod opinion;
mod pages;
mod signals;
mod standing;
mod store;
mod teach;
mod words;
mod work;

pub use acts::{NewClass, NewLesson, attend, enrol, finish, observe, open, plan};
pub use entity::class::Model as Class;
pub use entity::lesson::Model as Lesson;
pub use signals::Signal;
pub use standing::{Counted, Held, assessment, held, seen};
pub use store::{NewOpinion, all, find, lessons, opinions, say};

use axum::Router;

use crate::app::App;

/// The pages of classes.
pub fn routes() -> Router<App> {
    pages::routes()
        .merge(lesson_page::routes())
        .merge(calendar::routes())
        .merge(teach::routes())
        .merge(here::routes())
        .merge(opinion::routes())
        .merge(work::routes())
        .merge(certificate::routes())
}
