//! `stormglass check`: whether a recorded history is linearizable.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use check::History;
use check::history::format::{self, Kind, Limits, Parsed};
use check::linearizability::{self, KeyValue, Limit, Register, Verdict};
use explore::cost::WallClock;

use crate::args::{CheckArgs, ModelArg};
use crate::document::CheckDocument;
use crate::exit;
use crate::output::Output;
use crate::screen::counted;

pub(crate) fn check(args: &CheckArgs) -> Result<u8, Box<dyn Error>> {
    let name = args.file.display();
    let source = open(&args.file).map_err(|error| format!("{name}: {error}"))?;
    let limits = Limits { bytes: args.budget().bytes, ..Limits::default() };
    let Parsed { format, kind, history, left_out, .. } =
        format::read(source, &limits).map_err(|error| format!("{name}: {error}"))?;
    let model = args.model.unwrap_or(match kind {
        Kind::Register | Kind::Mutex => ModelArg::Register,
        Kind::KeyValue => ModelArg::Kv,
    });
    let keys = keys(&history);
    if model == ModelArg::Register && keys > 1 {
        return Err(format!("{name}: it is about {keys} keys, and a register has none: give --model kv").into());
    }
    let clock = WallClock::start();
    let verdict = match model {
        ModelArg::Register => linearizability::check(&Register, &history, args.budget()),
        ModelArg::Kv => linearizability::check(&KeyValue, &history, args.budget()),
    };
    let wall = clock.elapsed();

    let mut output = Output::new();
    if args.json {
        output.line(serde_json::to_string(&CheckDocument::new(&verdict, model, &history, wall))?)?;
    } else {
        let operations = counted(history.calls().len() as u64, "operation");
        let object = match model {
            ModelArg::Register => "a register".into(),
            ModelArg::Kv => format!("a store of {}", counted(keys as u64, "key")),
        };
        let (headline, more) = match &verdict {
            Verdict::Linearizable => ("PASS  linearizable", None),
            Verdict::NotLinearizable(found) => ("FAIL  not linearizable", Some(found.to_string())),
            Verdict::Unknown(limit) => {
                let advice = match limit {
                    Limit::Steps => format!("given up after {}: --steps gives more", counted(args.steps, "step")),
                    Limit::Memory => format!("given up at {} MiB: --memory gives more", args.memory),
                    Limit::Concurrency => "given up: more than 1,024 operations run at once".into(),
                };
                ("UNKNOWN", Some(advice))
            }
        };
        output.line(format_args!("{headline}: {operations} on {object}"))?;
        output.line(format_args!("file  {name} ({format})"))?;
        if !left_out.is_nothing() {
            output.line(format_args!("left out: {left_out}"))?;
        }
        if let Some(more) = more {
            output.line(more.trim_end())?;
        }
    }
    output.flush()?;
    Ok(match verdict {
        Verdict::Linearizable => exit::PASS,
        Verdict::NotLinearizable(_) => exit::SAFETY,
        Verdict::Unknown(_) => exit::UNKNOWN,
    })
}

/// The file to read; `-` is standard input.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::new(File::open(path)?)))
}

/// How many keys there are.
fn keys(history: &History) -> usize {
    let mut keys: Vec<_> = history.calls().iter().map(|call| call.input.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len()
}
