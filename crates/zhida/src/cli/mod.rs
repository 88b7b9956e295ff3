//! The command line. Exit 0: done. 1: the answer is no. 2: it could not be done.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a command line does")]

mod allocate;
mod demo;
mod find;
mod ledger;
mod matching;
mod pack;
mod progress;
mod rank;
mod report;
mod rules;
mod serve;
mod site;
mod table;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::Value;
use zhida_rules::Lang;

use crate::app::App;
use crate::clock::Clock;
use crate::demo::Size;
use crate::ids::CountyId;
use crate::problem::Problem;

/// Zhida 直达: public services brought straight to the people they are for.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// The data folder; else `ZHIDA_DATA`, else `var`.
    #[arg(long, global = true, default_value = "")]
    data: String,
    /// Machine output, to a file or, with `-` or nothing behind it, to the standard output.
    #[arg(long, global = true, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server.
    Serve {
        /// The port; else `PORT`, else 8080.
        #[arg(long)]
        port: Option<u16>,
        /// Load the demonstration first if the data folder is empty.
        #[arg(long)]
        demo: bool,
        /// Serve as if it were ten in the morning of that day: of a demonstration alone.
        #[arg(long)]
        day: Option<String>,
    },
    /// The demonstration county.
    #[command(subcommand)]
    Demo(demo::Demo),
    /// Take a file in: check it, and with --apply write its good rows.
    Import(find::Import),
    /// What titles mean, by the national classification of occupations.
    Occupation(find::Occupation),
    /// The structure of the people by one or two fields.
    Portrait(find::Portrait),
    /// Matching runs.
    #[command(subcommand)]
    Match(matching::Match),
    /// Cases by stage.
    Cases {
        /// A programme's code.
        #[arg(long, default_value = "")]
        programme: String,
    },
    /// Messages, newest first.
    Messages,
    /// The journal.
    #[command(subcommand)]
    Journal(Journal),
    /// The books of money and goods.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// A report of a pack as a sheet or a PDF.
    Report(report::Report),
    /// Take what is overdue up a level, and find units that report nothing: what the server does every hour.
    Watch,
    /// Packs.
    #[command(subcommand)]
    Pack(pack::Pack),
    /// Eligibility rules on plain files: check, evaluate, explain, simulate.
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Where service points should stand, on plain files: medians, cover, centres, each with a bound that can be checked.
    #[command(subcommand)]
    Site(site::Site),
}

/// What every engine command takes.
#[derive(Debug, clap::Args)]
struct Limits {
    /// Threads to use; else as many as the machine has cores.
    #[arg(long)]
    threads: Option<usize>,
    /// A time limit in seconds: the best answer so far is returned, with its bound.
    #[arg(long)]
    seconds: Option<f64>,
    /// The seed of every chance: the same seed gives the same answer.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Limits {
    /// Runs engine work on as many threads as were asked for.
    fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?;
        Ok(pool.install(work))
    }
}

#[derive(Debug, Subcommand)]
enum Journal {
    /// Recompute every county's chain.
    Verify,
}

/// What a command answers: text for people, a value for machines, and whether the answer is yes.
struct Answer {
    text: String,
    value: Value,
    yes: bool,
}

impl Answer {
    fn yes(text: String, value: Value) -> Self {
        Self { text, value, yes: true }
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::Serve { .. }) {
        serve::begin_small();
    }
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("ZHIDA_LOG").unwrap_or_else(|_| "warn,zhida=info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("zhida: {error}");
            return ExitCode::from(2);
        }
    };
    let json = arguments.json.clone();
    match runtime.block_on(run(arguments)) {
        Ok(answer) => {
            let written = match json.as_deref() {
                None if answer.text.is_empty() => Ok(()),
                None => writeln!(std::io::stdout(), "{}", answer.text),
                Some("-") => writeln!(std::io::stdout(), "{}", answer.value),
                Some(file) => std::fs::write(file, format!("{}\n", answer.value)),
            };
            if let Err(error) = written {
                // Whoever reads the output may have had enough of it.
                if error.kind() != std::io::ErrorKind::BrokenPipe {
                    eprintln!("zhida: cannot write the answer: {error}");
                    return ExitCode::from(2);
                }
            }
            if answer.yes { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("zhida: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<Answer> {
    match &arguments.command {
        Command::Match(matching::Match::Allocate(options)) => return allocate::run(options),
        Command::Match(matching::Match::Verify(options)) => return allocate::verify(options),
        Command::Match(matching::Match::Rank(options)) => return rank::run(options),
        _ => {}
    }
    if let Command::Rules(command) = &arguments.command {
        return rules::run(command);
    }
    if let Command::Site(command) = &arguments.command {
        return site::run(command);
    }
    if let Command::Pack(command) = &arguments.command {
        return pack::run(command);
    }
    if let Command::Demo(demo::Demo::Write { county, province, extent, seed, people, jobs, out }) =
        &arguments.command
    {
        if let Some(province) = province {
            return demo::province(province, *seed, extent, out);
        }
        return demo::write(county, *seed, Size { people: *people, jobs: *jobs }, out);
    }
    if let Command::Occupation(command) = &arguments.command {
        return find::occupation(command);
    }
    let data = match (arguments.data.as_str(), std::env::var("ZHIDA_DATA")) {
        ("", Ok(data)) if !data.is_empty() => PathBuf::from(data),
        ("", _) => PathBuf::from("var"),
        (data, _) => PathBuf::from(data),
    };
    if let Command::Serve { port, demo, day } = arguments.command {
        return serve::run(&data, port, (demo, day.as_deref()), arguments.json.is_some()).await;
    }
    if matches!(arguments.command, Command::Demo(_)) {
        demo::mark(&data).await?;
    }
    let app = App::open(&data, Clock::system()).await?;
    let county = CountyId(app.config.county.clone());
    let answer = match arguments.command {
        Command::Demo(command) => demo::run(&app, &command).await,
        Command::Import(command) => find::import(&app, &county, &command).await,
        Command::Portrait(command) => find::portrait(&app, &county, &command).await,
        Command::Match(command) => matching::run(&app, &county, &command).await,
        Command::Cases { programme } => matching::cases(&app, &county, &programme).await,
        Command::Messages => matching::messages(&app, &county).await,
        Command::Journal(Journal::Verify) => verify(&app).await,
        Command::Ledger(command) => ledger::run(&app, &county, &command).await,
        Command::Report(command) => report::run(&app, &county, &command).await,
        Command::Watch => watch(&app).await,
        Command::Serve { .. }
        | Command::Pack(_)
        | Command::Rules(_)
        | Command::Site(_)
        | Command::Occupation(_) => Err(Problem::NotFound),
    };
    answer.map_err(|problem| explain(&app, problem))
}

/// A problem in words, in English as the rest of the command line.
fn explain(app: &App, problem: Problem) -> anyhow::Error {
    let text = |key: &str, value: &str| app.texts.get(Lang::En, key, &[("v", value.to_owned().into())]);
    match problem {
        Problem::Internal(error) => error,
        Problem::Conflict(key) | Problem::TooBusy(key) => anyhow::anyhow!(text(key, "")),
        Problem::Invalid(faults) => {
            let lines: Vec<String> = faults.iter().map(|f| text(f.key, &f.value)).collect();
            anyhow::anyhow!(lines.join("\n"))
        }
        other => anyhow::anyhow!("{other}"),
    }
}

async fn watch(app: &App) -> Result<Answer, Problem> {
    let (lifted, raised) = crate::runners::watch_once(app).await?;
    let text = format!("{lifted} findings went up a level, {raised} units report nothing");
    Ok(Answer::yes(text, serde_json::json!({ "lifted": lifted, "raised": raised })))
}

async fn verify(app: &App) -> Result<Answer, Problem> {
    let found = crate::journal::verify(&app.db).await?;
    let yes = found.iter().all(Result::is_ok);
    let lines: Vec<String> = found
        .iter()
        .map(|result| match result {
            Ok(intact) => {
                format!("{}: intact, {} entries, head {}", intact.county, intact.entries, intact.hash)
            }
            Err(flaw) => format!("{}: broken at entry {}: {}", flaw.county, flaw.seq, flaw.kind),
        })
        .collect();
    let value: Vec<Value> = found
        .iter()
        .map(|result| match result {
            Ok(i) => serde_json::json!({ "county": i.county, "intact": true, "entries": i.entries, "head": i.hash }),
            Err(f) => serde_json::json!({ "county": f.county, "intact": false, "entry": f.seq, "kind": f.kind }),
        })
        .collect();
    let text =
        if lines.is_empty() { "intact: no county has a journal yet".to_owned() } else { lines.join("\n") };
    Ok(Answer { text, value: Value::from(value), yes })
}
