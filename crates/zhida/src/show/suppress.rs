//! Small groups are not shown: cells under five, and as many more as keep anybody from working them out from the totals
//! (GB/T 42460-2023; Duncan & Lambert, *J. Amer. Statist. Assoc.* 81, 1986, doi:10.1080/01621459.1986.10478229).

/// Cells below this are suppressed.
pub(super) const LEAST: usize = 5;

/// A cell as it is shown: its count, or nothing where it is suppressed.
pub(super) type Shown = Option<usize>;

/// Suppresses cells of a table (rows × columns, row-major) whose row and column totals are shown. Zero says nothing of
/// anybody and stays. A row or column with a single suppressed cell gets a second one, the smallest that is not zero.
pub(super) fn suppress(cells: &[Vec<usize>]) -> Vec<Vec<Shown>> {
    let mut shown: Vec<Vec<Shown>> = cells
        .iter()
        .map(|row| row.iter().map(|n| (*n == 0 || *n >= LEAST).then_some(*n)).collect())
        .collect();
    let (rows, columns) = (cells.len(), cells.first().map_or(0, Vec::len));
    let lines: Vec<Vec<(usize, usize)>> = (0..rows)
        .filter(|_| columns > 1)
        .map(|r| (0..columns).map(|c| (r, c)).collect())
        .chain((0..columns).filter(|_| rows > 1).map(|c| (0..rows).map(|r| (r, c)).collect()))
        .collect();
    // Each round hides at least one cell more, so this ends.
    loop {
        let lonely = lines.iter().find_map(|line| {
            let hidden = line.iter().filter(|(r, c)| shown[*r][*c].is_none()).count();
            let next = line
                .iter()
                .filter(|(r, c)| shown[*r][*c].is_some_and(|n| n > 0))
                .min_by_key(|(r, c)| cells[*r][*c]);
            if hidden == 1 { next.copied() } else { None }
        });
        match lonely {
            Some((r, c)) => shown[r][c] = None,
            None => return shown,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_small_cell_is_hidden_with_a_second_one() {
        assert_eq!(suppress(&[vec![3, 10, 20, 0]]), [vec![None, None, Some(20), Some(0)]]);
        assert_eq!(suppress(&[vec![10, 20]]), [vec![Some(10), Some(20)]]);
        assert_eq!(suppress(&[vec![1, 2, 20]]), [vec![None, None, Some(20)]]);
    }

    proptest! {
        #[test]
        fn nothing_can_be_worked_out(cells in proptest::collection::vec(proptest::collection::vec(0_usize..30, 4), 3)) {
            let shown = suppress(&cells);
            for (row, out) in cells.iter().zip(&shown) {
                for (n, cell) in row.iter().zip(out) {
                    prop_assert!(!(1..LEAST).contains(n) || cell.is_none());
                    prop_assert!(cell.is_none_or(|c| c == *n));
                }
            }
            let alone = |line: Vec<(Shown, usize)>| {
                let hidden = line.iter().filter(|(s, _)| s.is_none()).count();
                hidden == 1 && line.iter().any(|(s, n)| s.is_some() && *n > 0)
            };
            for r in 0..3 {
                prop_assert!(!alone((0..4).map(|c| (shown[r][c], cells[r][c])).collect()));
            }
            for c in 0..4 {
                prop_assert!(!alone((0..3).map(|r| (shown[r][c], cells[r][c])).collect()));
            }
        }
    }
}
