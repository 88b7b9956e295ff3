//! Published tables of responsibility as they are printed: numbered items with the units in brackets behind. Unless one is
//! marked as leading (牵头), the first unit named leads or collects.

use zhida_types::{Found, figures};

/// An item of such a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) no: String,
    pub(super) title: String,
    pub(super) lead: Vec<String>,
    pub(super) co: Vec<String>,
    /// The figures in the text, in order.
    pub(super) figures: Vec<Found>,
}

const OPEN: [char; 4] = ['（', '(', '【', '['];
const CLOSE: [char; 4] = ['）', ')', '】', ']'];
const LEADS: &str = "牵头";
/// What stands before or behind the units and is none.
const AROUND: [&str; 9] =
    ["责任单位", "牵头单位", "配合单位", "责任部门", "按职责分工负责", "分别负责", "负责", "配合", "等"];

/// The items of a text. Lines before the first number are headings and are left out.
pub(super) fn items(text: &str, units: &[&str]) -> Vec<Item> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if let Some((no, rest)) = numbered(line) {
            blocks.push((no, rest));
        } else if let Some((_, block)) = blocks.last_mut() {
            block.push_str(line);
        }
    }
    blocks.into_iter().map(|(no, block)| item(no, &block, units)).collect()
}

/// `4. text`, `4．text`, `4、text`, `(4)text`, `（4）text`.
fn numbered(line: &str) -> Option<(String, String)> {
    let body = line.trim_start_matches(OPEN);
    let digits: String = body.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    let rest: String = body.chars().skip(digits.len()).collect();
    let mark = rest.chars().next()?;
    let marks = ['.', '．', '、', '。'];
    let bracket = body.len() < line.len() && CLOSE.contains(&mark);
    if !marks.contains(&mark) && !bracket {
        return None;
    }
    let rest: String = rest.chars().skip(1).collect();
    // 1.5 万 is a number, not an item.
    if mark == '.' && rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((digits, rest.trim().to_owned()))
}

fn item(no: String, block: &str, units: &[&str]) -> Item {
    let trimmed = block.trim_end_matches(['。', '；', ';', '.', ' ']);
    let signs: Vec<char> = trimmed.chars().collect();
    let mut split = (block.to_owned(), String::new());
    if signs.last().is_some_and(|c| CLOSE.contains(c))
        && let Some(open) = signs.iter().rposition(|c| OPEN.contains(c))
    {
        let title: String = signs[..open].iter().collect();
        let duty: String = signs[open + 1..signs.len() - 1].iter().collect();
        split = (title, duty);
    }
    let (title, duty) = split;
    let (lead, co) = duties(&duty);
    let title = title.trim().trim_end_matches(['。', '；']).to_owned();
    Item { no, figures: figures(&title, units), title, lead, co }
}

/// Who leads and who works with them.
fn duties(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut lead, mut co) = (Vec::new(), Vec::new());
    let marked = text.replace("牵头单位", "").contains(LEADS);
    for part in text.split(['；', ';', '，', ',', '。']) {
        let leads_part = part.contains("牵头单位");
        let mut names = Vec::new();
        for name in part.split(['、', '：', ':']) {
            let own_mark = name.contains(LEADS);
            let mut name = name.trim().replace(LEADS, "");
            for word in AROUND {
                name = name.replace(word, "");
            }
            let name = name.trim().trim_matches(CLOSE).trim_matches(OPEN).trim().to_owned();
            if !name.is_empty() {
                names.push((name, own_mark));
            }
        }
        // 甲、乙牵头: the mark stands behind the last of those who lead.
        let upto = names.iter().rposition(|(_, mark)| *mark);
        for (at, (name, _)) in names.into_iter().enumerate() {
            if leads_part || upto.is_some_and(|last| at <= last) { lead.push(name) } else { co.push(name) }
        }
    }
    if lead.is_empty() && !marked && !co.is_empty() {
        lead.push(co.remove(0));
    }
    (lead, co)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: &[&str] = &["亿元", "元", "家", "个"];

    #[test]
    fn the_first_unit_leads_unless_one_is_marked() {
        let text = "一、扩大有效投资\n\
            4. “4+1”专项基金全年计划投资200亿元，撬动社会资本1000亿元。（责任单位：省财政厅、省经信厅、省科技厅）\n\
            5．改造提升户外劳动者服务站点1000家以上。（省总工会牵头，省建设厅、省民政厅配合）\n\
            6、力争新增专精特新企业\n500家以上（省经信厅、省市场监管局牵头，各市人民政府按职责分工负责）。";
        let found = items(text, UNITS);
        assert_eq!(found.iter().map(|i| i.no.as_str()).collect::<Vec<_>>(), ["4", "5", "6"]);
        assert_eq!((found[0].lead.as_slice(), found[0].co.len()), (["省财政厅".to_owned()].as_slice(), 2));
        assert_eq!(found[0].figures.len(), 2);
        assert_eq!(found[0].figures[0].value.to_string(), "20000000000");
        assert_eq!((found[1].lead.as_slice(), found[1].co.len()), (["省总工会".to_owned()].as_slice(), 2));
        assert_eq!(found[2].lead, ["省经信厅", "省市场监管局"]);
        assert_eq!(found[2].co, ["各市人民政府"]);
        assert_eq!(found[2].figures[0].force, zhida_types::Force::Striving);
        assert!(found[2].title.ends_with("500家以上"), "{}", found[2].title);
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        assert!(items("", UNITS).is_empty());
        assert!(items("说明：1.5万家\n", UNITS).is_empty());
        let bare = items("1. 做好服务", UNITS);
        assert!(bare[0].lead.is_empty() && bare[0].figures.is_empty());
    }
}
