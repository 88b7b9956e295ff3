//! An advertisement's title without its noise, and as runs of characters.

use std::collections::BTreeMap;

/// What advertisements say beside the work; longer phrases stand before their parts.
const NOISE: &str = include_str!("../../../../data/occupations/noise.txt");

/// The title without the noise: brackets, figures, wages, promises.
pub(super) fn clean(title: &str) -> String {
    let mut depth = 0_i32;
    let mut text = String::new();
    let folded: String = unicode_normalization::UnicodeNormalization::nfkc(title).collect();
    for c in folded.chars() {
        match c {
            '(' | '[' | '【' | '{' => depth += 1,
            ')' | ']' | '】' | '}' => depth -= 1,
            _ if depth <= 0 => text.push(c),
            _ => {}
        }
    }
    if text.trim().is_empty() {
        text = folded.chars().filter(|c| !"()[]【】{}".contains(*c)).collect();
    }
    for noise in NOISE.split_whitespace() {
        if text.chars().count() > noise.chars().count() {
            text = text.replace(noise, "");
        }
    }
    let text: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let text = text.trim_end_matches("师傅").trim_end_matches('名').to_lowercase();
    if text.is_empty() { folded } else { text }
}

/// One, two and three characters in a row; the end of the title, where Chinese puts the head, counts more.
pub(super) fn grams(text: &str) -> BTreeMap<String, f32> {
    let chars: Vec<char> = std::iter::once('^').chain(text.chars()).chain(std::iter::once('$')).collect();
    let mut found = BTreeMap::new();
    for n in 1..=3_usize {
        for (at, window) in chars.windows(n).enumerate() {
            if n == 1 && (window == ['^'] || window == ['$']) {
                continue;
            }
            let near_end = chars.len() - (at + n) <= 2;
            let by_length = [0.0, 0.8, 1.0, 0.7].get(n).copied().unwrap_or(1.0);
            *found.entry(window.iter().collect()).or_default() +=
                by_length * if near_end { 1.25 } else { 1.0 };
        }
    }
    found
}
