//! Hours of a day: when a site is open, and when a point comes by.

/// The minutes of a day.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub(crate) struct Hours(pub(crate) Vec<bool>);

impl Hours {
    /// `24/7`, or spans like `06:00-18:00`, several after commas or semicolons.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut minutes = vec![false; 1_440];
        if text.trim() == "24/7" {
            return Ok(Self(vec![true; 1_440]));
        }
        for span in text.split([',', ';']).map(str::trim).filter(|s| !s.is_empty()) {
            let wrong = || format!("`{span}` is no span of hours like 06:00-18:00, nor 24/7");
            let (from, to) = span.split_once(['-', '–']).ok_or_else(wrong)?;
            let at = |text: &str| -> Option<usize> {
                let (hour, minute) = text.trim().split_once(':')?;
                let (hour, minute) = (hour.parse::<usize>().ok()?, minute.parse::<usize>().ok()?);
                (hour <= 24 && minute < 60 && hour * 60 + minute <= 1_440).then_some(hour * 60 + minute)
            };
            let (from, to) = (at(from).ok_or_else(wrong)?, at(to).ok_or_else(wrong)?);
            if from < to {
                minutes[from..to].fill(true);
            } else {
                minutes[from..].fill(true);
                minutes[..to].fill(true);
            }
        }
        Ok(Self(minutes))
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| *a || *b).collect())
    }

    pub(crate) fn holds(&self, band: &Self) -> bool {
        self.0.iter().zip(&band.0).all(|(open, asked)| *open || !*asked)
    }

    pub(crate) fn length(&self) -> f64 {
        f64::from(u32::try_from(self.0.iter().filter(|m| **m).count()).unwrap_or(0)) / 60.0
    }
}

/// When sites are open and points come by, each different text once.
pub(crate) struct Open {
    points: Vec<u32>,
    sites: Vec<u32>,
    /// Whether a site of one kind of hours is open whenever a point of another comes by.
    holds: Vec<Vec<bool>>,
}

impl Open {
    /// By the text of each point's and site's hours; an empty one asks for nothing, and is always open.
    pub(crate) fn new(points: &[String], sites: &[String]) -> Result<Self, String> {
        let number = |texts: &[String]| -> Result<(Vec<u32>, Vec<Hours>), String> {
            let mut known: Vec<(&str, Hours)> = Vec::new();
            let mut found = Vec::with_capacity(texts.len());
            for text in texts {
                let at = known.iter().position(|(k, _)| *k == text.as_str());
                let at = if let Some(at) = at {
                    at
                } else {
                    known.push((text, Hours::read(text)?));
                    known.len() - 1
                };
                found.push(u32::try_from(at).unwrap_or(u32::MAX));
            }
            Ok((found, known.into_iter().map(|(_, hours)| hours).collect()))
        };
        let (points, asked) = number(points)?;
        let (sites, open) = number(sites)?;
        let always = |hours: &Hours| !hours.0.contains(&true);
        let holds = asked.iter().map(|a| open.iter().map(|o| always(o) || o.holds(a)).collect()).collect();
        Ok(Self { points, sites, holds })
    }

    pub(crate) fn serves(&self, point: usize, site: usize) -> bool {
        self.holds[self.points[point] as usize][self.sites[site] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_and_compared() {
        let day = Hours::read("06:00-18:00").unwrap();
        let night = Hours::read("22:00-06:00").unwrap();
        assert!((day.length() - 12.0).abs() < 1e-9 && (night.length() - 8.0).abs() < 1e-9);
        let always = Hours::read("24/7").unwrap();
        assert!(always.holds(&night) && always.holds(&day) && !day.holds(&night));
        let split = Hours::read("06:00-12:00, 12:00-18:00").unwrap();
        assert_eq!(split, day);
        assert!(day.and(&Hours::read("18:00-06:00").unwrap()).holds(&night));
        for wrong in ["morning", "6-18", "25:00-26:00", "06:00-18:61"] {
            assert!(Hours::read(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
