//! The schema as migrated: county first in every key, an index for every foreign key, and no way to change the journal.

use sea_orm::{ConnectionTrait as _, Statement};

/// Tables that belong to no county.
const COMMON: [&str; 2] = ["session", "seaql_migrations"];

#[tokio::test]
async fn every_table_of_a_county_can_be_a_shard() {
    let folder = tempfile::tempdir().unwrap();
    let db = zhida::db::open(folder.path(), None).await.unwrap();
    let ask = |sql: String| {
        let db = db.clone();
        async move { db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap() }
    };
    let tables =
        ask("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'".to_owned())
            .await;
    let mut checked = 0;
    for table in tables {
        let table: String = table.try_get("", "name").unwrap();
        if COMMON.contains(&table.as_str()) {
            continue;
        }
        let columns = ask(format!("select name, pk from pragma_table_info('{table}') order by pk")).await;
        let first: Vec<String> = columns
            .iter()
            .filter(|c| c.try_get::<i64>("", "pk").unwrap() == 1)
            .map(|c| c.try_get("", "name").unwrap())
            .collect();
        assert_eq!(first, ["county"], "the primary key of {table}");
        let mut leading = Vec::new();
        for index in ask(format!("select name, \"unique\" as u from pragma_index_list('{table}')")).await {
            let name: String = index.try_get("", "name").unwrap();
            let parts = ask(format!("select name from pragma_index_info('{name}') order by seqno")).await;
            let parts: Vec<String> = parts.iter().map(|p| p.try_get("", "name").unwrap()).collect();
            if index.try_get::<i64>("", "u").unwrap() == 1 {
                assert_eq!(parts[0], "county", "unique index {name}");
            }
            leading.push(parts);
        }
        for key in ask(format!("select \"from\" as f, on_delete from pragma_foreign_key_list('{table}') where \"from\" <> 'county'")).await {
            let column: String = key.try_get("", "f").unwrap();
            let rule: String = key.try_get("", "on_delete").unwrap();
            assert!(rule == "RESTRICT" || rule == "CASCADE", "{table}.{column}: {rule}");
            assert!(leading.iter().any(|p| p.starts_with(&["county".to_owned(), column.clone()])), "no index for {table}.{column}");
        }
        checked += 1;
    }
    assert!(checked > 15);
}

#[test]
fn the_journal_has_no_path_to_change_or_delete() {
    let text = include_str!("../src/journal/store.rs");
    assert!(!text.contains("entry::Entity::update") && !text.contains("entry::Entity::delete"));
    assert!(text.contains("entry::Entity::insert"));
}
