//! The chain, and every way to break it.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DatabaseConnection, EntityTrait as _, QueryFilter as _};

use super::entity::{entry, head};
use super::*;
use crate::clock::Clock;
use crate::ids::CountyId;

async fn five() -> (tempfile::TempDir, DatabaseConnection) {
    let folder = tempfile::tempdir().unwrap();
    let db = crate::db::trial(folder.path()).await.unwrap();
    for i in 0..5 {
        let mut write = Write::begin(&db, &county(), &Actor::system(), Clock::system().now()).await.unwrap();
        write.note("login", Subject::new("account", i), serde_json::json!({ "i": i })).await.unwrap();
        write.commit().await.unwrap();
    }
    (folder, db)
}

fn county() -> CountyId {
    CountyId("330424".to_owned())
}

async fn flaw(db: &DatabaseConnection) -> Option<(i64, &'static str)> {
    verify(db).await.unwrap().remove(0).err().map(|f| (f.seq, f.kind))
}

#[tokio::test]
async fn an_untouched_chain_is_intact() {
    let (_folder, db) = five().await;
    let intact = verify(&db).await.unwrap().remove(0).unwrap();
    assert_eq!((intact.entries, intact.hash.len()), (5, 64));
}

#[tokio::test]
async fn a_changed_entry_is_found() {
    let (_folder, db) = five().await;
    let update = entry::Entity::update_many().col_expr(entry::Column::Detail, Expr::value("{}"));
    update.filter(entry::Column::Seq.eq(3)).exec(&db).await.unwrap();
    assert_eq!(flaw(&db).await, Some((3, "changed")));
}

#[tokio::test]
async fn a_removed_entry_is_found_also_the_last() {
    let (_folder, db) = five().await;
    entry::Entity::delete_many().filter(entry::Column::Seq.eq(5)).exec(&db).await.unwrap();
    assert_eq!(flaw(&db).await, Some((5, "head")));
    entry::Entity::delete_many().filter(entry::Column::Seq.eq(2)).exec(&db).await.unwrap();
    assert_eq!(flaw(&db).await, Some((2, "missing")));
}

#[tokio::test]
async fn exchanged_entries_are_found() {
    let (_folder, db) = five().await;
    for (from, to) in [(2, 99), (3, 2), (99, 3)] {
        let update = entry::Entity::update_many().col_expr(entry::Column::Seq, Expr::value(to));
        update.filter(entry::Column::Seq.eq(from)).exec(&db).await.unwrap();
    }
    assert_eq!(flaw(&db).await, Some((2, "changed")));
}

#[tokio::test]
async fn an_act_without_an_entry_is_not_committed() {
    let (_folder, db) = five().await;
    let write = Write::begin(&db, &county(), &Actor::system(), Clock::system().now()).await.unwrap();
    write.commit().await.unwrap_err();
    assert_eq!(head::Entity::find().all(&db).await.unwrap()[0].seq, 5);
}
