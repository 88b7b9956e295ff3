//! Addresses as pictures that phones read.

use qrcode::QrCode;
use qrcode::render::svg;

use crate::problem::Problem;

/// The code of a text, as SVG to stand in a page.
///
/// # Errors
/// A text that is too long for a code.
pub fn qr(text: &str) -> Result<String, Problem> {
    let code = QrCode::new(text.as_bytes()).map_err(|e| anyhow::anyhow!("a code: {e}"))?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(picture.split_once("?>").map_or(picture.clone(), |(_, svg)| svg.to_owned()))
}
