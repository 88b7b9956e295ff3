//! Lines over a moving number, as a picture.

use askama::Template as _;

/// Colours that stand apart from each other also for colour-blind readers (Okabe & Ito 2008); a dash tells those apart
/// that come round again.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56778a", "#8a6d00"];

#[derive(askama::Template)]
#[template(path = "web/lines.svg", escape = "html")]
struct Lines<'a> {
    title: &'a str,
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    bottom: f64,
    ticks: Vec<Tick>,
    marks: Vec<Tick>,
    lines: Vec<Line<'a>>,
}

struct Tick {
    at: f64,
    label: String,
}

struct Line<'a> {
    name: &'a str,
    points: String,
    colour: &'static str,
    dash: &'static str,
    label_at: f64,
}

/// A line for each name over rows of a number and a count for each name.
pub(crate) fn line_chart(title: &str, names: &[String], rows: &[(f64, Vec<usize>)]) -> String {
    let rows: Vec<(f64, Vec<Option<usize>>)> =
        rows.iter().map(|(x, counts)| (*x, counts.iter().copied().map(Some).collect())).collect();
    line_chart_of(title, names, &rows, |x| x.to_string())
}

/// The same where a line may begin late or end early, and with words of its own for what it moves over.
pub(crate) fn line_chart_of(
    title: &str,
    names: &[String],
    rows: &[(f64, Vec<Option<usize>>)],
    words: impl Fn(f64) -> String,
) -> String {
    let (width, height, left, right, top, bottom) = (720.0, 360.0, 64.0, 580.0, 16.0, 310.0);
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    let count = |n: usize| n as f64;
    let most = rows.iter().flat_map(|(_, c)| c).flatten().copied().max().unwrap_or(0);
    let step = nice(most);
    let ceiling = count(most.div_ceil(step).max(1) * step);
    let from = rows.first().map_or(0.0, |(x, _)| *x);
    let to = rows.last().map_or(1.0, |(x, _)| *x);
    let across = if to > from { to - from } else { 1.0 };
    let x_of = |x: f64| round(left + (x - from) / across * (right - left));
    let y_of = |n: usize| round(bottom - count(n) / ceiling * (bottom - top));
    let ticks =
        (0..=most.div_ceil(step).max(1)).map(|k| Tick { at: y_of(k * step), label: (k * step).to_string() });
    let every = rows.len().div_ceil(10).max(1);
    let marks = rows.iter().step_by(every).map(|(x, _)| Tick { at: x_of(*x), label: words(*x) });
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let known = || rows.iter().filter_map(|(x, counts)| Some((*x, counts.get(at).copied().flatten()?)));
        let points: Vec<String> = known().map(|(x, n)| format!("{},{}", x_of(x), y_of(n))).collect();
        let last = known().next_back().map_or(bottom, |(_, n)| y_of(n) + 4.0);
        lines.push(Line {
            name,
            points: points.join(" "),
            colour: COLOURS[at % COLOURS.len()],
            dash: if (at / COLOURS.len()).is_multiple_of(2) { "none" } else { "6 4" },
            label_at: last,
        });
    }
    // Labels that would lie on each other are moved apart, from the bottom up.
    lines.sort_by(|a, b| b.label_at.total_cmp(&a.label_at));
    let mut lowest = f64::INFINITY;
    for line in &mut lines {
        line.label_at = line.label_at.min(lowest - 14.0);
        lowest = line.label_at;
    }
    let (ticks, marks) = (ticks.collect(), marks.collect());
    let chart = Lines { title, width, height, left, right, bottom, ticks, marks, lines };
    // Writing to a string cannot fail.
    chart.render().unwrap_or_default()
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// A step of 1, 2 or 5 times a power of ten that makes four to eight lines.
fn nice(most: usize) -> usize {
    let mut power = 1;
    loop {
        for step in [power, power * 2, power * 5] {
            if most / step <= 6 {
                return step;
            }
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_line_within_the_picture() {
        let names = ["a".to_owned(), "b".to_owned()];
        let svg = line_chart("params.age", &names, &[(45.0, vec![100, 7]), (46.0, vec![80, 7])]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains("64,16 580,74.8") && svg.contains(">45<") && svg.contains(">100<"), "{svg}");
        assert!(line_chart("t", &[], &[]).contains("</svg>"));
    }
}
