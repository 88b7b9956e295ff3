//! Keeping photos and finding them again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::PathBuf;

use image::{ImageFormat, ImageReader, Limits};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::app::App;
use crate::db::seal::{sha256_hex, write_private};
use crate::ids::{CountyId, PhotoId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;
use crate::web::extract::Upload;

/// A photo above this is refused; the page makes photos smaller before it sends them.
pub const MAX_BYTES: usize = 12 << 20;

/// The longer side of the small picture.
const SMALL: u32 = 480;

/// Decoding a picture may take this many bytes at most: a small file can claim a size that no memory holds.
const DECODED_BYTES: u64 = 256 << 20;

fn path(app: &App, county: &CountyId, hash: &str, small: bool) -> PathBuf {
    let ending = if small { "small" } else { "photo" };
    app.data.join("files").join("photos").join(&county.0).join(format!("{hash}.{ending}"))
}

fn about(county: &CountyId, hash: &str, small: bool) -> String {
    format!("{county}/photo/{hash}/{small}")
}

struct Seen {
    kind: &'static str,
    width: u32,
    height: u32,
    look: Option<i64>,
    small: Vec<u8>,
}

/// Pictures whose looks differ in so few bits are taken for one.
const ALIKE: u32 = 4;

/// What a picture looks like: its difference hash, a bit for each of 8 × 8 places, set where it is brighter than to its right (D. Hofstadter's
/// and N. Krawetz's dHash). It stays nearly the same when a picture is made smaller, saved again or given a little more light.
fn difference_hash(picture: &image::DynamicImage) -> Option<i64> {
    let small = picture.resize_exact(9, 8, image::imageops::FilterType::Triangle).to_luma8();
    let brighter = |x: u32, y: u32| small.get_pixel(x, y).0 > small.get_pixel(x + 1, y).0;
    let places = (0..8).flat_map(|y| (0..8).map(move |x| (x, y)));
    let bits = places.fold(0_u64, |bits, (x, y)| bits << 1 | u64::from(brighter(x, y)));
    // A picture without contours looks like every other.
    (bits.count_ones() > 4 && bits.count_zeros() > 4).then_some(bits.cast_signed())
}

/// For each of some photos of a county the hashes of all that look like it, itself among them.
///
/// # Errors
/// The database's.
pub async fn alike(
    db: &impl ConnectionTrait,
    county: &CountyId,
    of: &[String],
) -> Result<BTreeMap<String, BTreeSet<String>>, DbErr> {
    let looks: Vec<(String, i64)> = Entity::find()
        .select_only()
        .columns([Column::Hash, Column::Look])
        .filter(Column::County.eq(county.clone()))
        .filter(Column::Look.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let known: BTreeMap<&String, i64> = looks.iter().map(|(hash, look)| (hash, *look)).collect();
    let like = |hash: &String| {
        let mut like = BTreeSet::from([hash.clone()]);
        if let Some(own) = known.get(hash) {
            let near = looks.iter().filter(|(_, look)| (own ^ look).count_ones() <= ALIKE);
            like.extend(near.map(|(hash, _)| hash.clone()));
        }
        (hash.clone(), like)
    };
    Ok(of.iter().map(like).collect())
}

/// Reads a picture of a kind that is taken, within what memory holds.
fn decode(bytes: &[u8]) -> Result<(&'static str, image::DynamicImage), Problem> {
    let wrong = |_unreadable| Problem::field("photo", "fault-photo", "");
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_unreadable| Problem::field("photo", "fault-photo", ""))?;
    let kind = match reader.format() {
        Some(ImageFormat::Jpeg) => "image/jpeg",
        Some(ImageFormat::Png) => "image/png",
        Some(ImageFormat::WebP) => "image/webp",
        _ => return Err(Problem::field("photo", "fault-photo", "")),
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES);
    limits.max_image_width = Some(20_000);
    limits.max_image_height = Some(20_000);
    reader.limits(limits);
    Ok((kind, reader.decode().map_err(wrong)?))
}

/// Reads a picture and makes the small one, without what a camera writes beside the picture.
fn look(bytes: &[u8]) -> Result<Seen, Problem> {
    let wrong = |_unreadable| Problem::field("photo", "fault-photo", "");
    let (kind, picture) = decode(bytes)?;
    let mut small = Vec::new();
    let thumbnail = picture.thumbnail(SMALL, SMALL).to_rgb8();
    thumbnail.write_to(&mut Cursor::new(&mut small), ImageFormat::Jpeg).map_err(wrong)?;
    let look = difference_hash(&picture);
    Ok(Seen { kind, width: picture.width(), height: picture.height(), look, small })
}

/// Keeps the picture that came in a field of a form. Answers its hash; nothing where none came.
///
/// # Errors
/// As [`keep`].
pub async fn sent(app: &App, write: &mut Write, form: &Upload, field: &str) -> Result<String, Problem> {
    match form.files.iter().find(|f| f.field == field && !f.bytes.is_empty()) {
        Some(file) => keep(app, write, file.bytes.to_vec()).await,
        None => Ok(String::new()),
    }
}

/// Keeps a photo and answers its hash. The same photo again is the same photo.
///
/// # Errors
/// Bytes that are no picture or too many, the file system's or the database's.
pub async fn keep(app: &App, write: &mut Write, bytes: Vec<u8>) -> Result<String, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::field("photo", "fault-too-large", MAX_BYTES >> 20));
    }
    let hash = sha256_hex(&bytes);
    let county = write.county().clone();
    if known(write.tx(), &county, std::slice::from_ref(&hash)).await? == 1 {
        return Ok(hash);
    }
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let (seen, bytes) = tokio::task::spawn_blocking(move || look(&bytes).map(|seen| (seen, bytes)))
        .await
        .map_err(anyhow::Error::from)??;
    for (small, plain) in [(false, &bytes), (true, &seen.small)] {
        let file = path(app, &county, &hash, small);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        write_private(&file, &app.keys.seal(&about(&county, &hash, small), plain)?)?;
    }
    let row = ActiveModel {
        county: Set(county),
        id: Set(PhotoId::new()),
        hash: Set(hash.clone()),
        kind: Set(seen.kind.to_owned()),
        bytes: Set(length),
        width: Set(seen.width.into()),
        height: Set(seen.height.into()),
        look: Set(seen.look),
        account: Set(write.actor().id()),
        created_at: Set(write.at()),
    };
    let there = OnConflict::columns([Column::County, Column::Hash]).do_nothing().to_owned();
    Entity::insert(row).on_conflict(there).exec_without_returning(write.tx()).await?;
    write.note("photo-kept", Subject::new("photo", &hash), serde_json::json!({ "bytes": length })).await?;
    Ok(hash)
}

/// The longer side of a picture that the public sends.
const PUBLIC: u32 = 1_600;

/// A picture of the public, made anew and smaller: without what the camera wrote beside it, its position above all.
///
/// # Errors
/// Bytes that are no picture or too many.
pub async fn plain(bytes: Vec<u8>) -> Result<Vec<u8>, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::field("photo", "fault-too-large", MAX_BYTES >> 20));
    }
    let made = tokio::task::spawn_blocking(move || {
        let wrong = |_unreadable| Problem::field("photo", "fault-photo", "");
        let picture = decode(&bytes)?.1;
        let picture = if picture.width().max(picture.height()) > PUBLIC {
            picture.thumbnail(PUBLIC, PUBLIC)
        } else {
            picture
        };
        let mut plain = Vec::new();
        picture.to_rgb8().write_to(&mut Cursor::new(&mut plain), ImageFormat::Jpeg).map_err(wrong)?;
        Ok(plain)
    });
    made.await.map_err(anyhow::Error::from)?
}

/// The pictures of a form of the public, each made anew.
///
/// # Errors
/// As [`plain`].
pub async fn all_plain(files: &[crate::web::extract::Sent]) -> Result<Vec<Vec<u8>>, Problem> {
    let mut made = Vec::new();
    for file in files {
        made.push(plain(file.bytes.to_vec()).await?);
    }
    Ok(made)
}

/// Keeps photos and answers their hashes.
///
/// # Errors
/// As [`keep`].
pub async fn keep_all(app: &App, write: &mut Write, photos: Vec<Vec<u8>>) -> Result<Vec<String>, Problem> {
    let mut hashes = Vec::new();
    for bytes in photos {
        hashes.push(keep(app, write, bytes).await?);
    }
    Ok(hashes)
}

/// How many of the hashes are photos of the county.
///
/// # Errors
/// The database's.
pub async fn known(db: &impl ConnectionTrait, county: &CountyId, hashes: &[String]) -> Result<usize, DbErr> {
    let found: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Hash)
        .filter(Column::County.eq(county.clone()))
        .filter(Column::Hash.is_in(hashes))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.len())
}

/// A photo, or its small picture, with its type.
///
/// # Errors
/// A hash that the county does not keep, the file system's or the database's.
pub async fn open(
    app: &App,
    county: &CountyId,
    hash: &str,
    small: bool,
) -> Result<(String, Vec<u8>), Problem> {
    let found = Entity::find().filter(Column::County.eq(county.clone())).filter(Column::Hash.eq(hash));
    let Model { kind, .. } = found.one(&app.db).await?.ok_or(Problem::NotFound)?;
    let sealed = std::fs::read(path(app, county, hash, small))?;
    let plain = app.keys.open(&about(county, hash, small), &sealed)?;
    Ok((if small { "image/jpeg".to_owned() } else { kind }, plain))
}
