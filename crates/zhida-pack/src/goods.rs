//! What a service's ledger holds: goods with their units, funds, and how receipt is shown.

use serde::Deserialize;
use zhida_rules::Label;

use crate::files::{Files, PackFault};

/// Something that is held and given out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Good {
    /// The code: upper-case letters, digits and hyphens, so that books of other programs take it.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// The unit of measure.
    pub unit: Label,
    /// Whether parts of a unit are counted (kilograms are, quilts are not).
    #[serde(default)]
    pub divisible: bool,
    /// Whether lots are kept apart.
    #[serde(default)]
    pub batches: bool,
}

/// A line of a budget.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetLine {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
}

/// What the ledger of a service holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Goods {
    /// Goods.
    pub goods: Vec<Good>,
    /// Lines of the budget.
    pub budget: Vec<BudgetLine>,
}

pub(crate) fn read(files: &Files) -> Result<Goods, PackFault> {
    const PATH: &str = "ledger.toml";
    if !files.0.contains_key(PATH) {
        return Ok(Goods::default());
    }
    let goods: Goods = files.toml(PATH)?;
    let fits = |code: &str| {
        code.len() >= 2
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
            && code.len() <= 24
            && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
    };
    if let Some(good) = goods.goods.iter().find(|g| !fits(&g.code) || g.code == "CNY") {
        let words =
            format!("`{}`: a code is 2 to 24 upper-case letters, digits and hyphens, and not CNY", good.code);
        return Err(PackFault::new(PATH, words));
    }
    Ok(goods)
}
