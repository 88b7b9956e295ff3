//! Which vehicle goes where, and when: a capacitated routing with time windows (vehicle routing problem), as the crow flies
//! at a speed. The answer is good, not proven best, and not the same in every run.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, NaiveTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use vrp_pragmatic::core::prelude::{Environment, Solver, VrpConfigBuilder};
use vrp_pragmatic::format::problem::PragmaticProblem as _;
use vrp_pragmatic::format::solution::{PragmaticOutputType, write_pragmatic};
use zhida_types::Day;

/// A place to be visited: longitude and latitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Longitude.
    pub lon: f64,
    /// Latitude.
    pub lat: f64,
}

/// The vehicles of a shift, all alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// How many.
    pub vehicles: usize,
    /// Places that one can visit at most.
    pub stops: usize,
    /// Where they start and end.
    pub base: Spot,
    /// The day.
    pub day: Day,
    /// From when until when; an end that is not behind the beginning is on the next day.
    pub shift: (NaiveTime, NaiveTime),
    /// When places can be visited, in the shift; any time where there is none.
    pub windows: Vec<(NaiveTime, NaiveTime)>,
    /// Minutes at a place.
    pub minutes: i64,
    /// Kilometres an hour.
    pub speed: f64,
}

/// One vehicle's way: the spots in order, each with the minute of its arrival, and its length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The spots, by their place in the question, with the time of arrival.
    pub stops: Vec<(usize, String)>,
    /// Metres.
    pub metres: i64,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// A way for each vehicle that is needed.
    pub ways: Vec<Way>,
    /// Spots for which there was no vehicle or no time.
    pub left: Vec<usize>,
}

/// Generations of the search: more change little at a hundred places.
const GENERATIONS: usize = 250;
/// Seconds of the search at most.
const SECONDS: usize = 4;

fn instant(day: Day, time: NaiveTime) -> DateTime<Utc> {
    // The clock of a shift is the county's; the solver only wants instants that are in order.
    day.0.and_time(time).and_utc()
}

/// A window as instants: one that ends before it begins ends on the next day.
fn span(day: Day, (from, until): (NaiveTime, NaiveTime), first: NaiveTime) -> (DateTime<Utc>, DateTime<Utc>) {
    let begin = if from < first { day.plus_days(1) } else { day };
    let end = if until <= from { begin.plus_days(1) } else { begin };
    (instant(begin, from), instant(end, until))
}

fn question(spots: &[Spot], fleet: &Fleet) -> Value {
    let (start, end) = span(fleet.day, fleet.shift, fleet.shift.0);
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let at = |s: &Spot| json!({ "lat": s.lat, "lng": s.lon });
    let windows: Vec<Value> = fleet
        .windows
        .iter()
        .map(|w| span(fleet.day, *w, fleet.shift.0))
        .map(|(from, until)| (from.max(start), until.min(end)))
        .filter(|(from, until)| from < until)
        .map(|(from, until)| json!([text(from), text(until)]))
        .collect();
    let job = |(n, spot): (usize, &Spot)| {
        let mut place = json!({ "location": at(spot), "duration": fleet.minutes * 60 });
        if !windows.is_empty() {
            place["times"] = Value::from(windows.clone());
        }
        json!({ "id": n.to_string(), "deliveries": [{ "places": [place], "demand": [1] }] })
    };
    let jobs: Vec<Value> = spots.iter().enumerate().map(job).collect();
    let ids: Vec<String> = (0..fleet.vehicles).map(|n| format!("v{n}")).collect();
    json!({
        "plan": { "jobs": jobs },
        "fleet": {
            "vehicles": [{
                "typeId": "v", "vehicleIds": ids, "profile": { "matrix": "road" },
                "costs": { "fixed": 10.0, "distance": 0.001, "time": 0.002 },
                "shifts": [{
                    "start": { "earliest": text(start), "location": at(&fleet.base) },
                    "end": { "latest": text(end), "location": at(&fleet.base) },
                }],
                "capacity": [fleet.stops],
            }],
            "profiles": [{ "name": "road", "speed": fleet.speed / 3.6 }],
        },
    })
}

#[derive(Deserialize)]
struct Answer {
    tours: Vec<Tour>,
    #[serde(default)]
    unassigned: Option<Vec<Left>>,
}

#[derive(Deserialize)]
struct Tour {
    stops: Vec<Stop>,
    statistic: Statistic,
}

#[derive(Deserialize)]
struct Statistic {
    distance: i64,
}

#[derive(Deserialize)]
struct Stop {
    time: Time,
    activities: Vec<Activity>,
}

#[derive(Deserialize)]
struct Time {
    arrival: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    job_id: String,
    #[serde(rename = "type")]
    kind: String,
    time: Option<Interval>,
}

#[derive(Deserialize)]
struct Interval {
    start: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Left {
    job_id: String,
}

fn clock(text: &str) -> anyhow::Result<String> {
    let at = DateTime::parse_from_rfc3339(text).with_context(|| format!("`{text}` is no instant"))?;
    Ok(at.format("%H:%M").to_string())
}

/// Plans the ways of a fleet round spots. Takes seconds; call it away from the threads that answer.
///
/// # Errors
/// A question that the solver refuses.
pub fn route(spots: &[Spot], fleet: &Fleet) -> anyhow::Result<Planned> {
    if spots.is_empty() || fleet.vehicles == 0 {
        return Ok(Planned { ways: Vec::new(), left: (0..spots.len()).collect() });
    }
    let wrong = |e: &dyn std::fmt::Display| anyhow::anyhow!("the ways cannot be planned: {e}");
    let problem = question(spots, fleet).to_string().read_pragmatic().map_err(|e| wrong(&e))?;
    let problem = Arc::new(problem);
    let environment = Environment { logger: Arc::new(|_| ()), ..Environment::default() };
    let config = VrpConfigBuilder::new(Arc::clone(&problem))
        .set_environment(Arc::new(environment))
        .prebuild()
        .map_err(|e| wrong(&e))?
        .with_max_generations(Some(GENERATIONS))
        .with_max_time(Some(SECONDS))
        .build()
        .map_err(|e| wrong(&e))?;
    let solution = Solver::new(Arc::clone(&problem), config).solve().map_err(|e| wrong(&e))?;
    let mut bytes = Vec::new();
    {
        let mut writer = BufWriter::new(&mut bytes);
        write_pragmatic(&problem, &solution, PragmaticOutputType::default(), &mut writer)
            .map_err(|e| wrong(&e))?;
    }
    read(&bytes)
}

fn read(bytes: &[u8]) -> anyhow::Result<Planned> {
    let answer: Answer = serde_json::from_slice(bytes).context("the plan of ways")?;
    let mut ways: BTreeMap<String, Way> = BTreeMap::new();
    for (at, tour) in answer.tours.iter().enumerate() {
        let mut way = Way { stops: Vec::new(), metres: tour.statistic.distance };
        for stop in &tour.stops {
            for activity in stop.activities.iter().filter(|a| a.kind == "delivery") {
                let when = activity.time.as_ref().map_or(stop.time.arrival.as_str(), |t| t.start.as_str());
                way.stops.push((activity.job_id.parse()?, clock(when)?));
            }
        }
        ways.insert(format!("{at:04}"), way);
    }
    let left = answer.unassigned.unwrap_or_default();
    let left = left.iter().map(|l| l.job_id.parse()).collect::<Result<Vec<usize>, _>>()?;
    Ok(Planned { ways: ways.into_values().filter(|w| !w.stops.is_empty()).collect(), left })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(vehicles: usize, stops: usize) -> Fleet {
        let time = |h, m| NaiveTime::from_hms_opt(h, m, 0).unwrap();
        Fleet {
            vehicles,
            stops,
            base: Spot { lon: 120.94, lat: 30.53 },
            day: Day::parse("2026-12-01").unwrap(),
            shift: (time(20, 0), time(1, 0)),
            windows: Vec::new(),
            minutes: 10,
            speed: 22.0,
        }
    }

    fn spots(n: u32) -> Vec<Spot> {
        let at = |n: u32| Spot {
            lon: 120.9 + f64::from(n * 37 % 17) * 0.004,
            lat: 30.5 + f64::from(n * 53 % 13) * 0.004,
        };
        (0..n).map(at).collect()
    }

    #[test]
    fn every_spot_is_visited_once_within_the_capacity_and_the_shift() {
        let planned = route(&spots(20), &fleet(3, 8)).unwrap();
        let mut seen: Vec<usize> = planned.ways.iter().flat_map(|w| w.stops.iter().map(|s| s.0)).collect();
        seen.extend(&planned.left);
        seen.sort_unstable();
        assert_eq!(seen, (0..20).collect::<Vec<_>>());
        assert!(planned.left.is_empty(), "three vehicles of eight stops hold twenty: {planned:?}");
        for way in &planned.ways {
            assert!(way.stops.len() <= 8 && way.metres > 0, "{way:?}");
            for (_, at) in &way.stops {
                assert!(at.as_str() >= "20:00" || at.as_str() <= "01:00", "{at} lies in the shift");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let planned = route(&spots(20), &fleet(1, 8)).unwrap();
        assert_eq!(planned.ways.iter().map(|w| w.stops.len()).sum::<usize>(), 8);
        assert_eq!(planned.left.len(), 12);
        assert_eq!(route(&spots(3), &fleet(0, 8)).unwrap().left, [0, 1, 2]);
    }

    #[test]
    fn nobody_arrives_outside_the_windows() {
        let time = |h, m| NaiveTime::from_hms_opt(h, m, 0).unwrap();
        let day = Fleet {
            shift: (time(8, 0), time(17, 30)),
            windows: vec![(time(8, 30), time(11, 30)), (time(13, 30), time(17, 0))],
            minutes: 40,
            speed: 30.0,
            ..fleet(2, 20)
        };
        let planned = route(&spots(12), &day).unwrap();
        for (_, at) in planned.ways.iter().flat_map(|w| &w.stops) {
            let fits = ("08:30".."11:31").contains(&at.as_str()) || ("13:30".."17:01").contains(&at.as_str());
            assert!(fits, "{at}");
        }
    }
}
