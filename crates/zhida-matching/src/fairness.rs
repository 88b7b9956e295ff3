//! Whether groups are selected alike.

/// How often the parties of one group are selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The group's code.
    pub code: String,
    /// How many could have been selected.
    pub pool: usize,
    /// How many were.
    pub selected: usize,
}

/// The groups of one field, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The groups, in the order of first appearance.
    pub groups: Vec<Group>,
    /// The lowest selection rate over the highest; 1 where fewer than two groups can be compared.
    pub ratio: f64,
    /// Whether the ratio is under four fifths (29 CFR §1607.4 D, the usual threshold).
    pub flagged: bool,
}

/// Selection rates by group. `rows` are the group (`None` for unknown) and whether the party was selected; groups with
/// fewer than `least` parties are left out of the comparison, not out of the list.
pub fn selection<'a>(rows: impl IntoIterator<Item = (Option<&'a str>, bool)>, least: usize) -> Selection {
    let mut groups: Vec<Group> = Vec::new();
    for (code, selected) in rows {
        let Some(code) = code else { continue };
        let at = groups.iter().position(|g| g.code == code).unwrap_or_else(|| {
            groups.push(Group { code: code.to_owned(), pool: 0, selected: 0 });
            groups.len() - 1
        });
        groups[at].pool += 1;
        groups[at].selected += usize::from(selected);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    let rates: Vec<f64> =
        groups.iter().filter(|g| g.pool >= least.max(1)).map(|g| g.selected as f64 / g.pool as f64).collect();
    let highest = rates.iter().copied().fold(0.0, f64::max);
    let lowest = rates.iter().copied().fold(1.0, f64::min);
    let ratio = if rates.len() < 2 || highest == 0.0 { 1.0 } else { lowest / highest };
    Selection { groups, ratio, flagged: ratio < 0.8 }
}
