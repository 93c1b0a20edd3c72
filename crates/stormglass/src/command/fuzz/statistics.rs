//! A campaign in figures.

use explore::layout::{list, wrapped};
use explore::{BlindSpot, Report};
use sim::FaultCount;

use crate::command::screen::{counted, grouped};

/// The figures of all runs together.
pub(super) fn statistics(report: &Report, width: usize) -> String {
    let (stats, operations) = (&report.stats, &report.stats.operations);
    let line = |name: &str, text: String| wrapped(&format!("{name:<13}{text}"), width, 13);
    let mut lines = vec![
        line("runs", runs(report)),
        line("time", time(report)),
        line("happened", format!("{} events, {} messages", grouped(stats.events), grouped(stats.messages))),
        line(
            "operations",
            format!(
                "{} ok, {} fail, {} info",
                grouped(operations.ok),
                grouped(operations.fail),
                grouped(operations.info)
            ),
        ),
    ];
    let faults: Vec<String> = report.fault_counts().map(|(kind, count)| format!("{kind} {}", of(count))).collect();
    if !faults.is_empty() {
        lines.push(list("faults", faults, width));
        lines.push(line("", "(effective / injected)".into()));
    }
    let reached = report.milestones.iter().filter(|(_, count)| *count > 0);
    lines.push(list("milestones", reached.map(|(milestone, count)| format!("{} {count}", milestone.name)), width));
    if report.given_up > 0 {
        let runs = counted(report.given_up, "run");
        lines.push(line("given up", format!("{runs} under way, a second after the campaign was stopped")));
    }
    if stats.demands_waived > 0 {
        let waived = counted(stats.demands_waived, "demand");
        lines.push(line("waived", format!("{waived} of the calm phase, which staying faults made impossible")));
    }
    if stats.histories_undecided > 0 {
        let judgements = counted(stats.histories_undecided, "judgement");
        lines.push(line("undecided", format!("{judgements} of histories came to no verdict")));
    }
    let spots = report.blind_spots();
    if !spots.is_empty() {
        lines.push(list("blind spots", spots.into_iter().map(blind_spot), width));
    }
    lines.push(line("digest", format!("{:016x}", report.digest)));
    lines.join("\n")
}

fn runs(report: &Report) -> String {
    match report.failures.len() as u64 {
        0 => format!("{} passed", grouped(report.seeds)),
        failed => format!("{} passed, {} failed", grouped(report.passed()), grouped(failed)),
    }
}

fn time(report: &Report) -> String {
    format!(
        "{:.1} simulated s in {:.2} CPU s: {:.0} a CPU s; {:.2} s by the clock",
        report.sim_s(),
        report.cpu.as_secs_f64(),
        report.speed(),
        report.wall.as_secs_f64(),
    )
}

fn of(count: FaultCount) -> String {
    format!("{}/{}", count.effective, count.injected)
}

fn blind_spot(spot: BlindSpot) -> String {
    match spot {
        BlindSpot::Fault(kind, FaultCount { injected: 0, .. }) => format!("fault {kind} never injected"),
        BlindSpot::Fault(kind, count) => format!("fault {kind} never effective ({})", of(count)),
        BlindSpot::Milestone(milestone) => format!("never: {}", milestone.name),
    }
}
