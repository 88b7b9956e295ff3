//! The board: what is not closed by severity and age, by owner, and by town.

use std::collections::BTreeMap;

use zhida_types::Day;

use super::store::Count;

/// How late something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    /// There is time.
    InTime,
    /// Due within three days.
    Soon,
    /// Overdue by a week at most.
    Overdue,
    /// Overdue for longer.
    Long,
}

impl Age {
    pub(super) const ALL: [Self; 4] = [Self::InTime, Self::Soon, Self::Overdue, Self::Long];

    fn of(due: Day, today: Day) -> Self {
        match today.epoch() - due.epoch() {
            late if late > 7 => Self::Long,
            late if late > 0 => Self::Overdue,
            late if late >= -3 => Self::Soon,
            _ => Self::InTime,
        }
    }

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::InTime => "age-in-time",
            Self::Soon => "age-soon",
            Self::Overdue => "age-overdue",
            Self::Long => "age-long",
        }
    }
}

/// An owner's share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) open: i64,
    pub(super) overdue: i64,
    pub(super) to_verify: i64,
}

/// The board's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Board {
    /// Open ones by severity (1 to 3) and age.
    pub(super) cells: [[i64; 4]; 3],
    pub(super) owners: BTreeMap<String, Share>,
    pub(super) towns: BTreeMap<String, Share>,
    pub(super) all: Share,
}

impl Board {
    /// Counts of [`super::counts`] on a day.
    pub(super) fn new(counts: &[Count], today: Day) -> Self {
        let mut board = Self::default();
        for c in counts {
            let age = Age::of(Day(c.due), today);
            let add = |share: &mut Share| match c.state.as_str() {
                "open" => {
                    share.open += c.n;
                    share.overdue += if age >= Age::Overdue { c.n } else { 0 };
                }
                "fixed" => share.to_verify += c.n,
                _ => {}
            };
            add(&mut board.all);
            add(board.owners.entry(c.owner.clone()).or_default());
            add(board.towns.entry(c.town.clone().unwrap_or_default()).or_default());
            if c.state == "open" {
                let row = usize::try_from(c.severity - 1).unwrap_or(0).min(2);
                board.cells[row][age as usize] += c.n;
            }
        }
        board
    }
}
