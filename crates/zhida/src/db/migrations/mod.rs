//! The schema, one file a change, never edited after landing (see `README.md` beside this file).

mod m2026_11_23_first;
mod m2026_11_25_deliver;
mod m2026_11_25_serve;
mod m2026_11_26_network;
mod m2026_11_27_layout;
mod m2026_11_28_stations;
mod m2026_11_29_classes;
mod m2026_11_30_gates;
mod table;

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

/// All migrations in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m2026_11_23_first::Migration),
            Box::new(m2026_11_25_deliver::Migration),
            Box::new(m2026_11_25_serve::Migration),
            Box::new(m2026_11_26_network::Migration),
            Box::new(m2026_11_27_layout::Migration),
            Box::new(m2026_11_28_stations::Migration),
            Box::new(m2026_11_29_classes::Migration),
            Box::new(m2026_11_30_gates::Migration),
        ]
    }
}
