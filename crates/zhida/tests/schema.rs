//! The schema as migrated: county first in every key, an index for every foreign key, and no way to change the journal.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, QueryResult, Statement};

/// Tables that belong to no county.
const COMMON: [&str; 2] = ["session", "seaql_migrations"];

/// A table as it stands in the database.
#[derive(Debug, Default)]
struct Found {
    key: Vec<String>,
    /// Whether each index is unique, and its columns.
    indexes: Vec<(bool, Vec<String>)>,
    /// The columns of each foreign key, and what happens on deletion.
    references: Vec<(Vec<String>, String)>,
}

async fn ask(db: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
}

fn text(row: &QueryResult, name: &str) -> String {
    row.try_get("", name).unwrap()
}

fn split(row: &QueryResult, name: &str) -> Vec<String> {
    text(row, name).split(',').map(str::to_owned).collect()
}

async fn on_sqlite(db: &DatabaseConnection) -> BTreeMap<String, Found> {
    let mut tables = BTreeMap::new();
    for table in
        ask(db, "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'").await
    {
        let table = text(&table, "name");
        let mut found = Found::default();
        let keys = format!("select name from pragma_table_info('{table}') where pk > 0 order by pk");
        found.key = ask(db, &keys).await.iter().map(|c| text(c, "name")).collect();
        let indexes = format!("select name, \"unique\" as u from pragma_index_list('{table}')");
        for index in ask(db, &indexes).await {
            let parts =
                format!("select name from pragma_index_info('{}') order by seqno", text(&index, "name"));
            let parts = ask(db, &parts).await.iter().map(|p| text(p, "name")).collect();
            found.indexes.push((index.try_get::<i64>("", "u").unwrap() == 1, parts));
        }
        let keys = format!(
            "select group_concat(f) as columns, rule from (select id, \"from\" as f, on_delete as rule \
             from pragma_foreign_key_list('{table}') order by id, seq) group by id, rule"
        );
        found.references =
            ask(db, &keys).await.iter().map(|k| (split(k, "columns"), text(k, "rule"))).collect();
        tables.insert(table, found);
    }
    tables
}

async fn on_postgres(db: &DatabaseConnection) -> BTreeMap<String, Found> {
    let mut tables: BTreeMap<String, Found> = BTreeMap::new();
    for table in ask(db, "select tablename::text from pg_tables where schemaname = 'public'").await {
        tables.entry(text(&table, "tablename")).or_default();
    }
    let columns = "(select string_agg(a.attname::text, ',' order by k.n) from unnest(%) with ordinality as k(col, n) \
                   join pg_attribute a on a.attrelid = % and a.attnum = k.col)";
    let of = |keys: &str, table: &str| columns.replacen('%', keys, 1).replacen('%', table, 1);
    let indexes = format!(
        "select c.relname::text as t, i.indisunique as u, i.indisprimary as p, {} as columns \
         from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = 'public'",
        of("i.indkey::int2[]", "i.indrelid")
    );
    for index in ask(db, &indexes).await {
        let table = tables.get_mut(&text(&index, "t")).unwrap();
        let parts = split(&index, "columns");
        if index.try_get::<bool>("", "p").unwrap() {
            table.key.clone_from(&parts);
        }
        table.indexes.push((index.try_get::<bool>("", "u").unwrap(), parts));
    }
    let references = format!(
        "select (select relname::text from pg_class where oid = c.conrelid) as t, c.confdeltype::text as rule, {} as columns \
         from pg_constraint c where c.contype = 'f'",
        of("c.conkey", "c.conrelid")
    );
    for reference in ask(db, &references).await {
        let rule = text(&reference, "rule");
        let rule = match rule.as_str() {
            "r" => "RESTRICT",
            "c" => "CASCADE",
            other => other,
        };
        let table = tables.get_mut(&text(&reference, "t")).unwrap();
        table.references.push((split(&reference, "columns"), rule.to_owned()));
    }
    tables
}

#[tokio::test]
async fn every_table_of_a_county_can_be_a_shard() {
    let folder = tempfile::tempdir().unwrap();
    let db = zhida::db::trial(folder.path()).await.unwrap();
    let tables = match db.get_database_backend() {
        DbBackend::Postgres => on_postgres(&db).await,
        _ => on_sqlite(&db).await,
    };
    let (mut checked, mut references) = (0, 0);
    for (table, found) in tables.iter().filter(|(name, _)| !COMMON.contains(&name.as_str())) {
        assert_eq!(found.key.first().map(String::as_str), Some("county"), "the primary key of {table}");
        for (unique, parts) in &found.indexes {
            assert!(!unique || parts[0] == "county", "unique index of {table}: {parts:?}");
        }
        for (columns, rule) in &found.references {
            assert_eq!(columns[0], "county", "{table}: {columns:?}");
            assert!(rule == "RESTRICT" || rule == "CASCADE", "{table} {columns:?}: {rule}");
            let covered = found.indexes.iter().any(|(_, parts)| parts.starts_with(columns));
            assert!(covered, "no index for {table} {columns:?}");
            references += 1;
        }
        checked += 1;
    }
    assert!(checked > 15 && references > 10, "{checked} tables, {references} references");
}

/// What hangs on places is known where places are deleted.
#[tokio::test]
async fn whatever_hangs_on_places_keeps_them_from_being_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let db = zhida::db::trial(folder.path()).await.unwrap();
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "select distinct (select relname::text from pg_class where oid = c.conrelid) as t \
             from pg_constraint c where c.contype = 'f' and c.confrelid = 'place'::regclass"
        }
        _ => {
            "select distinct m.name as t from sqlite_master m, pragma_foreign_key_list(m.name) f \
             where m.type = 'table' and f.\"table\" = 'place'"
        }
    };
    let mut real: Vec<String> = ask(&db, sql).await.iter().map(|row| text(row, "t")).collect();
    // What places were before a file goes with the file.
    real.retain(|table| table != "place_before");
    real.sort();
    let mut known = zhida::place::HANGING.map(str::to_owned).to_vec();
    known.sort();
    assert_eq!(known, real);
}

#[test]
fn the_journal_has_no_path_to_change_or_delete() {
    let text = include_str!("../src/journal/store.rs");
    assert!(!text.contains("entry::Entity::update") && !text.contains("entry::Entity::delete"));
    assert!(text.contains("entry::Entity::insert"));
}

#[test]
fn the_ledger_has_no_path_to_change_or_delete() {
    let text = include_str!("../src/ledger/store.rs");
    for table in ["entry", "posting"] {
        for act in ["update", "delete"] {
            assert!(!text.contains(&format!("{table}::Entity::{act}")), "{act} of {table}");
        }
        assert!(text.contains(&format!("{table}::Entity::insert")));
    }
}
