//! Books that always add up.

use proptest::prelude::*;
use sea_orm::{ConnectionTrait as _, DatabaseConnection};

use super::*;
use crate::clock::Clock;
use crate::ids::{CountyId, HolderId};
use crate::journal::{Actor, Write};
use crate::problem::Problem;

struct Books {
    _folder: tempfile::TempDir,
    db: DatabaseConnection,
    county: CountyId,
}

impl Books {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = crate::db::trial(folder.path()).await.unwrap();
        Self { _folder: folder, db, county: CountyId("330424".to_owned()) }
    }

    async fn write(&self) -> Write {
        Write::begin(&self.db, &self.county, &Actor::system(), Clock::system().now()).await.unwrap()
    }

    async fn holders(&self) -> Vec<HolderId> {
        let mut write = self.write().await;
        let mut ids = Vec::new();
        for kind in [Kind::Source, Kind::Stock, Kind::Hand, Kind::Given, Kind::Lost] {
            ids.push(holder(&write, kind, "x", kind.as_str(), None).await.unwrap());
        }
        write
            .note("ledger-opened", crate::journal::Subject::new("ledger", "x"), serde_json::json!({}))
            .await
            .unwrap();
        write.commit().await.unwrap();
        ids
    }

    async fn sound(&self) -> Sound {
        verify(&self.db).await.unwrap().remove(0)
    }
}

fn entry_of(act: &'static str, moves: Vec<Move>) -> NewEntry {
    NewEntry {
        day: Clock::system().today(),
        act,
        words: "words \"quoted\"".to_owned(),
        party: None,
        party_name: String::new(),
        receipt: Receipt::default(),
        moves,
    }
}

fn quilts(from: HolderId, to: HolderId, amount: i64) -> Move {
    Move { from, to, item: "QUILT".to_owned(), batch: "2024".to_owned(), amount }
}

#[tokio::test]
async fn nothing_goes_below_nothing_and_an_entry_is_taken_back_once() {
    let books = Books::new().await;
    let ids = books.holders().await;
    let (source, stock, hand, given) = (ids[0], ids[1], ids[2], ids[3]);
    let mut write = books.write().await;
    post(&mut write, vec![entry_of("receive", vec![quilts(source, stock, 40_000)])]).await.unwrap();
    post(&mut write, vec![entry_of("move", vec![quilts(stock, hand, 10_000)])]).await.unwrap();
    let out = post(&mut write, vec![entry_of("give", vec![quilts(hand, given, 3_000)])]).await.unwrap();
    write.commit().await.unwrap();

    let mut write = books.write().await;
    let short = post(&mut write, vec![entry_of("give", vec![quilts(hand, given, 7_001)])]).await.unwrap_err();
    let Problem::Invalid(faults) = &short else { panic!("{short:?}") };
    assert_eq!(faults[0].key, "fault-stock-negative");
    assert!(faults[0].value.contains("7 < 7.001"), "{}", faults[0].value);
    let nothing = post(&mut write, vec![entry_of("give", vec![quilts(hand, given, 0)])]).await.unwrap_err();
    assert!(matches!(nothing, Problem::Invalid(_)));
    let today = Clock::system().today();
    let counter = reverse(&mut write, out[0], today, "given to the wrong person").await.unwrap();
    let twice = reverse(&mut write, out[0], today, "again").await.unwrap_err();
    assert!(matches!(twice, Problem::Conflict("fault-reversed")));
    let counter_counter = reverse(&mut write, counter, today, "back").await.unwrap_err();
    assert!(matches!(counter_counter, Problem::Conflict("fault-counter-counter")));
    write.commit().await.unwrap();
    let hold = balances(&books.db, &books.county, &[hand]).await.unwrap();
    assert_eq!(hold[0].amount, 10_000);
    assert_eq!(books.sound().await.flaws, Vec::new());
}

#[tokio::test]
async fn a_changed_row_is_found() {
    let books = Books::new().await;
    let ids = books.holders().await;
    let mut write = books.write().await;
    post(&mut write, vec![entry_of("receive", vec![quilts(ids[0], ids[1], 5_000)])]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(books.sound().await.flaws, Vec::new());
    books.db.execute_unprepared("update balance set amount = amount + 1 where amount > 0").await.unwrap();
    let flaws = books.sound().await.flaws;
    assert!(matches!(flaws.as_slice(), [Flaw::Balance { kept: 5_001, recomputed: 5_000, .. }]), "{flaws:?}");
    books.db.execute_unprepared("update posting set amount = amount + 1 where amount > 0").await.unwrap();
    let flaws = books.sound().await.flaws;
    assert!(matches!(flaws.as_slice(), [Flaw::Unbalanced { .. }]), "{flaws:?}");
}

#[tokio::test]
async fn the_export_has_every_posting_and_is_quoted() {
    let books = Books::new().await;
    let ids = books.holders().await;
    let mut write = books.write().await;
    post(&mut write, vec![entry_of("receive", vec![quilts(ids[0], ids[1], 5_500)])]).await.unwrap();
    write.commit().await.unwrap();
    let mut text = Vec::new();
    assert_eq!(export(&books.db, &books.county, &mut text).await.unwrap(), 1);
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("5.5 QUILT") && text.contains("-5.5 QUILT"), "{text}");
    assert!(text.contains("words \\\"quoted\\\""), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn every_balance_recomputes_whatever_was_tried(
        tried in proptest::collection::vec((0_usize..5, 0_usize..5, 1_i64..50_000, any::<bool>()), 1..25)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let books = Books::new().await;
            let ids = books.holders().await;
            for (from, to, amount, back) in tried {
                let mut write = books.write().await;
                let Ok(done) = post(&mut write, vec![entry_of("move", vec![quilts(ids[from], ids[to], amount)])]).await else { continue };
                if back {
                    reverse(&mut write, done[0], Clock::system().today(), "back").await.unwrap();
                }
                write.commit().await.unwrap();
            }
            assert_eq!(books.sound().await.flaws, Vec::new());
        });
    }
}
