//! Servers of async functions, as the second half of the tutorial (`docs/bring-your-own.md`) has them: their crate is
//! `docs/tutorial/async-server`.

use stormglass::prelude::*;
use stormglass::sim::{Bounds, Line, Recorder, What};

use lines::system;

#[path = "../../docs/tutorial/async-server/src/lib.rs"]
#[allow(unreachable_pub, unused_imports, reason = "a crate of its own, which exports them")]
mod lines;

/// The servers must survive the chaos of every seed.
fn property(syncs: bool) -> Property {
    Property::of(system(syncs)).profile(Profile::Chaos)
}

/// The events of one line, and of the life of one node.
struct Timeline {
    line: &'static str,
    node: NodeId,
    told: Vec<String>,
}

impl Recorder for Timeline {
    fn record(&mut self, line: &Line<'_>) {
        let text = line.to_string();
        let is_of_node = match line.what {
            What::Lifecycle => line.actor == Actor::Node(self.node),
            What::Fault => text.contains(&self.node.to_string()),
            _ => false,
        };
        if is_of_node || text.contains(self.line) {
            self.told.push(text);
        }
    }
}

fn replay(system: &dyn Subject, seed: Seed, mut timeline: Timeline) -> Vec<String> {
    let plan = system.plan(seed, Profile::Chaos, &Overrides::default()).expect("seeds alone make valid plans");
    system.run(Engine::Turmoil, &plan, Bounds::NONE, Some(&mut timeline)).expect("nothing bounds it");
    timeline.told
}

const TEXT: &str = include_str!("../../docs/bring-your-own.md");

/// The block of this kind in the text.
fn shown(kind: &str) -> String {
    let opened = format!("```{kind}\n");
    let (_, block) = TEXT.split_once(&opened).unwrap_or_else(|| panic!("no block '{kind}'"));
    block.split_once("```").expect("it ends").0.into()
}

#[test]
fn what_was_acknowledged_is_remembered() {
    property(true).seeds(30).check();
}

#[test]
fn the_servers_pass_under_every_profile() {
    for profile in Profile::ALL {
        Property::of(system(true)).profile(*profile).seeds(5).check_and(|report| {
            assert!(report.stats.operations.ok > 5 * report.seeds, "{profile}: {:?}", report.stats.operations);
        });
    }
}

#[test]
fn a_story_can_be_told_of_the_servers() {
    let told = Story::of(system(true), 7).nodes(3).tell(|c| {
        c.put("key", "a line")?;
        let power = c.inject(Fault::Crash { target: Target::Node(NodeId(1)) }, None)?;
        c.run_for(secs(1))?;
        expect(!c.is_online(NodeId(1)), "n1 is down")?;
        c.at(NodeId(2)).put("key", "another line")?;
        c.end(power)?;
        c.run_for(secs(1))?;
        expect(c.is_online(NodeId(1)), "n1 is up again")
    });
    assert_eq!(told.outcome.stats.operations.ok, 2);
    let again = system(true).run_checked(Engine::Turmoil, &told.plan).expect("the story as a plan can be run");
    assert!(again.verdict.is_pass() && again.faults == told.outcome.faults, "{}", again.verdict);
}

#[test]
fn the_text_shows_what_the_test_finds() {
    let panic = std::panic::catch_unwind(|| property(false).seeds(30).check()).expect_err("a line is lost");
    let screen = panic.downcast_ref::<String>().expect("a screen");
    let shown = shown("text failing");
    let is_steady = |line: &&str| ["FAIL  ", "seed  ", "shrunk "].iter().any(|start| line.starts_with(start));
    let steady: Vec<_> = screen.lines().filter(is_steady).collect();
    assert!(steady.len() == 3 && steady.iter().all(|line| shown.contains(line)), "{screen}");
}

#[test]
fn the_text_shows_what_the_replay_tells() {
    let timeline = Timeline { line: "c2-58.", node: NodeId(2), told: Vec::new() };
    let printed: String = replay(&system(false), Seed(1), timeline).iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(shown("text replay"), printed, "{printed}");
}

#[test]
fn the_text_shows_what_is_said_of_a_fault_that_cannot_be_done() {
    let system = system(true);
    let mut plan = system.plan(Seed(0), Profile::Chaos, &Overrides::default()).expect("a valid plan");
    let double = Fault::Duplication { ratio: Ratio::percent(1) };
    plan.schedule.insert(0, TimedFault::new(0, double).lasting(1_000));
    let error = system.run_checked(Engine::Turmoil, &plan).expect_err("TCP delivers nothing twice");
    assert_eq!(shown("text refused"), format!("{error}\n"));
}
