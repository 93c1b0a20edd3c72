//! Stories: the actions of a handle on a running cluster, its refusals, and the end of a story that fails.

use ::zoo::Bug;
use explore::Failure;
use scenarios::raft_kv_with;
use sim::Invariant;
use sim::{Engine, Seed, Subject, Verdict};
use sim_tests::on_both_engines;
use stormglass::story::{Health, Load, Offline, Told};
use stormglass::{Cluster, Story, StoryError, append, each_seed, expect, expect_eq, get, millis, put, secs};

on_both_engines!(
    one_seed_tells_one_story,
    what_a_story_has_done_can_be_run_without_it,
    what_a_story_expects_in_vain_is_its_verdict,
    an_invariant_that_is_broken_ends_the_story,
    a_client_at_home_asks_its_own_node_only,
    a_load_goes_on_while_the_story_does,
);

/// A bit of everything.
fn eventful(c: &mut Cluster<'_>) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    c.put("x", "0")?;
    c.start_load(Load::default())?;
    let follower = c.follower_of(leader)?;
    c.partition([leader, follower])?;
    let other = c.wait_for_other_leader(leader)?;
    c.run_for(millis(700))?;
    c.heal()?;
    c.crash(other)?;
    c.pause(follower)?;
    c.wait_for_leader()?;
    c.run_for(millis(300))?;
    c.resume(follower)?;
    c.bring_online(other)?;
    c.wait_until_online(other)?;
    c.stop_load()?;
    c.verify_data("x", Some("0"))
}

fn one_seed_tells_one_story(engine: Engine) {
    each_seed(3, |seed| {
        let told = || raft_kv::story(seed).engine(engine).run(eventful);
        let (one, other) = (told(), told());
        assert!(one.outcome.verdict.is_pass(), "{}", one.outcome.verdict);
        assert_eq!(one.outcome.digest, other.outcome.digest);
        assert_eq!(one.plan, other.plan);
        let next = raft_kv::story(Seed(seed.0 + 1)).engine(engine).run(eventful);
        assert_ne!(one.outcome.digest, next.outcome.digest);
    });
}

/// On the event engine it is the same run but for the order of events at one moment; on turmoil histories know times to
/// the tick, so there it is only much alike.
fn what_a_story_has_done_can_be_run_without_it(engine: Engine) {
    each_seed(3, |seed| {
        let Told { outcome, plan, .. } = raft_kv::story(seed).engine(engine).run(eventful);
        sim::validate(&plan).expect("a plan that can be run");
        let again = sim_tests::outcome(engine, &*sim_tests::raft_kv(), &plan);
        assert!(again.verdict.is_pass(), "{}", again.verdict);
        assert_eq!(again.stats.boots, outcome.stats.boots);
        let operations = |of: &sim::Outcome| of.stats.operations.total();
        assert!(operations(&again).abs_diff(operations(&outcome)) <= operations(&outcome) / 10);
        if engine == Engine::Event {
            // All but the queue's peak: a plan knows its events beforehand, and they wait in the queue.
            let seen = |of: &sim::Outcome| {
                let mut seen = of.stats;
                seen.pending_peak = 0;
                seen
            };
            assert_eq!(seen(&again), seen(&outcome));
        }
        for (kind, count) in outcome.faults.iter() {
            assert_eq!(count.effective, count.injected, "{kind} did nothing");
        }
    });
}

fn what_a_story_expects_in_vain_is_its_verdict(engine: Engine) {
    let verdict = |story: fn(&mut Cluster<'_>) -> Result<(), StoryError>| {
        let told = raft_kv::story(1).nodes(3).engine(engine).run(story);
        match told.outcome.verdict {
            Verdict::Violation(violation) => (violation.invariant, violation.message),
            other => panic!("{other}"),
        }
    };
    let vain = |story| {
        let (invariant, message) = verdict(story);
        assert_eq!(invariant, Invariant::EXPECTATION, "{message}");
        message
    };
    assert_eq!(vain(|_| expect(false, "one is two")), "expected: one is two");
    assert_eq!(
        vain(|c| {
            c.put("x", "1")?;
            expect_eq(c.get("x")?, None, "x")
        }),
        r#"x is Some("1"), and should be None"#
    );
    assert_eq!(vain(|_| panic!("a panic of the story")), "a panic of the story");
    let late = |c: &mut Cluster<'_>| {
        let leader = c.wait_for_leader()?;
        for node in c.followers_of(leader) {
            c.kill(node)?;
        }
        c.wait_for_other_leader(leader).map(|_| ())
    };
    let (invariant, message) = verdict(late);
    assert_eq!(invariant, Invariant::DEADLINE);
    assert!(message.starts_with("a leader other than n") && message.ends_with(" not within 5.0 s"), "{message}");
}

/// The plan that is left of the story shows it too, and is shrunk.
fn an_invariant_that_is_broken_ends_the_story(engine: Engine) {
    let bug = Bug::EvenQuorumOffByOne;
    let story = Story::of(raft_kv_with(bug), 3).nodes(4).engine(engine);
    let told = story.run(|c| {
        let leader = c.wait_for_leader()?;
        let follower = c.follower_of(leader)?;
        c.partition([leader, follower])?;
        c.at(leader).put("x", "1")?;
        unreachable!("half of the nodes cannot acknowledge anything without breaking a rule")
    });
    let failure = story.failure(&told).expect("half of an even cluster commits");
    assert_eq!(failure.invariant, Some(raft_rules::QUORUM_WRITE_BLOCKING), "{}", failure.message);
    assert!(fails_alike(&*raft_kv_with(bug), engine, &told, &failure));
    let evidence = story.evidence(&told, &failure);
    let screen = evidence.screen(None, "", explore::Layout::of_test());
    assert!(screen.contains("\nshrunk "), "{screen}");
}

fn fails_alike(subject: &dyn Subject, engine: Engine, told: &Told, failure: &Failure) -> bool {
    let again = sim_tests::outcome(engine, subject, &told.plan);
    Failure::of(told.plan.seed, &again).is_some_and(|again| again.invariant == failure.invariant)
}

fn a_client_at_home_asks_its_own_node_only(engine: Engine) {
    each_seed(3, |seed| {
        raft_kv::story(seed).nodes(3).engine(engine).tell(|c| {
            let leader = c.wait_for_leader()?;
            let follower = c.follower_of(leader)?;
            c.put("x", "1")?;
            expect_eq(c.at(follower).get("x")?, Some("1".into()), "the value that the follower reads")?;
            let write = c.at(follower).begin(put("x", "2"))?;
            c.run_for(secs(2))?;
            expect(c.is_pending(write), "a follower takes no write, and its clients ask no other node")?;
            c.kill(follower)?;
            let read = c.at(follower).begin(get("x"))?;
            c.run_for(secs(2))?;
            expect(c.is_pending(read), "a node that is down answers nothing")?;
            expect_eq(c.get("x")?, Some("1".into()), "the value that other clients read meanwhile")
        });
    });
}

fn a_load_goes_on_while_the_story_does(engine: Engine) {
    raft_kv::story(7).engine(engine).tell(|c| {
        c.wait_for_leader()?;
        c.start_load(Load { clients: 3, ..Load::default() })?;
        c.run_for(secs(1))?;
        let first = c.load_so_far();
        c.run_for(secs(1))?;
        let second = c.load_so_far();
        let all = c.stop_load()?;
        expect(first.ok > 10 && second.ok > 10, "each second has its operations")?;
        expect(all.ok >= first.ok + second.ok, "all operations include those of both seconds")?;
        expect(all.latency(50) > millis(1) && all.latency(50) <= all.latency(99), "latencies are in order")?;
        expect(all.throughput() > 10.0, "there is a throughput")
    });
}

/// The example of docs/scenarios.md.
#[test]
fn a_minority_acknowledges_nothing() {
    each_seed(20, |seed| {
        raft_kv::story(seed).nodes(5).tell(|c| {
            let leader = c.wait_for_leader()?;
            let follower = c.follower_of(leader)?;
            c.partition([leader, follower])?; // the other three elect
            let write = c.at(leader).begin(put("x", "1"))?;
            let other = c.wait_for_other_leader(leader)?;
            c.at(other).put("x", "2")?;
            c.run_for(secs(5))?;
            expect(c.is_pending(write), "a minority acknowledges nothing")?;
            c.heal()?;
            c.wait_until_converged()
        });
    });
}

#[test]
fn the_docs_show_the_story_that_is_told_here() {
    let (here, shown) = (include_str!("stories.rs"), include_str!("../../../docs/scenarios.md"));
    let from = here.find("#[test]\nfn a_minority_acknowledges_nothing").expect("it is there");
    let to = from + here[from..].find("\n}\n").expect("it ends") + 2;
    assert!(shown.contains(&here[from..to]), "docs/scenarios.md shows another story");
}

#[test]
fn what_makes_no_sense_is_refused_and_said() {
    raft_kv::story(0).nodes(3).tell(|c| {
        let leader = c.wait_for_leader()?;
        let follower = c.follower_of(leader)?;
        expect_eq(
            c.bring_online(follower),
            Err(StoryError::Already { node: follower, is: "online" }),
            "a second start",
        )?;
        expect_eq(c.resume(follower), Err(StoryError::Already { node: follower, is: "running" }), "a second resume")?;
        c.take_offline(follower, Offline::Graceful)?;
        expect_eq(c.health(follower), Health::Offline, "its health")?;
        expect_eq(c.kill(follower), Err(StoryError::Already { node: follower, is: "offline" }), "a second stop")?;
        let refused = (0..9).find_map(|n| c.begin(append("x", &format!("{n}"))).err());
        let busy = StoryError::ClientsBusy { clients: 8, whose: "that rove".into() };
        expect_eq(refused, Some(busy), "a ninth operation at once")
    });
    let told = StoryError::AllOffline.to_string();
    assert_eq!(told, "all nodes are offline: bring one online first");
}
