//! An advertisement's title without its noise, and as runs of characters.

use std::collections::BTreeMap;

/// What advertisements say beside the work; longer phrases stand before their parts.
const NOISE: &str = "\
    高薪诚聘 高薪急聘 高薪 诚聘 急聘 急招 直招 招聘 诚招 聘请 急需 包吃包住 包吃住 包食宿 包吃 包住 管吃住 提供食宿 五险一金 五险 双休 单休 长白班 白班 夜班 两班倒 \
    三班倒 日结 月结 周结 无需经验 无经验 有经验 经验优先 熟练 可学徒 学徒 实习生 实习 兼职 全职 临时工 小时工 暑假工 寒假工 应届生 应届 底薪 提成 年终奖 待遇优 待遇好 \
    若干名 若干 男女不限 不限 储备 资深 高级 中级 初级 助理级 岗位 职位 工资 月薪 以上 从事过 做过 干过 当过 原";

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
