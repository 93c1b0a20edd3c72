//! The code of docs/bring-your-own.md, and tests that compare it and its output with the text.
//!
//! The lines between two of the comments about the text are a block of it. When the two differ, change the one that is
//! wrong; when the output differs, paste the text that the failing test shows.

// The text begins here.
use std::collections::BTreeSet;

use stormglass::prelude::*;
use stormglass::sim::{Bounds, Line, Recorder, What};
use stormglass::turmoil;
use stormglass::turmoil::fs::shim::tokio::fs as files;
use stormglass::turmoil::net::{TcpListener, TcpStream};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

const PORT: u16 = 7000;
const MEMORY: &str = "/memory";
// The text goes on elsewhere.

// The text begins here.
/// One a node: it remembers the lines it is told, in a file, and echoes them.
async fn server(host: Host<Note>, syncs: bool) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, host.clone(), syncs));
    }
}

async fn serve(stream: TcpStream, host: Host<Note>, syncs: bool) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let answer = match request.trim_end().split_once(' ') {
        Some(("remember", line)) => {
            remember(line, syncs).await?;
            host.note(Note::Acknowledges(line.into()));
            line
        }
        Some(("recall", line)) if recalls(line).await => line,
        _ => "no",
    };
    stream.write_all(format!("{answer}\n").as_bytes()).await
}

async fn remember(line: &str, syncs: bool) -> std::io::Result<()> {
    let mut file = files::OpenOptions::new().append(true).create(true).open(MEMORY).await?;
    file.write_all(format!("{line}\n").as_bytes()).await?;
    if syncs {
        file.sync_all().await?;
        files::sync_dir("/").await?;
    }
    Ok(())
}

async fn recalls(line: &str) -> bool {
    let memory = files::read_to_string(MEMORY).await.unwrap_or_default();
    memory.lines().any(|remembered| remembered == line)
}
// The text goes on elsewhere.

// The text begins here.
/// Asks any server to remember each line that the workload writes; a read asks for a line that was acknowledged.
async fn client(mut user: User<Note>) -> turmoil::Result {
    let nodes = user.nodes();
    let mut acknowledged: Vec<(usize, String)> = Vec::new();
    while let Some(operation) = user.next().await {
        let completion = match operation {
            Operation::Put { value, .. } => {
                let (node, line) = (user.below(nodes.len() as u64) as usize, value.to_string());
                match ask(&user, &nodes[node], format!("remember {line}\n")).await {
                    Some(_) => {
                        acknowledged.push((node, line));
                        Completion::Ok(Output::Written)
                    }
                    None => Completion::Info,
                }
            }
            _ if acknowledged.is_empty() => Completion::Fail,
            _ => {
                let (node, line) = &acknowledged[user.below(acknowledged.len() as u64) as usize];
                match ask(&user, &nodes[*node], format!("recall {line}\n")).await {
                    Some(answer) if answer == *line => Completion::Ok(Output::Value(Some((&*answer).into()))),
                    Some(_) => {
                        user.note(Note::Forgotten { node: nodes[*node].clone(), line: line.clone() });
                        Completion::Ok(Output::Value(None))
                    }
                    None => Completion::Fail,
                }
            }
        };
        user.complete(completion);
    }
    Ok(())
}

/// The answer of `node`; `None` if it does not come in time.
async fn ask(user: &User<Note>, node: &str, request: String) -> Option<String> {
    let asking = async {
        let mut stream = BufReader::new(TcpStream::connect((node, PORT)).await?);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_line(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(user.timeout(), asking).await.ok()?.ok()?;
    answer.strip_suffix('\n').map(String::from)
}
// The text goes on elsewhere.

// The text begins here.
/// The notes of servers and clients.
#[derive(Clone, Debug)]
enum Note {
    /// A server is about to say that it remembers this line.
    Acknowledges(String),
    /// A server that had said so was asked, and does not know the line.
    Forgotten { node: String, line: String },
}

impl Traced for Note {}

/// Every acknowledged line is remembered.
fn system(syncs: bool) -> AsyncSystem<impl HostsNet<Note = Note>> {
    let system = AsyncSystem::new("lines", move |host| server(host, syncs), client);
    system.suited(puts_and_gets).rule(|| {
        let mut acknowledged = BTreeSet::new();
        move |_: Moment, _: Actor, note: &Note| match note {
            Note::Acknowledges(line) => {
                acknowledged.insert(line.clone());
                Ok(())
            }
            Note::Forgotten { node, line } if acknowledged.contains(line) => Err(format!("{node} has lost {line}")),
            Note::Forgotten { line, .. } => Err(format!("no server ever acknowledged {line}")),
        }
    })
}
// The text goes on elsewhere.

// The text begins here.
/// Clients put lines without an end and get them back.
fn puts_and_gets(plan: &mut Plan) {
    plan.workload.mix = Mix::NONE.with_get(1).with_put(1);
    (plan.workload.value_bytes_min, plan.workload.value_bytes_max) = (0, 0);
}

/// The servers must survive the chaos of every seed.
fn property(syncs: bool) -> Property {
    Property::of(system(syncs)).profile(Profile::Chaos)
}
// The text goes on elsewhere.

// The text begins here.
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
// The text goes on elsewhere.

// The text begins here.
#[test]
fn what_was_acknowledged_is_remembered() {
    property(true).seeds(30).check();
}
// The text goes on elsewhere.

const TEXT: &str = include_str!("../../docs/bring-your-own.md");
const CODE: &str = include_str!("bring_your_own.rs");

/// The blocks between lines equal to `begin` and to `end`.
fn between(text: &str, begin: &str, end: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match &mut open {
            Some(_) if line == end => blocks.extend(open.take()),
            Some(block) => *block += &format!("{line}\n"),
            None if line == begin => open = Some(String::new()),
            None => {}
        }
    }
    assert_eq!(open, None, "a block that does not end");
    blocks
}

fn shown() -> Vec<String> {
    between(TEXT, "```text", "```")
}

#[test]
fn the_text_shows_this_code() {
    let (shown, tested) =
        (between(TEXT, "```rust", "```"), between(CODE, "// The text begins here.", "// The text goes on elsewhere."));
    assert_eq!(shown.len(), tested.len());
    for (shown, tested) in shown.iter().zip(&tested) {
        assert_eq!(shown, tested);
    }
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
fn the_text_shows_what_the_campaign_finds() {
    let report = property(false).seeds(5).run();
    let printed: String = report.failures.iter().map(|found| format!("{}  {}\n", found.seed, found.message)).collect();
    assert_eq!(shown()[0], printed, "{printed}");
}

#[test]
fn the_text_shows_what_the_replay_tells() {
    let timeline = Timeline { line: "c1-4.", node: NodeId(1), told: Vec::new() };
    let printed: String = replay(&system(false), Seed(2), timeline).iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(shown()[1], printed, "{printed}");
}

#[test]
fn the_text_shows_what_is_said_of_a_fault_that_cannot_be_done() {
    let system = system(true);
    let mut plan = system.plan(Seed(0), Profile::Chaos, &Overrides::default()).expect("a valid plan");
    let lose = Fault::Loss { ratio: Ratio::percent(1) };
    plan.schedule.insert(0, TimedFault::new(0, lose).lasting(1_000));
    let error = system.run_checked(Engine::Turmoil, &plan).expect_err("TCP loses nothing");
    assert_eq!(shown()[2], format!("{error}\n"));
}
