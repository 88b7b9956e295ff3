//! The files of two public collections of test problems, as text.

use crate::metric::Metric;

/// A fault in a file: where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {expected}")]
pub struct FormatError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What was expected there.
    pub expected: String,
}

/// Words with their places.
struct Words<'a> {
    words: Box<dyn Iterator<Item = (usize, usize, &'a str)> + 'a>,
    last: (usize, usize),
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        let words = text.lines().zip(1..).flat_map(|(line, number)| {
            line.split_ascii_whitespace().map(move |word| {
                let column = word.as_ptr() as usize - line.as_ptr() as usize + 1;
                (number, column, word)
            })
        });
        Self { words: Box::new(words), last: (1, 1) }
    }

    fn next<T: std::str::FromStr>(&mut self, expected: &str) -> Result<T, FormatError> {
        let Some((line, column, word)) = self.words.next() else {
            let (line, column) = self.last;
            return Err(FormatError {
                line,
                column,
                expected: format!("the file ends where {expected} is expected"),
            });
        };
        self.last = (line, column);
        let fault = || FormatError { line, column, expected: format!("`{word}` is not {expected}") };
        word.parse().ok().ok_or_else(fault)
    }

    fn fault<T>(&self, expected: String) -> Result<T, FormatError> {
        Err(FormatError { line: self.last.0, column: self.last.1, expected })
    }
}

/// A *p*-median problem of the OR-Library (Beasley, *EJOR* 21, 1985; *JORS* 41, 1990, doi:10.1057/jors.1990.166): nodes,
/// edges and *p*, then the edges with their lengths. Where an edge is listed twice the last one counts; distances are those
/// of shortest paths. Gives the matrix and *p*.
///
/// # Errors
/// [`FormatError`] with line and column.
pub fn orlib(text: &str) -> Result<(Metric, usize), FormatError> {
    let mut words = Words::new(text);
    let nodes: usize = words.next("the number of nodes")?;
    let edges: usize = words.next("the number of edges")?;
    let open: usize = words.next("the number of sites to open")?;
    if nodes == 0 || nodes > 20_000 {
        return words.fault(format!("{nodes} nodes; from 1 to 20000 are read"));
    }
    let mut distance = vec![u32::MAX; nodes * nodes];
    for _ in 0..edges {
        let (a, b): (usize, usize) = (words.next("a node")?, words.next("a node")?);
        if !(1..=nodes).contains(&a) || !(1..=nodes).contains(&b) {
            return words.fault(format!("an edge between {a} and {b}; the nodes are 1 to {nodes}"));
        }
        let length: u32 = words.next("a length, a whole number of at least 0")?;
        distance[(a - 1) * nodes + b - 1] = length;
        distance[(b - 1) * nodes + a - 1] = length;
    }
    for i in 0..nodes {
        distance[i * nodes + i] = 0;
    }
    shortest(nodes, &mut distance);
    if let Some(at) = distance.iter().position(|d| *d == u32::MAX) {
        let (a, b) = (at / nodes + 1, at % nodes + 1);
        return words.fault(format!("there is no way between nodes {a} and {b}: the graph is not connected"));
    }
    Ok((Metric::Matrix { sites: nodes, distances: distance.into_iter().map(f64::from).collect() }, open))
}

/// All shortest paths (Floyd, *CACM* 5, 1962, doi:10.1145/367766.368168).
fn shortest(nodes: usize, distance: &mut [u32]) {
    let mut by = vec![0; nodes];
    for k in 0..nodes {
        by.copy_from_slice(&distance[k * nodes..(k + 1) * nodes]);
        for i in 0..nodes {
            let to = distance[i * nodes + k];
            if to == u32::MAX {
                continue;
            }
            for (d, b) in distance[i * nodes..(i + 1) * nodes].iter_mut().zip(&by) {
                *d = (*d).min(to.saturating_add(*b));
            }
        }
    }
}

/// The nodes of a TSPLIB file (Reinelt, *ORSA J. Comput.* 3, 1991, doi:10.1287/ijoc.3.4.376) with plane coordinates: each
/// is a demand point and a site.
///
/// # Errors
/// [`FormatError`] with line and column.
pub fn tsplib(text: &str) -> Result<Vec<[f64; 2]>, FormatError> {
    let mut wanted = None;
    let mut lines = text.lines().zip(1..);
    for (line, number) in lines.by_ref() {
        let (key, value) = line.split_once(':').map_or((line.trim(), ""), |(k, v)| (k.trim(), v.trim()));
        let fault = |expected: String| FormatError { line: number, column: 1, expected };
        match key {
            "DIMENSION" => {
                wanted = Some(
                    value
                        .parse::<usize>()
                        .ok()
                        .ok_or_else(|| fault(format!("`{value}` is not a number of nodes")))?,
                );
            }
            "EDGE_WEIGHT_TYPE" if value != "EUC_2D" && value != "CEIL_2D" => {
                return Err(fault(format!("edge weights of type `{value}` are not read; EUC_2D is")));
            }
            "NODE_COORD_SECTION" => break,
            _ => {}
        }
    }
    let mut points = Vec::new();
    let mut last = 1;
    for (line, number) in lines {
        last = number;
        let cells: Vec<&str> = line.split_ascii_whitespace().collect();
        match cells.as_slice() {
            ["EOF"] => break,
            [] => {}
            [_, x, y] => {
                let read = |word: &str| {
                    let column = word.as_ptr() as usize - line.as_ptr() as usize + 1;
                    let fault = || FormatError {
                        line: number,
                        column,
                        expected: format!("`{word}` is not a coordinate"),
                    };
                    word.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(fault)
                };
                points.push([read(x)?, read(y)?]);
            }
            _ => {
                let expected = "a node is its number and two coordinates".to_owned();
                return Err(FormatError { line: number, column: 1, expected });
            }
        }
    }
    if points.is_empty() || wanted.is_some_and(|n| n != points.len()) {
        let expected = format!("{} nodes where {} are announced", points.len(), wanted.unwrap_or(0));
        return Err(FormatError { line: last, column: 1, expected });
    }
    Ok(points)
}
