//! From messy titles ("高薪诚聘焊工（包吃住）") to codes of the national classification, with a confidence.
//!
//! Names, aliases and labelled titles of all occupations are runs of characters weighted by how telling they are (TF-IDF).
//! For a title the nearest of them are taken, and a kernel ridge regression over these few decides how much each counts
//! for its occupation, so that ten near-copies do not shout down one good example. There is no training: what is added to
//! the lists counts at once. What officers have said is asked before anything is guessed.
//!
//! References: L. Bottou, V. Vapnik, "Local learning algorithms", Neural Computation 4 (1992), doi:10.1162/neco.1992.4.6.888;
//! C. Saunders, A. Gammerman, V. Vovk, "Ridge regression learning algorithm in dual variables", ICML 1998.

use std::collections::BTreeMap;

use super::title::{clean, grams};

const CLASSIFICATION: &str = include_str!("../../../../data/occupations/csco-2022-clean.csv");
const SPOKEN: &str = include_str!("../../../../data/occupations/spoken.csv");
const TITLES: &str = include_str!("../../../../data/occupations/titles.csv");

/// From this confidence on a guess is taken; below it an officer is asked.
pub(super) const SURE: f64 = 0.6;

/// How many of the nearest entries decide.
const NEAREST: usize = 50;
/// The ridge: how little one entry alone may say.
const RIDGE: f32 = 1.0;
/// What nearness to an official name or alias counts beside the regression.
const NAME: f32 = 0.4;

/// A code that a title may mean.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Guess {
    /// The code.
    pub code: String,
    /// The occupation's name.
    pub name: String,
    /// From 0 to 1.
    pub confidence: f64,
}

/// A name, alias or title: its occupation, whether it is official, and its runs of characters with their weights.
#[derive(Debug)]
struct Entry {
    occupation: u32,
    official: bool,
    grams: Vec<(u32, f32)>,
}

/// The national classification of occupations of 2022 (`data/occupations/README.md`).
#[derive(Debug)]
pub struct Occupations {
    names: BTreeMap<String, String>,
    by_name: BTreeMap<String, String>,
    codes: Vec<String>,
    entries: Vec<Entry>,
    /// The number of each gram.
    grams: BTreeMap<String, u32>,
    /// For each gram how telling it is, and the entries that hold it with its weight there.
    postings: Vec<(f32, Vec<(u32, f32)>)>,
}

impl Occupations {
    /// Reads the embedded classification and builds the index.
    ///
    /// # Errors
    /// A list that cannot be read, which is a fault of the build.
    pub fn embedded() -> anyhow::Result<Self> {
        let mut all = Self {
            names: BTreeMap::new(),
            by_name: BTreeMap::new(),
            codes: Vec::new(),
            entries: Vec::new(),
            grams: BTreeMap::new(),
            postings: Vec::new(),
        };
        let mut texts: Vec<(u32, bool, String)> = Vec::new();
        let mut reader = csv::Reader::from_reader(CLASSIFICATION.as_bytes());
        for row in reader.records() {
            let row = row?;
            let cell = |i: usize| row.get(i).unwrap_or_default();
            all.names.insert(cell(0).to_owned(), cell(2).to_owned());
            if cell(1) != "4" {
                continue;
            }
            let at = u32::try_from(all.codes.len())?;
            all.codes.push(cell(0).to_owned());
            // An alias may stand under several occupations, and titles may speak against it: it is an example like others.
            all.by_name.entry(cell(2).to_owned()).or_insert_with(|| cell(0).to_owned());
            for name in std::iter::once(cell(2)).chain(cell(5).split('|')).filter(|n| !n.is_empty()) {
                texts.push((at, true, name.to_owned()));
            }
        }
        for (list, sure) in [(SPOKEN, true), (TITLES, false)] {
            for row in csv::Reader::from_reader(list.as_bytes()).records() {
                let row = row?;
                let (Some(text), Some(code)) = (row.get(0), row.get(1)) else { continue };
                let Some(at) = all.codes.iter().position(|c| c == code) else {
                    anyhow::bail!("{text}: there is no occupation {code}");
                };
                if sure {
                    all.by_name.insert(text.to_owned(), code.to_owned());
                }
                texts.push((u32::try_from(at)?, sure, text.to_owned()));
            }
        }
        all.index(texts)?;
        Ok(all)
    }

    fn index(&mut self, texts: Vec<(u32, bool, String)>) -> anyhow::Result<()> {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand entries")]
        let count = texts.len() as f32;
        let found: Vec<BTreeMap<String, f32>> = texts.iter().map(|(.., text)| grams(&clean(text))).collect();
        for gram in found.iter().flat_map(BTreeMap::keys) {
            let next = u32::try_from(self.grams.len())?;
            let at = *self.grams.entry(gram.clone()).or_insert(next);
            if at == next {
                self.postings.push((0.0, Vec::new()));
            }
            if let Some((held_by, _)) = self.postings.get_mut(at as usize) {
                *held_by += 1.0;
            }
        }
        for (telling, _) in &mut self.postings {
            *telling = ((1.0 + count) / (1.0 + *telling)).ln();
        }
        for (at, ((occupation, official, _), found)) in texts.into_iter().zip(found).enumerate() {
            let grams = self.weigh(&found);
            for (gram, weight) in &grams {
                if let Some((_, held_by)) = self.postings.get_mut(*gram as usize) {
                    held_by.push((u32::try_from(at)?, *weight));
                }
            }
            self.entries.push(Entry { occupation, official, grams });
        }
        Ok(())
    }

    /// The known grams of a text in the order of their numbers, with weights whose squares add up to 1.
    fn weigh(&self, found: &BTreeMap<String, f32>) -> Vec<(u32, f32)> {
        let known = found.iter().filter_map(|(gram, times)| {
            let at = *self.grams.get(gram)?;
            Some((at, times * self.postings.get(at as usize)?.0))
        });
        let mut weights: Vec<(u32, f32)> = known.collect();
        weights.sort_by_key(|(at, _)| *at);
        let norm = weights.iter().map(|(_, w)| w * w).sum::<f32>().sqrt().max(f32::EPSILON);
        for (_, weight) in &mut weights {
            *weight /= norm;
        }
        weights
    }

    /// An occupation's (or group's) name.
    pub fn name(&self, code: &str) -> Option<&str> {
        self.names.get(code).map(String::as_str)
    }

    /// The best guesses for a title, best first; `learned` texts of the county come before all guessing.
    pub fn guess(&self, title: &str, learned: &BTreeMap<String, String>, limit: usize) -> Vec<Guess> {
        let told = learned.get(title.trim()).or_else(|| self.by_name.get(title.trim()));
        let cleaned = clean(title);
        let told = told.or_else(|| self.by_name.get(&cleaned));
        let mut guesses: Vec<Guess> = told.into_iter().map(|code| self.make(code, 1.0)).collect();
        // Beside what is told a guess is never sure.
        let ceiling = if told.is_some() { SURE / 2.0 } else { 1.0 };
        for (score, code) in self.scores(&cleaned) {
            if guesses.len() < limit && guesses.iter().all(|g| g.code != code) {
                guesses.push(self.make(code, f64::from(score).clamp(0.0, ceiling)));
            }
        }
        guesses.truncate(limit);
        guesses
    }

    /// The code that a title means, where that is sure enough.
    pub fn classify(&self, title: &str, learned: &BTreeMap<String, String>) -> Option<String> {
        self.guess(title, learned, 1).into_iter().find(|g| g.confidence >= SURE).map(|g| g.code)
    }

    fn make(&self, code: &str, confidence: f64) -> Guess {
        Guess { code: code.to_owned(), name: self.name(code).unwrap_or_default().to_owned(), confidence }
    }

    /// Occupations by their score, best first.
    fn scores(&self, cleaned: &str) -> Vec<(f32, &str)> {
        let near = self.nearest(&self.weigh(&grams(cleaned)));
        let entries: Vec<&Entry> = near.iter().filter_map(|(at, _)| self.entries.get(*at)).collect();
        let kernel: Vec<Vec<f32>> = entries
            .iter()
            .enumerate()
            .map(|(i, a)| {
                let row = entries.iter().take(i + 1).enumerate();
                row.map(|(j, b)| dot(&a.grams, &b.grams) + if i == j { RIDGE } else { 0.0 }).collect()
            })
            .collect();
        let alike: Vec<f32> = near.iter().map(|(_, alike)| *alike).collect();
        let shares = solve(kernel, alike.clone());
        let mut sums: BTreeMap<u32, (f32, f32)> = BTreeMap::new();
        for ((entry, share), alike) in entries.iter().zip(shares).zip(alike) {
            let (sum, name) = sums.entry(entry.occupation).or_default();
            *sum += share;
            if entry.official {
                *name = name.max(alike);
            }
        }
        let scored = sums.into_iter().filter_map(|(occupation, (sum, name))| {
            Some((sum + NAME * name, self.codes.get(occupation as usize)?.as_str()))
        });
        let mut scored: Vec<(f32, &str)> = scored.collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored
    }

    /// The entries most alike, at most [`NEAREST`] of all and as many official ones, with how alike they are.
    fn nearest(&self, query: &[(u32, f32)]) -> Vec<(usize, f32)> {
        let mut alike = vec![0.0_f32; self.entries.len()];
        for (gram, weight) in query {
            for (entry, held) in self.postings.get(*gram as usize).map_or(&[][..], |(_, held_by)| held_by) {
                if let Some(sum) = alike.get_mut(*entry as usize) {
                    *sum += weight * held;
                }
            }
        }
        let mut order: Vec<(usize, f32)> = alike.into_iter().enumerate().filter(|(_, a)| *a > 0.0).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        order.truncate(NEAREST);
        order
    }
}

/// The sum of the products of two lists in the order of their numbers.
fn dot(a: &[(u32, f32)], b: &[(u32, f32)]) -> f32 {
    let (mut b, mut sum) = (b.iter().peekable(), 0.0);
    for (at, weight) in a {
        while b.next_if(|(other, _)| other < at).is_some() {}
        if let Some((_, other)) = b.next_if(|(other, _)| other == at) {
            sum += weight * other;
        }
    }
    sum
}

/// Solves `K x = y` for a symmetric positive definite `K`, given by its lower triangle (Cholesky).
#[expect(clippy::indexing_slicing, reason = "rows of a lower triangle: row i has i + 1 cells")]
fn solve(mut k: Vec<Vec<f32>>, mut y: Vec<f32>) -> Vec<f32> {
    let n = y.len();
    for i in 0..n {
        for j in 0..=i {
            let sum: f32 = (0..j).map(|m| k[i][m] * k[j][m]).sum();
            let left = k[i][j] - sum;
            k[i][j] = if i == j { left.max(f32::EPSILON).sqrt() } else { left / k[j][j] };
        }
        let sum: f32 = (0..i).map(|m| k[i][m] * y[m]).sum();
        y[i] = (y[i] - sum) / k[i][i];
    }
    for i in (0..n).rev() {
        let sum: f32 = (i + 1..n).map(|m| k[m][i] * y[m]).sum();
        y[i] = (y[i] - sum) / k[i][i];
    }
    y
}
