//! A photo is kept once, and only where it belongs.

use std::io::Cursor;

use crate::app::App;
use crate::clock::Clock;
use crate::ids::CountyId;
use crate::journal::{Actor, Write};
use crate::problem::Problem;

#[tokio::test]
async fn the_same_photo_is_kept_once_and_opens_in_its_county_alone() {
    let folder = tempfile::tempdir().unwrap();
    let db = crate::db::trial(folder.path()).await.unwrap();
    let app = App::with(folder.path(), Clock::system(), db).unwrap();
    let (here, there) = (CountyId("330424".to_owned()), CountyId("330421".to_owned()));
    let mut png = Vec::new();
    image::RgbImage::from_pixel(1_200, 800, image::Rgb([200, 30, 30]))
        .write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let mut write = Write::begin(&app.db, &here, &Actor::system(), app.clock.now()).await.unwrap();
    let first = super::keep(&app, &mut write, png.clone()).await.unwrap();
    let rev = write.rev();
    assert_eq!(super::keep(&app, &mut write, png.clone()).await.unwrap(), first);
    assert_eq!(write.rev(), rev, "nothing new to note");
    let no_picture = super::keep(&app, &mut write, b"<svg onload='x'/>".to_vec()).await.unwrap_err();
    assert!(matches!(no_picture, Problem::Invalid(_)), "{no_picture:?}");
    write.commit().await.unwrap();
    let (kind, whole) = super::store::open(&app, &here, &first, false).await.unwrap();
    assert_eq!((kind.as_str(), whole), ("image/png", png));
    let (_, small) = super::store::open(&app, &here, &first, true).await.unwrap();
    let small = image::load_from_memory(&small).unwrap();
    assert_eq!((small.width(), small.height()), (480, 320));
    let other = super::store::open(&app, &there, &first, false).await.unwrap_err();
    assert!(matches!(other, Problem::NotFound));
}
