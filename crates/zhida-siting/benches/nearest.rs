//! How many times a second the nearest places are found: `nearest PLACES.csv QUESTIONS.csv COUNT`, both `lon,lat` without a
//! head. Prints questions a second on one thread, and the sum of metres, by which another's answers are checked.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench tells what it measured"
)]

use std::time::Instant;

use zhida_siting::Nearest;

fn points(path: &str) -> Result<Vec<[f64; 2]>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(path)?;
    let point = |line: &str| -> Result<[f64; 2], Box<dyn std::error::Error>> {
        let (lon, lat) = line.split_once(',').ok_or("lon,lat")?;
        Ok([lon.parse()?, lat.parse()?])
    };
    text.lines().map(point).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [places, questions, count] = given.as_slice() else {
        eprintln!("nearest PLACES.csv QUESTIONS.csv COUNT; `script/bench nearest` writes them");
        return Ok(());
    };
    let (places, questions, count) = (Nearest::new(points(places)?), points(questions)?, count.parse()?);
    let started = Instant::now();
    let mut metres = 0.0;
    for at in &questions {
        metres += places.find(*at, count, f64::INFINITY, &mut |_| true).iter().map(|(m, _)| m).sum::<f64>();
    }
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let rate = questions.len() as f64 / seconds;
    println!("{rate:.0} {metres:.0}");
    Ok(())
}
