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

#[tokio::test]
async fn a_picture_that_was_made_smaller_or_brighter_is_known_again_and_another_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let db = crate::db::trial(folder.path()).await.unwrap();
    let app = App::with(folder.path(), Clock::system(), db).unwrap();
    let here = CountyId("330424".to_owned());
    // Waves of two kinds, as contours.
    let wave = |across: f64, down: f64| {
        image::RgbImage::from_fn(640, 480, |x, y| {
            let (x, y) = (f64::from(x) / 640.0, f64::from(y) / 480.0);
            let light = 120.0 + 90.0 * (across * x + 2.0 * y).sin() * (down * y + 3.0 * x).cos();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 30 to 210")]
            let light = light as u8;
            image::Rgb([light, light / 2 + 40, 200 - light / 2])
        })
    };
    let bytes = |picture: image::DynamicImage, format| {
        let mut out = Vec::new();
        picture.write_to(&mut Cursor::new(&mut out), format).unwrap();
        out
    };
    let picture = image::DynamicImage::from(wave(9.0, 7.0));
    let all = [
        bytes(picture.clone(), image::ImageFormat::Png),
        bytes(
            picture.resize_exact(320, 240, image::imageops::FilterType::Triangle),
            image::ImageFormat::Jpeg,
        ),
        bytes(picture.brighten(12), image::ImageFormat::Jpeg),
        bytes(wave(4.0, 12.0).into(), image::ImageFormat::Png),
    ];
    let mut write = Write::begin(&app.db, &here, &Actor::system(), app.clock.now()).await.unwrap();
    let mut hashes = Vec::new();
    for one in all {
        hashes.push(super::keep(&app, &mut write, one).await.unwrap());
    }
    write.commit().await.unwrap();
    let alike = super::alike(&app.db, &here, &hashes[..1]).await.unwrap();
    assert_eq!(alike[&hashes[0]], hashes[..3].iter().cloned().collect());
    let there = CountyId("330421".to_owned());
    assert_eq!(
        super::alike(&app.db, &there, &hashes[3..]).await.unwrap()[&hashes[3]].len(),
        1,
        "no other county's"
    );
}
