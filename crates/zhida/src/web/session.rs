//! Sessions in our own database, so that any copy of the server knows them.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, DatabaseConnection, EntityTrait as _, QueryFilter as _};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::clock::Clock;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub data: String,
        pub expires: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The store; it also sweeps what has expired whenever it creates.
#[derive(Clone, Debug)]
pub(super) struct Store(pub(super) DatabaseConnection);

/// Now by the machine's clock, by which the library reckons when a session ends, whatever day a story plays on.
fn now() -> chrono::DateTime<chrono::Utc> {
    Clock::system().now()
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

/// What the database keeps is the hash of the cookie's value: whoever reads the table cannot log in with it.
fn key(id: &Id) -> String {
    crate::db::seal::sha256_hex(id.to_string().as_bytes())
}

#[async_trait::async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let sweep = entity::Entity::delete_many().filter(entity::Column::Expires.lt(now()));
        sweep.exec(&self.0).await.map_err(backend)?;
        while self.load(&record.id).await?.is_some() {
            record.id = Id::default();
        }
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let expires = chrono::DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0);
        let row = entity::ActiveModel {
            id: Set(key(&record.id)),
            data: Set(serde_json::to_string(record).map_err(|e| Error::Encode(e.to_string()))?),
            expires: Set(expires.ok_or_else(|| backend("a session without end"))?),
        };
        let columns = [entity::Column::Data, entity::Column::Expires];
        let upsert = OnConflict::column(entity::Column::Id).update_columns(columns).to_owned();
        entity::Entity::insert(row)
            .on_conflict(upsert)
            .exec_without_returning(&self.0)
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = entity::Entity::find_by_id(key(id)).one(&self.0).await.map_err(backend)?;
        let Some(row) = found.filter(|row| row.expires > now()) else { return Ok(None) };
        serde_json::from_str(&row.data).map(Some).map_err(|e| Error::Decode(e.to_string()))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        entity::Entity::delete_by_id(key(id)).exec(&self.0).await.map_err(backend)?;
        Ok(())
    }
}
