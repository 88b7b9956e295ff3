//! The text of a rule before it is parsed: places, nesting, and the name under which `has` gets past the parser.

use super::HAS;

/// Byte offset of a line and column of a syntax error, which the parser counts from 1 and in characters.
pub(super) fn offset(text: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or("");
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// Where `.field` behind an operand ends: the parser gives a selection the place of its dot alone.
pub(super) fn span_end(text: &str, operand: usize, field: &str) -> usize {
    let rest = text.get(operand..).unwrap_or_default();
    rest.find(field).map_or(operand, |at| operand + at + field.len())
}

/// The text without what stands in quotation marks: each such byte becomes a blank.
pub(super) fn outside_strings(text: &str) -> Vec<u8> {
    let mut quote: Option<u8> = None;
    let mut escaped = false;
    text.bytes()
        .map(|b| {
            if let Some(q) = quote {
                if escaped {
                    escaped = false;
                } else if b == b'\\' {
                    escaped = true;
                } else if b == q {
                    quote = None;
                }
                b' '
            } else {
                if b == b'"' || b == b'\'' {
                    quote = Some(b);
                    return b' ';
                }
                b
            }
        })
        .collect()
}

pub(super) fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for b in outside_strings(text) {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Renames `has(` to the checker's own function of the same length, outside strings.
pub(super) fn name_has(text: &str) -> String {
    let plain = outside_strings(text);
    let mut bytes = text.as_bytes().to_vec();
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.');
    for start in 0..plain.len() {
        let free = start == 0 || !word(plain.get(start - 1));
        let rest = plain.get(start..).unwrap_or_default();
        let call = rest.starts_with(b"has")
            && rest.get(3..).unwrap_or_default().iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'(');
        if free
            && call
            && let Some(three) = bytes.get_mut(start..start + 3)
        {
            three.copy_from_slice(HAS.as_bytes());
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
