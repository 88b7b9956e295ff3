//! Answers between forms, phones and the table.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use zhida_pack::{Answer, Checklist, Question, QuestionKind};

use crate::problem::{FieldFault, Problem};

/// Words of an answer that are kept.
const WORDS: usize = 2_000;

/// What a form sends, as answers; every fault with the question's code.
pub(super) fn read(
    list: &Checklist,
    pairs: &[(String, String)],
) -> Result<BTreeMap<String, Answer>, Problem> {
    let (mut answers, mut faults) = (BTreeMap::new(), Vec::new());
    for question in list.questions() {
        let sent: Vec<&str> = pairs
            .iter()
            .filter(|(name, value)| *name == question.code && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
            .collect();
        match answer(question, &sent) {
            Ok(Some(answer)) => {
                answers.insert(question.code.clone(), answer);
            }
            Ok(None) => {}
            Err(key) => faults.push(FieldFault {
                field: question.code.clone(),
                key,
                value: sent.first().copied().unwrap_or_default().to_owned(),
            }),
        }
    }
    if faults.is_empty() { Ok(answers) } else { Err(Problem::Invalid(faults)) }
}

fn answer(question: &Question, sent: &[&str]) -> Result<Option<Answer>, &'static str> {
    let Some(first) = sent.first() else { return Ok(None) };
    Ok(Some(match question.kind {
        QuestionKind::YesNo => match *first {
            "yes" => Answer::Yes(true),
            "no" => Answer::Yes(false),
            _ => return Err("fault-value"),
        },
        QuestionKind::Choice => {
            if !question.options.iter().any(|o| o.code == *first) {
                return Err("fault-value");
            }
            Answer::Text((*first).to_owned())
        }
        QuestionKind::Number => {
            let number: f64 = first.parse().map_err(|_no_number| "fault-number")?;
            let low = question.min.is_some_and(|min| number < min);
            let high = question.max.is_some_and(|max| number > max);
            if !number.is_finite() || low || high {
                return Err("fault-range");
            }
            Answer::Number(number)
        }
        QuestionKind::Text | QuestionKind::Signature => Answer::Text(first.chars().take(WORDS).collect()),
        QuestionKind::Photo => {
            let mut photos: Vec<String> = sent.iter().map(|s| (*s).to_owned()).collect();
            photos.sort();
            photos.dedup();
            Answer::Photos(photos)
        }
        QuestionKind::Position => {
            let at = zhida_types::LonLat::parse(first).map_err(|_none| "fault-position")?;
            Answer::Position(at.lon, at.lat)
        }
    }))
}

/// The answers as the table keeps them.
pub(super) fn to_json(answers: &BTreeMap<String, Answer>) -> String {
    let value = |answer: &Answer| match answer {
        Answer::Yes(yes) => json!(yes),
        Answer::Text(text) => json!(text),
        Answer::Number(number) => json!(number),
        Answer::Photos(photos) => json!(photos),
        Answer::Position(lon, lat) => json!([lon, lat]),
    };
    let map: Map<String, Value> = answers.iter().map(|(code, a)| (code.clone(), value(a))).collect();
    Value::from(map).to_string()
}

/// The answers as the table keeps them, read with the checklist that they belong to.
pub(super) fn from_json(list: &Checklist, text: &str) -> Result<BTreeMap<String, Answer>, Problem> {
    let map: Map<String, Value> = serde_json::from_str(text)?;
    let mut answers = BTreeMap::new();
    for (code, value) in map {
        let kind = list.question(&code).map(|q| q.kind);
        let answer = match (kind, &value) {
            (_, Value::Bool(yes)) => Answer::Yes(*yes),
            (_, Value::String(text)) => Answer::Text(text.clone()),
            (_, Value::Number(number)) => Answer::Number(number.as_f64().unwrap_or_default()),
            (Some(QuestionKind::Position), Value::Array(pair)) => {
                let number = |at: usize| pair.get(at).and_then(Value::as_f64).unwrap_or_default();
                Answer::Position(number(0), number(1))
            }
            (_, Value::Array(photos)) => {
                Answer::Photos(photos.iter().filter_map(|p| p.as_str().map(str::to_owned)).collect())
            }
            _ => continue,
        };
        answers.insert(code, answer);
    }
    Ok(answers)
}
