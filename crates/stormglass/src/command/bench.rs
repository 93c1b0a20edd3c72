//! `stormglass bench`: the standard workloads, as figures.

use std::error::Error;

use explore::layout::list;
use explore::{Figure, Registry, panics};
use sim::{Engine, Standard};

use crate::command::args::BenchArgs;
use crate::command::document::FigureDocument;
use crate::command::exit;
use crate::command::output::Output;
use crate::command::screen::grouped;
use crate::property::usual_engine;

pub(crate) fn bench(args: &BenchArgs, systems: &Registry) -> Result<u8, Box<dyn Error>> {
    let names = if args.names.is_empty() { Standard::ALL } else { &args.names };
    let mut output = Output::new();
    if !args.json {
        if output.width >= TABLE_WIDTH {
            output.line(row(&COLUMNS.map(|(name, _)| name.into())))?;
        }
        output.flush()?;
    }
    let subject = systems.make(&systems.usual())?;
    let engine = args.engine.unwrap_or_else(|| usual_engine(&*subject));
    let mut figures = Vec::new();
    for standard in names {
        let figure = panics::on_run_thread(|| explore::measure(engine, &*subject, *standard));
        if !args.json {
            let cells = cells(&figure, engine);
            output.line(if output.width >= TABLE_WIDTH { row(&cells) } else { listed(&cells, output.width) })?;
            // One may take long: show each when it is done.
            output.flush()?;
        }
        figures.push(figure);
    }
    if args.json {
        let document = |figure| FigureDocument::new(figure, engine, &*subject);
        output.document(&figures.iter().map(document).collect::<Vec<_>>())?;
    } else {
        for figure in &figures {
            if let Some(failure) = &figure.failure {
                let told = format!("FAIL  {}: {}: {}", figure.standard, failure.headline(), failure.message);
                output.wrapped(&told, 6)?;
            }
        }
    }
    output.flush()?;
    let failures = figures.iter().filter_map(|figure| figure.failure.as_ref());
    Ok(exit::code(failures.map(|failure| failure.kind).min()))
}

fn cells(figure: &Figure, engine: Engine) -> [String; COLUMNS.len()] {
    [
        figure.standard.to_string(),
        engine.name().into(),
        figure.nodes.to_string(),
        format!("{:.1}", figure.sim_s()),
        format!("{:.3}", figure.cpu.as_secs_f64()),
        grouped(figure.speed() as u64),
        grouped(figure.stats.messages),
        grouped(figure.messages_per_cpu_s() as u64),
        grouped(figure.stats.operations.total()),
        grouped(figure.operations_per_cpu_s() as u64),
        figure.peak_kib.map_or("unknown".into(), |kib| format!("{:.1}", kib as f64 / 1_024.0)),
    ]
}

/// The columns and their widths.
const COLUMNS: [(&str, usize); 11] = [
    ("name", 11),
    ("engine", 7),
    ("nodes", 6),
    ("sim s", 8),
    ("CPU s", 8),
    ("sim s/CPU s", 12),
    ("messages", 12),
    ("messages/CPU s", 15),
    ("operations", 11),
    ("ops/CPU s", 11),
    ("peak MiB", 9),
];

/// The least width of the table; on a narrower terminal each row is a list.
const TABLE_WIDTH: usize = 120;

/// A row as a list of figures with the names of their columns.
fn listed(cells: &[String; COLUMNS.len()], width: usize) -> String {
    let items = cells.iter().zip(COLUMNS).skip(1).map(|(cell, (column, _))| format!("{column} {cell}"));
    list(&cells[0], items, width)
}

/// Names to the left, figures to the right.
fn row(cells: &[String; COLUMNS.len()]) -> String {
    let mut row = String::new();
    for (place, (cell, (_, width))) in cells.iter().zip(COLUMNS).enumerate() {
        row += &if place < 2 { format!("{cell:<width$} ") } else { format!("{cell:>width$} ") };
    }
    row.truncate(row.trim_end().len());
    row
}
