//! A report as a PDF: A4 with tables that break between rows and repeat their heads; the font embedded as a subset, so that
//! the text can be read out again.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::{Page, PageSettings};
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use ttf_parser::Face;

use super::{Block, Document, Table};
use crate::problem::Problem;

/// A4 in points.
const SHORT: f32 = 595.28;
const LONG: f32 = 841.89;
const MARGIN: f32 = 42.0;
const TITLE: f32 = 17.0;
const HEADING: f32 = 12.0;
const TEXT: f32 = 10.0;
const CELL: f32 = 9.0;
const LARGE: f32 = 26.0;
/// The side of a code: 8.5 cm.
const CODE: f32 = 241.0;
/// From one line to the next, in sizes of the type.
const LEADING: f32 = 1.45;
const PADDING: f32 = 4.0;

/// Where Debian's `fonts-noto-cjk` puts the font, and which of its faces is for simplified Chinese.
const FONT: (&str, u32) = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2);

/// The font's file: `ZHIDA_FONT` (and behind a colon the number of its face), or Debian's.
///
/// # Errors
/// No file there, with the remedy.
pub fn font() -> anyhow::Result<(Vec<u8>, u32)> {
    let set = std::env::var("ZHIDA_FONT").ok().filter(|f| !f.is_empty());
    let (path, face) = match &set {
        Some(text) => match text.rsplit_once(':') {
            Some((path, face)) if face.parse::<u32>().is_ok() => (PathBuf::from(path), face.parse()?),
            _ => (PathBuf::from(text), 0),
        },
        None => (PathBuf::from(FONT.0), FONT.1),
    };
    if !path.exists() {
        bail!("there is no font {}: install fonts-noto-cjk, or name a font in ZHIDA_FONT", path.display());
    }
    Ok((std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?, face))
}

/// Type and its measures.
struct Type<'a> {
    font: Font,
    face: Face<'a>,
}

impl Type<'_> {
    /// The width of a text, in points.
    fn width(&self, text: &str, size: f32) -> f32 {
        let em = f32::from(self.face.units_per_em());
        let advance = |c: char| {
            let glyph = self.face.glyph_index(c);
            glyph.and_then(|g| self.face.glyph_hor_advance(g)).map_or(em / 2.0, f32::from)
        };
        text.chars().map(advance).sum::<f32>() / em * size
    }

    /// A text in lines that fit a width, broken where UAX #14 allows it; what has no place to break is cut between
    /// characters.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            let mut line = String::new();
            let mut from = 0;
            for (to, _) in unicode_linebreak::linebreaks(paragraph) {
                let piece = paragraph.get(from..to).unwrap_or_default();
                from = to;
                if self.width(&format!("{line}{}", piece.trim_end()), size) <= width {
                    line.push_str(piece);
                    continue;
                }
                if !line.trim().is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                for c in piece.chars() {
                    if !line.is_empty() && self.width(&format!("{line}{c}"), size) > width {
                        lines.push(std::mem::take(&mut line));
                    }
                    line.push(c);
                }
            }
            lines.push(line);
        }
        lines.into_iter().map(|l| l.trim_end().to_owned()).collect()
    }
}

/// A page that is being filled.
struct Sheet<'d> {
    page: Page<'d>,
    y: f32,
    number: usize,
}

struct Printer<'a> {
    letters: Type<'a>,
    document: krilla::Document,
    width: f32,
    height: f32,
}

/// The report as a PDF.
///
/// # Errors
/// A font that is not there or cannot be read.
pub fn pdf(report: &Document, (font, face): (&[u8], u32), language: &str) -> Result<Vec<u8>, Problem> {
    let measured =
        Face::parse(font, face).map_err(|e| Problem::Internal(anyhow::anyhow!("the font: {e}")))?;
    let data: Arc<Vec<u8>> = Arc::new(font.to_vec());
    let drawn = Font::new(data.into(), face)
        .ok_or_else(|| Problem::Internal(anyhow::anyhow!("the font has no face {face}")))?;
    let (width, height) = if report.wide { (LONG, SHORT) } else { (SHORT, LONG) };
    let mut document = krilla::Document::new();
    let about = Metadata::new().title(report.title.clone()).language(language.to_owned());
    document.set_metadata(about);
    let mut printer = Printer { letters: Type { font: drawn, face: measured }, document, width, height };
    for (number, items) in (1..).zip(printer.pages(report)) {
        printer.print(&items, number)?;
    }
    printer.document.finish().map_err(|e| Problem::Internal(anyhow::anyhow!("the PDF: {e:?}")))
}

/// Something at a place on a page.
enum Item {
    Line {
        x: f32,
        y: f32,
        size: f32,
        text: String,
    },
    Box {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        shaded: bool,
    },
    /// Squares, row by row.
    Code {
        x: f32,
        y: f32,
        side: usize,
        dark: Vec<bool>,
    },
}

/// The pages while they are laid out.
struct Layout {
    pages: Vec<Vec<Item>>,
    y: f32,
    bottom: f32,
}

impl Layout {
    fn page(&mut self) -> &mut Vec<Item> {
        if self.pages.is_empty() {
            self.pages.push(Vec::new());
        }
        // Never empty, by the line above.
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    fn next_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    fn room_for(&self, height: f32) -> bool {
        self.y + height <= self.bottom
    }

    fn line(&mut self, x: f32, size: f32, text: String) {
        let height = size * LEADING;
        if !self.room_for(height) {
            self.next_page();
        }
        let y = self.y + size * 1.1;
        self.page().push(Item::Line { x, y, size, text });
        self.y += height;
    }
}

impl Printer<'_> {
    /// Everything at its place, page by page.
    fn pages(&self, report: &Document) -> Vec<Vec<Item>> {
        let mut out = Layout { pages: Vec::new(), y: MARGIN, bottom: self.height - MARGIN - 14.0 };
        self.middle(&mut out, &report.title, TITLE);
        out.y += 4.0;
        for line in &report.lines {
            self.paragraph(&mut out, line, CELL);
        }
        for block in &report.blocks {
            out.y += 6.0;
            match block {
                Block::Text(text) => self.paragraph(&mut out, text, TEXT),
                Block::Table(table) => self.table(&mut out, table),
                Block::Large(text) => self.middle(&mut out, text, LARGE),
                Block::Code(text) => self.code(&mut out, text),
            }
        }
        out.pages
    }

    fn middle(&self, out: &mut Layout, text: &str, size: f32) {
        let inner = self.width - 2.0 * MARGIN;
        for line in self.letters.lines(text, size, inner) {
            let x = MARGIN + (inner - self.letters.width(&line, size)) / 2.0;
            out.line(x, size, line);
        }
    }

    fn code(&self, out: &mut Layout, text: &str) {
        let Ok(code) = qrcode::QrCode::new(text.as_bytes()) else { return self.middle(out, text, TEXT) };
        // Four squares of white about it, as readers want.
        let quiet = CODE / 8.0;
        if !out.room_for(CODE + 2.0 * quiet) {
            out.next_page();
        }
        let (side, y) = (code.width(), out.y + quiet);
        let dark: Vec<bool> = code.to_colors().iter().map(|c| *c == qrcode::Color::Dark).collect();
        out.page().push(Item::Code { x: (self.width - CODE) / 2.0, y, side, dark });
        out.y += CODE + 2.0 * quiet;
    }

    fn paragraph(&self, out: &mut Layout, text: &str, size: f32) {
        for line in self.letters.lines(text, size, self.width - 2.0 * MARGIN) {
            out.line(MARGIN, size, line);
        }
    }

    fn table(&self, out: &mut Layout, table: &Table) {
        if !table.title.is_empty() {
            // A heading does not stay behind alone.
            if !out.room_for(HEADING * LEADING + CELL * LEADING * 4.0) {
                out.next_page();
            }
            out.line(MARGIN, HEADING, table.title.clone());
        }
        let inner = self.width - 2.0 * MARGIN;
        let parts: f32 = table.head.iter().map(|(_, w)| f32::from(*w)).sum::<f32>().max(1.0);
        let widths: Vec<f32> = table.head.iter().map(|(_, w)| inner * f32::from(*w) / parts).collect();
        let head: Vec<(String, bool)> = table.head.iter().map(|(text, _)| (text.clone(), false)).collect();
        self.row(out, &widths, &head, true, None);
        for row in &table.rows {
            let cells: Vec<(String, bool)> = row.iter().map(|c| (c.text.clone(), c.number)).collect();
            self.row(out, &widths, &cells, false, Some(&head));
        }
    }

    /// A row at its place; on a new page below the head again. One that is taller than a page is cut into pieces.
    fn row(
        &self,
        out: &mut Layout,
        widths: &[f32],
        cells: &[(String, bool)],
        shaded: bool,
        head: Option<&[(String, bool)]>,
    ) {
        let step = CELL * LEADING;
        let mut waiting: Vec<Vec<String>> = cells
            .iter()
            .zip(widths)
            .map(|((text, _), w)| self.letters.lines(text, CELL, w - 2.0 * PADDING))
            .collect();
        loop {
            let tallest = waiting.iter().map(Vec::len).max().unwrap_or(1).max(1);
            let room = ((out.bottom - out.y - 2.0 * PADDING) / step).floor();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "lines on a page, not below nothing"
            )]
            let room = room.max(0.0) as usize;
            let whole = 40;
            if tallest > room && (room < 3 || tallest <= whole) && out.y > MARGIN * 2.0 {
                out.next_page();
                if let Some(head) = head {
                    self.row(out, widths, head, true, None);
                }
                continue;
            }
            let take = tallest.min(room.max(1));
            #[expect(clippy::cast_precision_loss, reason = "lines on a page")]
            let height = take as f32 * step + 2.0 * PADDING;
            let (top, mut x) = (out.y, MARGIN);
            for ((lines, width), (_, number)) in waiting.iter_mut().zip(widths).zip(cells) {
                out.page().push(Item::Box { x, y: top, width: *width, height, shaded });
                let now: Vec<String> = lines.drain(..take.min(lines.len())).collect();
                let mut y = top + PADDING + CELL * 1.05;
                for text in now {
                    let free = width - 2.0 * PADDING - self.letters.width(&text, CELL);
                    let at = if *number { x + PADDING + free.max(0.0) } else { x + PADDING };
                    out.page().push(Item::Line { x: at, y, size: CELL, text });
                    y += step;
                }
                x += width;
            }
            out.y = top + height;
            if waiting.iter().all(Vec::is_empty) {
                return;
            }
            out.next_page();
            if let Some(head) = head {
                self.row(out, widths, head, true, None);
            }
        }
    }

    fn print(&mut self, items: &[Item], number: usize) -> Result<(), Problem> {
        let settings = PageSettings::from_wh(self.width, self.height);
        let settings = settings.ok_or_else(|| Problem::Internal(anyhow::anyhow!("a page without a size")))?;
        let mut sheet = Sheet { page: self.document.start_page_with(settings), y: self.height, number };
        let mut surface = sheet.page.surface();
        for item in items {
            match item {
                Item::Line { x, y, size, text } => write(&mut surface, &self.letters, (*x, *y), *size, text),
                Item::Box { x, y, width, height, shaded } => {
                    frame(&mut surface, (*x, *y), (*width, *height), *shaded);
                }
                Item::Code { x, y, side, dark } => squares(&mut surface, (*x, *y), *side, dark),
            }
        }
        let foot = sheet.number.to_string();
        let x = (self.width - self.letters.width(&foot, CELL)) / 2.0;
        write(&mut surface, &self.letters, (x, sheet.y - MARGIN * 0.6), CELL, &foot);
        surface.finish();
        sheet.page.finish();
        Ok(())
    }
}

fn ink(level: u8) -> Fill {
    let paint = krilla::color::luma::Color::new(level);
    Fill { paint: paint.into(), opacity: NormalizedF32::ONE, rule: krilla::paint::FillRule::default() }
}

fn write(surface: &mut Surface<'_>, letters: &Type<'_>, (x, y): (f32, f32), size: f32, text: &str) {
    if text.is_empty() {
        return;
    }
    surface.set_stroke(None);
    surface.set_fill(Some(ink(0)));
    surface.draw_text(Point::from_xy(x, y), letters.font.clone(), size, text, false, TextDirection::Auto);
}

fn frame(surface: &mut Surface<'_>, (x, y): (f32, f32), (width, height): (f32, f32), shaded: bool) {
    let Some(rect) = Rect::from_xywh(x, y, width, height) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    let Some(path) = path.finish() else { return };
    surface.set_fill(shaded.then(|| ink(232)));
    surface.set_stroke(Some(Stroke {
        paint: krilla::color::luma::Color::new(120).into(),
        width: 0.5,
        ..Stroke::default()
    }));
    surface.draw_path(&path);
}

fn squares(surface: &mut Surface<'_>, (x, y): (f32, f32), side: usize, dark: &[bool]) {
    #[expect(clippy::cast_precision_loss, reason = "at most 177 squares")]
    let float = |n: usize| n as f32;
    let one = CODE / float(side.max(1));
    let mut path = PathBuilder::new();
    for (at, _) in dark.iter().enumerate().filter(|(_, dark)| **dark) {
        let (left, top) = (x + float(at % side) * one, y + float(at / side) * one);
        if let Some(rect) = Rect::from_xywh(left, top, one, one) {
            path.push_rect(rect);
        }
    }
    let Some(path) = path.finish() else { return };
    surface.set_fill(Some(ink(0)));
    surface.set_stroke(None);
    surface.draw_path(&path);
}
