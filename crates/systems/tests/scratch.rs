//! Scratch.
use sim::*;
use std::collections::BTreeMap;
use systems::{
    graph::{self, RelayGraph},
    pair::{self, LeasePair},
    peers::{self, PeerSync},
};

fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    s.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn var(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or(default.into())
}

fn campaign(subject: &dyn Subject, engine: Engine, profile: Profile, from: u64, to: u64) -> Vec<(u64, String)> {
    let at = cpu();
    let mut fails = vec![];
    let mut waived = 0;
    let (mut ops, mut not, mut events, mut stays) = (0, 0, 0, 0);
    let mut effective: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for seed in from..to {
        let plan = subject.plan(Seed(seed), profile, &Overrides::default()).unwrap();
        subject.check(engine, &plan).unwrap();
        stays += u64::from(plan.schedule.iter().any(|t| t.lasts_ms.is_none()));
        let outcome = subject.run_checked(engine, &plan).unwrap();
        waived += u64::from(outcome.stats.demands_waived > 0);
        ops += outcome.stats.operations.ok;
        not += outcome.stats.operations.info + outcome.stats.operations.fail;
        events += outcome.stats.events;
        for (kind, count) in outcome.faults.iter() {
            let e = effective.entry(kind.name()).or_default();
            e.0 += count.injected;
            e.1 += count.effective;
        }
        if !outcome.verdict.is_pass() {
            fails.push((seed, outcome.verdict.to_string()));
        }
    }
    eprintln!(
        "{} {engine} {profile} {from}..{to}: {} failures, {waived} waived, {stays} stay, ok {ops} not {not}, events {events}, {:.1} s cpu",
        subject.id(),
        fails.len(),
        cpu() - at
    );
    if std::env::var("FAULTS").is_ok() {
        for (k, (i, e)) in effective {
            eprintln!("    {k} {i} {e}");
        }
    }
    fails
}

#[test]
#[ignore]
fn scratch() {
    let engine: Engine = var("ENGINE", "event").parse().unwrap();
    let (from, to) = (var("FROM", "0").parse().unwrap(), var("TO", "100").parse().unwrap());
    let which = var("SYSTEM", "all");
    let profiles = var("PROFILE", "calm,chaos,disk,clock,membership,swarm");
    let subjects: Vec<Box<dyn Subject>> = if which == "all" {
        vec![
            Box::new(Machines(LeasePair::default())),
            Box::new(Machines(RelayGraph::default())),
            Box::new(Machines(PeerSync::default())),
        ]
    } else {
        which
            .split(';')
            .map(|which| -> Box<dyn Subject> {
                let id: SubjectId = which.parse().unwrap();
                match id.name() {
                    "lease-pair" => Box::new(Machines(LeasePair::of(&id).unwrap())),
                    "relay-graph" => Box::new(Machines(RelayGraph::of(&id).unwrap())),
                    _ => Box::new(Machines(PeerSync::of(&id).unwrap())),
                }
            })
            .collect()
    };
    let show: usize = var("SHOW", "10").parse().unwrap();
    for subject in &subjects {
        for profile in profiles.split(',') {
            let fails = campaign(&**subject, engine, profile.parse().unwrap(), from, to);
            for (seed, verdict) in fails.iter().take(show) {
                eprintln!("    {seed}: {verdict}");
            }
        }
    }
}

#[test]
#[ignore]
fn bugs() {
    let to: u64 = var("TO", "200").parse().unwrap();
    let mut subjects: Vec<Box<dyn Subject>> = vec![];
    for b in pair::Bug::ALL {
        subjects.push(Box::new(Machines(LeasePair::default().with_bug(*b))));
    }
    for b in graph::Bug::ALL {
        subjects.push(Box::new(Machines(RelayGraph::default().with_bug(*b))));
    }
    for b in peers::Bug::ALL {
        subjects.push(Box::new(Machines(PeerSync::default().with_bug(*b))));
    }
    for s in &subjects {
        for profile in [Profile::Chaos, Profile::Disk, Profile::Swarm] {
            let at = cpu();
            let mut found = vec![];
            let mut first = String::new();
            for seed in 0..to {
                let plan = s.plan(Seed(seed), profile, &Overrides::default()).unwrap();
                let o = s.run_checked(Engine::Event, &plan).unwrap();
                if !o.verdict.is_pass() {
                    if found.is_empty() {
                        first = o.verdict.to_string();
                    }
                    found.push(seed);
                }
            }
            eprintln!(
                "{} {profile}: found in {} of {to}, first {:?}, {:.1} s: {first}",
                s.id(),
                found.len(),
                found.first(),
                cpu() - at
            );
        }
    }
}
