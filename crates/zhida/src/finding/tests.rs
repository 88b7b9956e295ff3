//! The board's numbers.

use zhida_types::Day;

use super::board::Board;
use super::store::Count;

#[test]
fn the_board_tells_ages_apart_and_adds_up() {
    let today = Day::parse("2026-03-10").unwrap();
    let count = |state: &str, severity: i64, due: &str, n: i64| Count {
        state: state.to_owned(),
        severity,
        owner: "o".to_owned(),
        town: None,
        due: Day::parse(due).unwrap().0,
        n,
    };
    let counts = [
        count("open", 3, "2026-03-10", 2),
        count("open", 3, "2026-03-09", 3),
        count("open", 1, "2026-03-02", 4),
        count("open", 1, "2026-03-14", 5),
        count("fixed", 2, "2026-03-01", 6),
        count("handed-over", 2, "2026-03-01", 9),
    ];
    let board = Board::new(&counts, today);
    assert_eq!(board.cells, [[5, 0, 0, 4], [0, 0, 0, 0], [0, 2, 3, 0]]);
    assert_eq!((board.all.open, board.all.overdue, board.all.to_verify), (14, 7, 6));
}
