//! The few words in which a migration describes a table.

use sea_orm_migration::SchemaManager;
use sea_orm_migration::prelude::{
    Alias, ColumnDef, DbErr, ForeignKey, ForeignKeyAction, Index, Table, TableCreateStatement,
};

/// The types that columns have on both databases.
#[derive(Clone, Copy, Debug)]
pub(super) enum T {
    Id,
    Text,
    Int,
    Double,
    Bool,
    Day,
    Instant,
    Bytes,
}

/// A column: name, type, and whether it may be empty.
#[derive(Clone, Copy)]
pub(super) struct Col(pub(super) &'static str, pub(super) T, pub(super) bool);

/// A column that is never empty.
pub(super) fn col(name: &'static str, kind: T) -> Col {
    Col(name, kind, false)
}

/// A column that may be empty.
pub(super) fn opt(name: &'static str, kind: T) -> Col {
    Col(name, kind, true)
}

/// The key of a row that belongs to a county.
pub(super) const ID: &[&str] = &["county", "id"];

/// The columns of a table whose rows belong to a county.
pub(super) fn owned(columns: Vec<Col>) -> Vec<Col> {
    [col("county", T::Text), col("id", T::Id)].into_iter().chain(columns).collect()
}

/// A table of a county with its primary key, foreign keys (column → table) and indexes.
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) key: &'static [&'static str],
    pub(super) columns: Vec<Col>,
    pub(super) belongs: &'static [(&'static str, &'static str)],
    pub(super) unique: &'static [&'static [&'static str]],
    pub(super) index: &'static [&'static [&'static str]],
}

impl Plan {
    fn table(&self) -> TableCreateStatement {
        let mut table = Table::create();
        table.table(Alias::new(self.name));
        for Col(name, kind, empty) in &self.columns {
            let mut column = ColumnDef::new(Alias::new(*name));
            match kind {
                T::Id => column.uuid(),
                T::Text => column.text(),
                T::Int => column.big_integer(),
                T::Double => column.double(),
                T::Bool => column.boolean(),
                T::Day => column.date(),
                T::Instant => column.timestamp_with_time_zone(),
                T::Bytes => column.binary(),
            };
            if !empty {
                column.not_null();
            }
            table.col(&mut column);
        }
        let mut key = Index::create();
        for column in self.key {
            key.col(Alias::new(*column));
        }
        table.primary_key(&mut key);
        for (column, to) in self.belongs {
            table.foreign_key(
                ForeignKey::create()
                    .name(format!("fk_{}_{column}", self.name))
                    .from(Alias::new(self.name), (Alias::new("county"), Alias::new(*column)))
                    .to(Alias::new(*to), (Alias::new("county"), Alias::new("id")))
                    .on_delete(ForeignKeyAction::Restrict),
            );
        }
        table
    }

    /// Creates the table and its indexes; every foreign key gets one.
    pub(super) async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.table()).await?;
        // The key stands last, so that "the newest of this person" is read along the index: without it a planner that
        // has no statistics walks the whole county backwards.
        let last = self.key.last().copied().unwrap_or("id");
        // A foreign key that begins the primary key is found along that.
        let belongs = self.belongs.iter().filter(|(column, _)| self.key.get(1) != Some(column));
        let keyed = belongs.map(|(column, _)| vec!["county", column, last]);
        let plain = self.index.iter().map(|columns| columns.to_vec());
        let all =
            keyed.chain(plain).map(|c| (c, false)).chain(self.unique.iter().map(|c| (c.to_vec(), true)));
        let mut made: Vec<Vec<&str>> = Vec::new();
        for (columns, unique) in all {
            if made.contains(&columns) {
                continue;
            }
            let mut index = Index::create();
            index.name(format!("ix_{}_{}", self.name, columns.join("_"))).table(Alias::new(self.name));
            for column in &columns {
                index.col(Alias::new(*column));
            }
            if unique {
                index.unique();
            }
            manager.create_index(index).await?;
            made.push(columns);
        }
        Ok(())
    }
}

/// Adds columns to tables, then makes tables.
pub(super) async fn expand(
    manager: &SchemaManager<'_>,
    added: Vec<(&'static str, ColumnDef)>,
    plans: &[Plan],
) -> Result<(), DbErr> {
    for (table, mut column) in added {
        let table = Table::alter().table(Alias::new(table)).add_column(&mut column).to_owned();
        manager.alter_table(table).await?;
    }
    for plan in plans {
        plan.create(manager).await?;
    }
    Ok(())
}

/// Takes back what [`expand`] did.
pub(super) async fn withdraw(
    manager: &SchemaManager<'_>,
    added: Vec<(&'static str, ColumnDef)>,
    plans: &[Plan],
) -> Result<(), DbErr> {
    for plan in plans.iter().rev() {
        manager.drop_table(Table::drop().table(Alias::new(plan.name)).to_owned()).await?;
    }
    for (table, column) in added {
        let name = Alias::new(column.get_column_name());
        manager.alter_table(Table::alter().table(Alias::new(table)).drop_column(name).to_owned()).await?;
    }
    Ok(())
}
