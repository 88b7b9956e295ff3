//! The files as an office has them: merged titles, mixed dates, GB18030.

use std::path::Path;

use anyhow::Context as _;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rust_xlsxwriter::{Format, FormatAlign, Workbook};
use zhida_types::Day;

use super::register::{self, Known, Row};
use super::vocabulary::Vocabulary;
use crate::regions::Regions;

/// How large the demonstration is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Good rows of the register.
    pub people: usize,
    /// Vacancies.
    pub jobs: usize,
}

impl Default for Size {
    /// The published practice: 5,069 registered, and 300 vacancies.
    fn default() -> Self {
        Self { people: 5_069, jobs: 300 }
    }
}

/// Visits of the demonstration.
const VISITS: usize = 240;

/// Writes the five files for a county; the same seed and day write the same files.
///
/// # Errors
/// A pack without words for a demonstration, or a folder that cannot be written.
pub fn write(
    vocabulary: &str,
    county: &str,
    (seed, size): (u64, Size),
    today: Day,
    out: &Path,
) -> anyhow::Result<()> {
    let words: Vocabulary = toml::from_str(vocabulary).context("the pack's demo.toml")?;
    let regions = Regions::embedded()?;
    std::fs::create_dir_all(out).with_context(|| format!("cannot write to {}", out.display()))?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let name = regions.name(county).unwrap_or(county).to_owned();
    let (rows, people) = register::rows(&words, &regions, (county, size.people), today, &mut rng);
    sheet(
        &out.join("register.xlsx"),
        &format!("{name}失业登记人员名册（演示数据，人员均为虚构）"),
        &register::HEADER,
        &rows,
    )?;
    courses(&words, &regions, county, today, &mut rng, out)?;
    employers(&words, today, out)?;
    jobs(&words, size.jobs, today, &mut rng, out)?;
    visits(&words, &people, today, &mut rng, out)
}

/// A sheet with two merged title rows above the header.
pub(super) fn sheet(path: &Path, title: &str, header: &[&str], rows: &[Row]) -> anyhow::Result<()> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let last = u16::try_from(header.len().saturating_sub(1))?;
    let centred = Format::new().set_align(FormatAlign::Center).set_bold();
    page.merge_range(0, 0, 0, last, title, &centred)?;
    page.merge_range(1, 0, 1, last, "填报单位：（演示）        制表日期：见文件", &Format::new())?;
    for (column, text) in (0_u16..).zip(header) {
        page.write_with_format(2, column, *text, &centred)?;
    }
    for (line, row) in (3_u32..).zip(rows) {
        for (column, text) in (0_u16..).zip(row) {
            match text.parse::<f64>() {
                // Short figures are numbers in such files, long ones text; that is how they survive.
                Ok(number) if text.len() < 8 => page.write_number(line, column, number)?,
                _ => page.write_string(line, column, text)?,
            };
        }
    }
    book.save(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

fn texts<const N: usize>(cells: [&str; N]) -> Row {
    cells.iter().map(|c| (*c).to_owned()).collect()
}

fn courses(
    words: &Vocabulary,
    regions: &Regions,
    county: &str,
    today: Day,
    rng: &mut ChaCha8Rng,
    out: &Path,
) -> anyhow::Result<()> {
    let header = [
        "课程名称",
        "培训类别",
        "培训机构",
        "名额",
        "开班日期",
        "结业日期",
        "上课时间",
        "上课地点",
        "镇（街道）",
        "职业",
        "相关技能",
        "标签",
        "课程内容",
    ];
    let towns: Vec<&str> = regions.towns(county).map(|(_, name)| name).collect();
    let mut rows = Vec::new();
    for course in &words.courses {
        let starts = today.plus_days(rng.random_range(14..50));
        let ends = starts.plus_days(rng.random_range(10..30));
        let town = towns.choose(rng).copied().unwrap_or_default();
        let provider = words.providers.choose(rng).map(String::as_str).unwrap_or_default();
        rows.push(texts([
            &course.title,
            &course.category,
            provider,
            &course.seats.to_string(),
            &starts.to_string(),
            &ends.0.format("%Y年%-m月%-d日").to_string(),
            if rng.random_bool(0.3) { "晚上 18:30–20:30" } else { "白天" },
            &format!("{town}工会培训教室"),
            town,
            &course.occupation,
            &course.skills,
            &course.tags,
            "免费培训，考核合格发证。（演示数据）",
        ]));
    }
    sheet(&out.join("courses.xlsx"), "职业技能培训课程表（演示）", &header, &rows)
}

fn employers(words: &Vocabulary, today: Day, out: &Path) -> anyhow::Result<()> {
    let header = [
        "企业名称",
        "需求岗位",
        "需求人数",
        "技能要求",
        "月薪下限",
        "月薪上限",
        "到岗日期",
        "镇（街道）",
        "产业链",
        "备注",
    ];
    let mut rows = Vec::new();
    for employer in &words.employers {
        for (post, seats, skills, from, to) in &employer.posts {
            let starts = today.plus_days(45).0.format("%Y/%-m/%-d").to_string();
            rows.push(texts([
                &employer.name,
                post,
                &seats.to_string(),
                skills,
                &from.to_string(),
                &to.to_string(),
                &starts,
                &employer.town,
                &employer.tags,
                "先培训后上岗，合格即录用。（演示数据）",
            ]));
        }
    }
    sheet(&out.join("employers.xlsx"), "企业用工需求（定岗培训订单，演示）", &header, &rows)
}

/// `jobs.csv` in GB18030, with the noise of advertisements.
fn jobs(words: &Vocabulary, jobs: usize, today: Day, rng: &mut ChaCha8Rng, out: &Path) -> anyhow::Result<()> {
    let mut lines = vec![
        "招聘单位,招聘岗位,招聘人数,学历要求,技能要求,月薪下限,月薪上限,招聘截止,镇（街道）,岗位描述"
            .to_owned(),
    ];
    let posts: Vec<_> = words.employers.iter().flat_map(|e| e.posts.iter().map(move |p| (e, p))).collect();
    let towns: Vec<&String> = words.employers.iter().map(|e| &e.town).collect();
    for at in 0..jobs {
        let Some((_, (post, _, skills, from, to))) = posts.choose(rng) else { break };
        let noisy = match rng.random_range(0..5) {
            0 => format!("高薪诚聘{post}（包吃住）"),
            1 => format!("急招{post}"),
            2 => format!("{post}（五险一金）"),
            _ => post.clone(),
        };
        let education = ["不限", "初中及以上", "高中及以上", "不限", ""].choose(rng).copied().unwrap_or("");
        let town = towns.choose(rng).map_or("", |t| t.as_str());
        let ends = today.plus_days(rng.random_range(20..90));
        let more = rng.random_range(0..6) * 100;
        lines.push(format!(
            "示例第{}商行,{noisy},{},{education},{skills},{},{},{ends},{town},演示数据",
            at % 120 + 1,
            rng.random_range(1..8),
            from + more,
            to + more,
        ));
    }
    let text = lines.join("\r\n");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    std::fs::write(out.join("jobs.csv"), &bytes).context("cannot write jobs.csv")
}

fn visits(
    words: &Vocabulary,
    people: &[Known],
    today: Day,
    rng: &mut ChaCha8Rng,
    out: &Path,
) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_path(out.join("visits.csv")).context("cannot write visits.csv")?;
    writer.write_record([
        "姓名",
        "身份证号",
        "走访日期",
        "走访人",
        "就业困难原因",
        "就业意愿",
        "需求",
        "原话",
    ])?;
    for _ in 0..VISITS {
        let Some(person) = people.choose(rng) else { break };
        let day = today.plus_days(-rng.random_range(1..60)).to_string();
        let one = |list: &[String], rng: &mut ChaCha8Rng| list.choose(rng).cloned().unwrap_or_default();
        let visitor = ["沈工", "朱工", "陆工"].choose(rng).copied().unwrap_or_default();
        writer.write_record([
            &person.name,
            &person.number,
            &day,
            visitor,
            &one(&words.difficulties, rng),
            &one(&words.wishes, rng),
            &one(&words.needs, rng),
            &one(&words.words, rng),
        ])?;
    }
    writer.flush().context("cannot write visits.csv")
}
