//! From messy titles ("高薪诚聘焊工（包吃住）") to codes of the national classification, with a confidence.
//!
//! Character n-grams weighted by how telling they are (TF-IDF, cosine), over the names and aliases of all occupations;
//! the noise of advertisements is taken off first, and what officers have said is asked before anything is guessed.

use std::collections::BTreeMap;

const CLASSIFICATION: &str = include_str!("../../../../data/occupations/csco-2022-clean.csv");
const SPOKEN: &str = include_str!("../../../../data/occupations/spoken.csv");
const TITLES: &str = include_str!("../../../../data/occupations/titles.csv");

/// From this confidence on a guess is taken; below it an officer is asked.
pub(super) const SURE: f64 = 0.55;

/// A code that a title may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The code.
    pub code: String,
    /// The occupation's name.
    pub name: String,
    /// From 0 to 1.
    pub confidence: f64,
}

/// The national classification of occupations of 2022 (`data/occupations/README.md`).
#[derive(Debug)]
pub struct Occupations {
    names: BTreeMap<String, String>,
    by_name: BTreeMap<String, String>,
    codes: Vec<String>,
    /// For each gram the entries that hold it, with the gram's normalised weight there.
    postings: BTreeMap<String, Vec<(u32, f32)>>,
    /// The occupation of each entry.
    entries: Vec<u32>,
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
            postings: BTreeMap::new(),
            entries: Vec::new(),
        };
        let mut texts: Vec<(u32, String)> = Vec::new();
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
            for name in std::iter::once(cell(2)).chain(cell(5).split('|')).filter(|n| !n.is_empty()) {
                all.by_name.entry(name.to_owned()).or_insert_with(|| cell(0).to_owned());
                texts.push((at, name.to_owned()));
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
                texts.push((u32::try_from(at)?, text.to_owned()));
            }
        }
        all.index(&texts);
        Ok(all)
    }

    fn index(&mut self, texts: &[(u32, String)]) {
        let grams: Vec<BTreeMap<String, f32>> = texts.iter().map(|(_, text)| grams(&clean(text))).collect();
        let mut frequency: BTreeMap<&str, f32> = BTreeMap::new();
        for gram in grams.iter().flat_map(BTreeMap::keys) {
            *frequency.entry(gram).or_default() += 1.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand entries")]
        let count = texts.len() as f32;
        for ((occupation, _), grams) in texts.iter().zip(&grams) {
            let entry = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
            self.entries.push(*occupation);
            let weight =
                |gram: &str, n: f32| n * ((1.0 + count) / (1.0 + frequency.get(gram).unwrap_or(&0.0))).ln();
            let norm = grams.iter().map(|(g, n)| weight(g, *n).powi(2)).sum::<f32>().sqrt().max(f32::EPSILON);
            for (gram, n) in grams {
                self.postings.entry(gram.clone()).or_default().push((entry, weight(gram, *n) / norm));
            }
        }
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
        let scores = self.scores(&cleaned);
        let best = scores.first().map_or(0.0, |(s, _)| *s);
        let next = scores.get(1).map_or(0.0, |(s, _)| *s);
        for (i, (score, code)) in scores.into_iter().enumerate() {
            if guesses.len() >= limit {
                break;
            }
            if guesses.iter().any(|g| g.code == code) {
                continue;
            }
            // A clear lead makes sure; a neighbour close behind makes unsure.
            let lead = if i == 0 { ((best - next) / 0.15).clamp(0.0, 1.0) } else { 0.0 };
            let ceiling = if told.is_some() { 0.5 } else { 1.0 };
            guesses.push(self.make(code, (f64::from(score) * (0.8 + 0.2 * f64::from(lead))).min(ceiling)));
        }
        guesses
    }

    /// The code that a title means, where that is sure enough.
    pub fn classify(&self, title: &str, learned: &BTreeMap<String, String>) -> Option<String> {
        self.guess(title, learned, 1).into_iter().find(|g| g.confidence >= SURE).map(|g| g.code)
    }

    fn make(&self, code: &str, confidence: f64) -> Guess {
        Guess { code: code.to_owned(), name: self.name(code).unwrap_or_default().to_owned(), confidence }
    }

    fn scores(&self, cleaned: &str) -> Vec<(f32, &str)> {
        let query = grams(cleaned);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand entries")]
        let count = self.entries.len() as f32;
        let mut norm = 0.0_f32;
        let mut sums: BTreeMap<u32, f32> = BTreeMap::new();
        for (gram, n) in &query {
            let found = self.postings.get(gram).map(Vec::as_slice).unwrap_or_default();
            #[expect(clippy::cast_precision_loss, reason = "a few thousand entries")]
            let weight = n * ((1.0 + count) / (1.0 + found.len() as f32)).ln();
            norm += weight * weight;
            for (entry, held) in found {
                *sums.entry(*entry).or_default() += weight * held;
            }
        }
        let norm = norm.sqrt().max(f32::EPSILON);
        let mut best: BTreeMap<u32, f32> = BTreeMap::new();
        for (entry, sum) in sums {
            let Some(occupation) = self.entries.get(entry as usize) else { continue };
            let score = best.entry(*occupation).or_default();
            *score = score.max(sum / norm);
        }
        let mut scores: Vec<(f32, &str)> = best
            .into_iter()
            .filter_map(|(occupation, score)| Some((score, self.codes.get(occupation as usize)?.as_str())))
            .collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scores.truncate(20);
        scores
    }
}

/// What advertisements say beside the work.
const NOISE: &[&str] = &[
    "高薪诚聘",
    "高薪急聘",
    "高薪",
    "诚聘",
    "急聘",
    "急招",
    "直招",
    "招聘",
    "诚招",
    "聘请",
    "急需",
    "包吃包住",
    "包吃住",
    "包食宿",
    "包吃",
    "包住",
    "管吃住",
    "提供食宿",
    "五险一金",
    "五险",
    "双休",
    "单休",
    "长白班",
    "白班",
    "夜班",
    "两班倒",
    "三班倒",
    "日结",
    "月结",
    "周结",
    "无需经验",
    "无经验",
    "有经验",
    "经验优先",
    "熟练",
    "可学徒",
    "学徒",
    "实习生",
    "实习",
    "兼职",
    "全职",
    "临时工",
    "小时工",
    "暑假工",
    "寒假工",
    "应届生",
    "应届",
    "底薪",
    "提成",
    "年终奖",
    "待遇优",
    "待遇好",
    "若干名",
    "若干",
    "男女不限",
    "不限",
    "储备",
    "资深",
    "高级",
    "中级",
    "初级",
    "助理级",
    "岗位",
    "职位",
    "工资",
    "月薪",
    "以上",
    "从事过",
    "做过",
    "干过",
    "当过",
    "原",
];

/// The title without the noise: brackets, figures, wages, promises.
fn clean(title: &str) -> String {
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
    for noise in NOISE {
        if text.chars().count() > noise.chars().count() {
            text = text.replace(noise, "");
        }
    }
    let text: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let text = text.trim_end_matches("师傅").trim_end_matches('名').to_lowercase();
    if text.is_empty() { folded } else { text }
}

/// One, two and three characters in a row; the end of the title, where Chinese puts the head, counts more.
fn grams(text: &str) -> BTreeMap<String, f32> {
    let chars: Vec<char> = std::iter::once('^').chain(text.chars()).chain(std::iter::once('$')).collect();
    let mut found = BTreeMap::new();
    for n in 1..=3_usize {
        for (at, window) in chars.windows(n).enumerate() {
            if n == 1 && (window == ['^'] || window == ['$']) {
                continue;
            }
            let near_end = chars.len() - (at + n) <= 2;
            let by_length = [0.0, 0.5, 1.0, 1.0].get(n).copied().unwrap_or(1.0);
            *found.entry(window.iter().collect()).or_default() +=
                by_length * if near_end { 1.25 } else { 1.0 };
        }
    }
    found
}
