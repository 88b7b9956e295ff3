//! Figures in Chinese documents: 约3000人, 8000余条, 1000家以上, 近15.2万台次, 力争500名以上, 20个左右.

use crate::{Comparator, Force, Quantity, Said};

/// A figure found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The number, with 万 and 亿 worked out.
    pub value: Quantity,
    /// The word that goes with it.
    pub said: Said,
    /// Whether it is striven for.
    pub force: Force,
    /// The counting word as the text has it: 人次, 家, 万亩 without 万.
    pub unit: String,
    /// Where the number begins, in characters.
    pub at: usize,
}

impl Found {
    /// The comparator of a promise in these words.
    pub fn comparator(&self) -> Comparator {
        match self.said {
            Said::AtLeast => Comparator::AtLeast,
            Said::About | Said::Around | Said::Nearly => Comparator::About,
            Said::Exactly | Said::More => Comparator::Exact,
        }
    }
}

/// Words before a number.
const BEFORE: [(&str, Said); 10] = [
    ("不少于", Said::AtLeast),
    ("不低于", Said::AtLeast),
    ("至少", Said::AtLeast),
    ("超过", Said::AtLeast),
    ("大约", Said::About),
    ("约", Said::About),
    ("接近", Said::Nearly),
    ("将近", Said::Nearly),
    ("近", Said::Nearly),
    ("≥", Said::AtLeast),
];

/// Words behind a number or its unit.
const BEHIND: [(&str, Said); 5] = [
    ("及以上", Said::AtLeast),
    ("以上", Said::AtLeast),
    ("左右", Said::Around),
    ("余", Said::More),
    ("多", Said::More),
];

/// What ends a clause.
const CLAUSE: [char; 8] = ['，', '。', '；', ',', ';', '（', '(', '：'];

const POWERS: [(char, i64); 4] = [('亿', 100_000_000), ('万', 10_000), ('千', 1_000), ('百', 100)];

/// How a number of everyday size is written: 1.2万, 400万, 19.1亿, 5069. Every number comes back from [`figures`] as it was.
pub fn number(value: Quantity) -> String {
    for (sign, power) in POWERS.iter().take(2) {
        let unit = power.saturating_mul(1_000);
        // Only where at most three decimals of 万 or 亿 say it exactly.
        if value.0.abs() >= unit && value.0 % power == 0 {
            let scaled = Quantity(value.0 / power);
            if scaled.0 % 10 == 0 || scaled.0.abs() < 1_000_000 {
                return format!("{scaled}{sign}");
            }
        }
    }
    value.to_string()
}

/// The figures in a text, in order. A number that is part of a date, a percentage of a share or an ordinal (第3) is left
/// out; what cannot be read is left out too.
pub fn figures(text: &str, units: &[&str]) -> Vec<Found> {
    let signs: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < signs.len() {
        let digits = |c: &char| c.is_ascii_digit() || *c == '.' || *c == ',';
        if !signs[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < signs.len() && digits(&signs[at]) {
            at += 1;
        }
        let written: String = signs[start..at].iter().collect();
        let Ok(mut value) = written.trim_end_matches(['.', ',']).parse::<Quantity>() else { continue };
        let mut said = Said::Exactly;
        let rest = |from: usize| signs.iter().skip(from).take(12).collect::<String>();
        let mut behind = |at: &mut usize| {
            if let Some((word, s)) = BEHIND.iter().find(|(word, _)| rest(*at).starts_with(word)) {
                said = *s;
                *at += word.chars().count();
            }
        };
        behind(&mut at);
        while let Some((_, power)) = signs.get(at).and_then(|c| POWERS.iter().find(|(sign, _)| sign == c)) {
            let Some(more) = value.0.checked_mul(*power) else { break };
            value = Quantity(more);
            at += 1;
        }
        behind(&mut at);
        let here = rest(at);
        let unit = units.iter().filter(|u| here.starts_with(**u)).max_by_key(|u| u.len());
        let Some(unit) = unit else { continue };
        at += unit.chars().count();
        behind(&mut at);
        let before: String = signs[start.saturating_sub(8)..start].iter().collect();
        if before.ends_with('第') {
            continue;
        }
        if said == Said::Exactly
            && let Some((_, s)) = BEFORE.iter().find(|(word, _)| before.ends_with(word))
        {
            said = *s;
        }
        // 力争 stands at the head of the clause, the number often at its end.
        let clause = signs[..start].iter().rposition(|c| CLAUSE.contains(c)).map_or(0, |at| at + 1);
        let clause: String = signs[clause..start].iter().collect();
        let force = if clause.contains("力争") { Force::Striving } else { Force::Binding };
        found.push(Found { value, said, force, unit: (*unit).to_owned(), at: start });
    }
    found
}
