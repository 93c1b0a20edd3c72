//! The command line, read into values.
//!
//! Whatever is wrong with it is said in one line, and nothing has been done by then.

use std::path::PathBuf;
use std::time::Duration;

use ::zoo::{Bug, system_name};
use check::linearizability::Budget as SearchBudget;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use explore::{Budget, GivenLimits, Origin, Repro, VERSION};
use scenarios::{Breach, Knob};
use sim::{Engine, Overrides, Profile, Seed, Standard};

use crate::what::What;

/// How many seeds are run when nobody says how many, or for how long.
const SEEDS_DEFAULT: u64 = 200;

#[derive(Debug, Parser)]
#[command(
    name = "stormglass",
    version = VERSION,
    about = "Runs a Raft key-value cluster through simulated storms, and checks every step.",
    after_help = "With no command it fuzzes 200 seeds.\n\
                  Exit codes: 0 pass, 1 bad input, 10 safety violation, 11 liveness violation, 12 non-determinism, \
                  13 panic in the system under test, 14 no verdict within the budget.",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) fuzz: FuzzArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs many seeds and reports the failures, the faults that struck and what was never reached
    Fuzz(FuzzArgs),
    /// Runs a seed, a repro file or a token again and prints its timeline
    Replay(ReplayArgs),
    /// Makes a run that fails as small as it gets, and says what it takes
    Shrink(ShrinkArgs),
    /// Lists the named scenarios of cluster tests, or runs one
    Scenario(ScenarioArgs),
    /// Hunts the bugs of the zoo and says which were caught, by what, how fast
    Zoo(ZooArgs),
    /// Judges whether a recorded history is linearizable
    Check(CheckArgs),
    /// Runs the standard workloads and prints what they cost
    Bench(BenchArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct FuzzArgs {
    /// How many seeds to run [default: 200, or as many as --time allows]
    #[arg(long, value_name = "N", value_parser = positive)]
    seeds: Option<u64>,
    /// The first seed, in hex or decimal; the others follow one by one
    #[arg(long, value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) first_seed: Seed,
    /// Begin no new run after this long, such as 60s, 5m or 500ms
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "J", value_parser = positive)]
    jobs: Option<u64>,
    /// Run every seed twice, and fail if it was not the same run
    #[arg(long)]
    pub(crate) verify: bool,
    /// Shrink the first failure for at most this much CPU time; 0 for not at all
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = limit)]
    shrink: Limit,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A seed, in hex or decimal; a repro or plan file; a token; or - for a file or a token on standard input
    #[arg(value_name = "WHAT", value_parser = What::read, allow_negative_numbers = true)]
    pub(crate) what: What,
    /// Print every event, not only what nodes, clients and faults did
    #[arg(long)]
    pub(crate) all: bool,
    /// Write what clients saw to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ShrinkArgs {
    /// A seed, in hex or decimal; a repro or plan file; a token; or - for a file or a token on standard input
    #[arg(value_name = "WHAT", value_parser = What::read, allow_negative_numbers = true)]
    pub(crate) what: What,
    /// Take the smallest found after this much CPU time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) time: Duration,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct ScenarioArgs {
    #[command(subcommand)]
    pub(crate) command: ScenarioCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// Names every scenario and says what it shows
    List {
        /// Print one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Runs one and reports what it measured
    Run(ScenarioRunArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ScenarioRunArgs {
    /// Which one, as `scenario list` calls it
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The seed, in hex or decimal
    #[arg(long, value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: Seed,
    /// Run so many seeds, up to the first that fails [default: 1, or 200 with --break]
    #[arg(long, value_name = "N", value_parser = positive)]
    seeds: Option<u64>,
    /// The engine: event (fast) or turmoil (async code, TCP, files)
    #[arg(long, default_value = "event", value_parser = engine)]
    pub(crate) engine: Engine,
    /// How many nodes the cluster has, where that is open
    #[arg(long, value_name = "N", value_parser = positive)]
    nodes: Option<u64>,
    /// How often it is done, where that is open
    #[arg(long, value_name = "N", value_parser = positive)]
    iterations: Option<u64>,
    /// How many seconds pass in between, where that is open
    #[arg(long, value_name = "S", value_parser = positive)]
    wait_time: Option<u64>,
    /// How many seconds a partition lasts, where that is open
    #[arg(long, value_name = "S", value_parser = positive)]
    partition_time: Option<u64>,
    /// How many operations are done, where that is open
    #[arg(long, value_name = "N", value_parser = positive)]
    operations: Option<u64>,
    /// Break this rule, to see the scenario fail: a bug of the zoo, or a rule of its own system
    #[arg(long = "break", value_name = "RULE", value_parser = breach)]
    pub(crate) breach: Option<Breach>,
    /// Print what nodes, clients and faults did
    #[arg(long)]
    pub(crate) timeline: bool,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ZooArgs {
    /// Hunt this bug; may be given more than once [default: all]
    #[arg(long, value_name = "NAME", value_parser = bug)]
    bug: Vec<Bug>,
    /// Only say which bugs there are
    #[arg(long, conflicts_with_all = ["bug", "json"])]
    pub(crate) list: bool,
    /// Give a bug up after this many seeds
    #[arg(long, value_name = "N", default_value = "100000", value_parser = positive)]
    pub(crate) seeds: u64,
    /// Give a bug up after this long
    #[arg(long, value_name = "TIME", default_value = "300s", value_parser = duration)]
    pub(crate) time: Duration,
    /// The first seed, in hex or decimal; the others follow one by one
    #[arg(long, value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) first_seed: Seed,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "J", value_parser = positive)]
    jobs: Option<u64>,
    /// What may go wrong: calm, chaos, disk, clock, membership or swarm
    #[arg(long, default_value = "swarm", value_parser = profile)]
    pub(crate) profile: Profile,
    /// The engine: event (fast) or turmoil (async code, TCP, files)
    #[arg(long, default_value = "event", value_parser = engine)]
    pub(crate) engine: Engine,
    /// Shrink what is caught for at most this much CPU time; 0 for not at all
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = limit)]
    shrink: Limit,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much time something may take; `None` if it is not to be done at all.
#[derive(Clone, Copy, Debug)]
struct Limit(Option<Duration>);

#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    /// The history: a Jepsen log, EDN maps or JSON lines, told apart by content; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What the operations are about: register or kv [default: told by content]
    #[arg(long, value_name = "MODEL", value_parser = model)]
    pub(crate) model: Option<ModelArg>,
    /// Give up after this many steps of the search
    #[arg(long, value_name = "N", default_value = "10000000", value_parser = positive)]
    pub(crate) steps: u64,
    /// Give up when the search takes this much memory, in MiB
    #[arg(long, value_name = "MIB", default_value = "1024", value_parser = positive)]
    pub(crate) memory: u64,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelArg {
    /// One register with compare-and-swap
    Register,
    /// A key-value store
    Kv,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct BenchArgs {
    /// Which ones: heartbeat5, chaos5, saturated5, chaos25, long5 [default: all]
    #[arg(value_name = "NAME", value_parser = standard)]
    pub(crate) names: Vec<Standard>,
    /// The engine: event (fast) or turmoil (async code, TCP, files)
    #[arg(long, default_value = "event", value_parser = engine)]
    pub(crate) engine: Engine,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a run is, given its seed.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// What may go wrong: calm, chaos, disk, clock, membership or swarm [default: swarm]
    #[arg(long, value_parser = profile)]
    profile: Option<Profile>,
    /// How many nodes the cluster begins with, 1 to 63 [default: drawn from the seed]
    #[arg(long, value_name = "N", value_parser = nodes)]
    nodes: Option<u8>,
    /// The engine: event (fast) or turmoil (async code, TCP, files) [default: event]
    #[arg(long, value_parser = engine)]
    engine: Option<Engine>,
    /// Run the cluster with this bug of the zoo
    #[arg(long, value_name = "NAME", value_parser = bug)]
    pub(crate) bug: Option<Bug>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a run may take.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct LimitArgs {
    /// How many events a run may take [default: what the seed's plan allows; 50000000 for a plan from elsewhere]
    #[arg(long, value_name = "N", value_parser = positive)]
    events: Option<u64>,
    /// How many operations clients may begin in a run [default: 2000000]
    #[arg(long, value_name = "N", value_parser = positive)]
    operations: Option<u64>,
    /// How much memory a run may hold, in MiB [default: 256]
    #[arg(long, value_name = "MIB", value_parser = positive)]
    heap: Option<u64>,
}

impl LimitArgs {
    pub(crate) fn given(self) -> GivenLimits {
        GivenLimits { events: self.events, operations: self.operations, heap_mib: self.heap }
    }
}

impl FuzzArgs {
    pub(crate) fn seeds(&self) -> u64 {
        self.seeds.unwrap_or(if self.time.is_some() { u64::MAX } else { SEEDS_DEFAULT })
    }

    pub(crate) fn jobs(&self) -> usize {
        threads(self.jobs)
    }

    /// How long the first failure may be shrunk; `None` if it is not to be.
    pub(crate) fn shrink(&self) -> Option<Duration> {
        self.shrink.0
    }

    /// What each run may take.
    pub(crate) fn budget(&self) -> Budget {
        Budget::of_own_plans(self.run.limits())
    }
}

impl ScenarioRunArgs {
    /// How many seeds at the most: a rule that is broken need not show in the first.
    pub(crate) fn seeds(&self) -> u64 {
        self.seeds.unwrap_or(if self.breach.is_some() { 200 } else { 1 })
    }

    /// What was set.
    pub(crate) fn knobs(&self) -> impl Iterator<Item = (Knob, u64)> {
        let all = [
            (Knob::Nodes, self.nodes),
            (Knob::Iterations, self.iterations),
            (Knob::WaitTime, self.wait_time),
            (Knob::PartitionTime, self.partition_time),
            (Knob::Operations, self.operations),
        ];
        all.into_iter().filter_map(|(knob, value)| value.map(|value| (knob, value)))
    }
}

impl ZooArgs {
    /// Each once, category by category.
    pub(crate) fn bugs(&self) -> Vec<Bug> {
        let is_asked_for = |bug: &Bug| self.bug.is_empty() || self.bug.contains(bug);
        Bug::ALL.iter().copied().filter(is_asked_for).collect()
    }

    pub(crate) fn jobs(&self) -> usize {
        threads(self.jobs)
    }

    /// How long what is caught may be shrunk; `None` if it is not to be.
    pub(crate) fn shrink(&self) -> Option<Duration> {
        self.shrink.0
    }

    /// How a run of this hunt is run by itself.
    pub(crate) fn run(&self, bug: Bug) -> RunArgs {
        let (profile, engine) = (Some(self.profile), Some(self.engine));
        RunArgs { profile, nodes: None, engine, bug: Some(bug), limits: LimitArgs::default(), json: false }
    }
}

/// As many threads as were asked for, or as there are processors.
fn threads(asked: Option<u64>) -> usize {
    match asked {
        Some(jobs) => usize::try_from(jobs).unwrap_or(usize::MAX),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    }
}

impl CheckArgs {
    pub(crate) fn budget(&self) -> SearchBudget {
        let bytes = self.memory.saturating_mul(1 << 20);
        SearchBudget { steps: self.steps, bytes: usize::try_from(bytes).unwrap_or(usize::MAX) }
    }
}

impl RunArgs {
    pub(crate) fn profile(&self) -> Profile {
        self.profile.unwrap_or_default()
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine.unwrap_or_default()
    }

    pub(crate) fn limits(&self) -> GivenLimits {
        self.limits.given()
    }

    pub(crate) fn overrides(&self) -> Overrides {
        Overrides { nodes: self.nodes }
    }

    pub(crate) fn origin(&self) -> Origin {
        let (system, profile) = (system_name(self.bug), Some(self.profile()));
        Origin { system, engine: self.engine(), profile, nodes: self.nodes }
    }

    /// The options, as they were given, that a plan leaves nothing to say to.
    pub(crate) fn said_by_a_plan(&self) -> Vec<&'static str> {
        given([("--profile", self.profile.is_some()), ("--nodes", self.nodes.is_some())])
    }

    /// The others that a repro says too: what ran the plan.
    pub(crate) fn said_by_a_repro(&self) -> Vec<&'static str> {
        given([("--engine", self.engine.is_some()), ("--bug", self.bug.is_some())])
    }

    /// Says of a plan that stands alone what runs it.
    pub(crate) fn complete(&self, plan: &mut Repro) {
        if let Some(engine) = self.engine {
            plan.engine = engine;
        }
        if self.bug.is_some() {
            plan.system = system_name(self.bug);
        }
    }

    /// The command that runs this seed again, to be pasted as it stands.
    pub(crate) fn replay_command(&self, seed: Seed) -> String {
        let mut command = format!("{REPLAY} {seed}");
        if self.profile() != Profile::default() {
            command += &format!(" --profile {}", self.profile());
        }
        if self.engine() != Engine::default() {
            command += &format!(" --engine {}", self.engine());
        }
        if let Some(nodes) = self.nodes {
            command += &format!(" --nodes {nodes}");
        }
        if let Some(bug) = self.bug {
            command += &format!(" --bug {bug}");
        }
        let LimitArgs { events, operations, heap } = self.limits;
        for (name, limit) in [("events", events), ("operations", operations), ("heap", heap)] {
            if let Some(limit) = limit {
                command += &format!(" --{name} {limit}");
            }
        }
        command
    }
}

/// The names of those options that were given.
fn given<const N: usize>(options: [(&'static str, bool); N]) -> Vec<&'static str> {
    options.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
}

/// What a command begins with that runs something again.
pub(crate) const REPLAY: &str = "cargo run --release -- replay";

/// Reads the command line; an error is one to [report](complain).
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    Cli::try_parse()
}

/// What clap says over several lines, in one: the fault and what would be right, without the usage that follows.
pub(crate) fn complain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let mut said: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        said = vec!["error: a command is missing: give list or run"];
    }
    if matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand) {
        said.push("see --help for what there is");
    }
    said.join("; ").replace(":;", ":")
}

fn seed(text: &str) -> Result<Seed, String> {
    text.parse().map_err(|error: sim::SeedError| error.to_string())
}

fn breach(text: &str) -> Result<Breach, String> {
    text.parse().map_err(|error: scenarios::BreachError| error.to_string())
}

fn profile(text: &str) -> Result<Profile, String> {
    text.parse().map_err(|error: sim::ProfileError| error.to_string())
}

fn standard(text: &str) -> Result<Standard, String> {
    text.parse().map_err(|error: sim::StandardError| error.to_string())
}

fn engine(text: &str) -> Result<Engine, String> {
    text.parse().map_err(|error: sim::EngineError| error.to_string())
}

fn bug(text: &str) -> Result<Bug, String> {
    text.parse().map_err(|error: ::zoo::BugError| error.to_string())
}

fn model(text: &str) -> Result<ModelArg, String> {
    match text {
        "register" => Ok(ModelArg::Register),
        "kv" => Ok(ModelArg::Kv),
        _ => Err(format!("'{text}' is no model: give register or kv")),
    }
}

fn nodes(text: &str) -> Result<u8, String> {
    let count = text.parse().ok().filter(|count| (1..=63).contains(count));
    count.ok_or_else(|| format!("'{text}' is no size for a cluster: give 1 to 63"))
}

fn positive(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| format!("'{text}' is no count: give a number from 1 up"))
}

fn limit(text: &str) -> Result<Limit, String> {
    if text == "0" { Ok(Limit(None)) } else { duration(text).map(|time| Limit(Some(time))) }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no length of time: give a whole number with ms, s, m or h, such as 60s");
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text[..unit_at].parse().map_err(|_| wrong())?;
    let unit_ms = match &text[unit_at..] {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    let ms = count.checked_mul(unit_ms).filter(|ms| *ms > 0).ok_or_else(wrong)?;
    Ok(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        let read = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(read("60s"), Ok(60_000));
        assert_eq!(read("90"), Ok(90_000));
        assert_eq!(read("250ms"), Ok(250));
        assert_eq!(read("2h"), Ok(7_200_000));
        for wrong in ["", "s", "0s", "1.5s", "-1s", "10 s", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_replay_command_names_only_what_is_not_default() {
        let command = |args: &[&str]| {
            let cli = Cli::try_parse_from(["stormglass"].iter().chain(args)).expect("good input");
            cli.fuzz.run.replay_command(Seed(0x1f3a))
        };
        assert_eq!(command(&[]), "cargo run --release -- replay 0x1f3a");
        let given = ["--profile", "disk", "--engine", "turmoil", "--nodes", "7"];
        let expected = "cargo run --release -- replay 0x1f3a --profile disk --engine turmoil --nodes 7";
        assert_eq!(command(&given), expected);
        let expected = "cargo run --release -- replay 0x1f3a --bug ack-before-fsync";
        assert_eq!(command(&["--bug", "ack-before-fsync"]), expected);
        let expected = "cargo run --release -- replay 0x1f3a --events 5000 --heap 64";
        assert_eq!(command(&["--heap", "64", "--events", "5000"]), expected);
    }

    #[test]
    fn the_options_of_fuzz_may_stand_without_its_name() {
        let cli = Cli::try_parse_from(["stormglass", "--seeds", "5"]).expect("good input");
        assert!(cli.command.is_none());
        assert_eq!(cli.fuzz.seeds(), 5);
    }

    #[test]
    fn two_hundred_seeds_unless_a_time_is_given() {
        let seeds =
            |args: &[&str]| Cli::try_parse_from(["stormglass"].iter().chain(args)).expect("good input").fuzz.seeds();
        assert_eq!(seeds(&[]), 200);
        assert_eq!(seeds(&["--time", "60s"]), u64::MAX);
        assert_eq!(seeds(&["--time", "60s", "--seeds", "7"]), 7);
    }
}
