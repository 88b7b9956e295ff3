//! How well titles are classified: `cargo run --release --example occupations FILE.csv` with `title,code` rows.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::collections::BTreeMap;

use zhida::party::Occupations;

fn main() -> anyhow::Result<()> {
    let occupations = Occupations::embedded()?;
    let none = BTreeMap::new();
    let path =
        std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("a file of title,code rows is needed"))?;
    let (mut all, mut first, mut five, mut group, mut sure, mut right) = (0, 0, 0, 0, 0, 0);
    for row in csv::Reader::from_path(path)?.records() {
        let row = row?;
        let (Some(title), Some(code)) = (row.get(0), row.get(1)) else { continue };
        // A code that ends in zeros names a group: any occupation in it is right.
        let stem = code.trim_end_matches("-00");
        let guesses = occupations.guess(title, &none, 5);
        let hits = |code: &str| code.starts_with(stem);
        let best = guesses.first();
        all += 1;
        first += usize::from(best.is_some_and(|g| hits(&g.code)));
        five += usize::from(guesses.iter().any(|g| hits(&g.code)));
        group += usize::from(best.is_some_and(|g| g.code.get(..1) == code.get(..1)));
        if occupations.classify(title, &none).is_some() {
            sure += 1;
            right += usize::from(best.is_some_and(|g| hits(&g.code)));
        }
    }
    let percent = |n: usize, of: usize| n * 1_000 / of.max(1);
    println!(
        "{all} titles: top-1 {}‰, top-5 {}‰, major group {}‰",
        percent(first, all),
        percent(five, all),
        percent(group, all)
    );
    println!("taken without asking: {}‰, of these right {}‰", percent(sure, all), percent(right, sure));
    Ok(())
}
