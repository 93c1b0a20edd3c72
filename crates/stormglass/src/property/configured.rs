//! A property with the values that the environment and `stormglass.toml` give, and the variables that ask for them
//! again.

use explore::{Asked, Configuration, Options, asked};

use super::{Property, SEEDS_DEFAULT};

/// The variables that ask for the values which a configuration gives a property, each with a space behind it.
#[derive(Clone, Default)]
pub(super) struct Asks {
    pub(super) profile: String,
    pub(super) limits: String,
}

impl Property {
    /// The runs that the environment asks for, and the property with the values of the environment above its own, and
    /// those of the file below. A run that is asked for by itself is that of a printed line, and takes neither profile
    /// nor limits of the file.
    pub(super) fn asked(&self) -> Result<(Asked, Property), String> {
        let (asked, configuration) = (asked()?, Configuration::of_test()?);
        let this = self.configured(for_runs_of(&asked, configuration));
        Ok((asked, this))
    }

    /// The same for plans that were recorded, which take neither profile nor limits of the file in any case.
    pub(super) fn asked_of_recorded(&self) -> Result<(Asked, Property), String> {
        let this = self.configured(without_run_of_file(Configuration::of_test()?));
        Ok((asked()?, this))
    }

    fn configured(&self, configuration: Configuration) -> Property {
        let Configuration { environment, file } = configuration;
        let asks = Asks::of(&environment, &self.options, &file);
        let below = self.options.clone().or(file);
        let seeds = if below.time.is_some() { below.seeds } else { Some(below.seeds.unwrap_or(SEEDS_DEFAULT)) };
        let seeds_min = environment.seeds;
        let mut options = environment.or(Options { seeds, ..below });
        // The environment asks for at least so many: a test that has more seeds runs its own.
        if let (Some(min), Some(seeds)) = (seeds_min, seeds) {
            options.seeds = Some(seeds.max(min));
        }
        Property { options, asks, ..self.clone() }
    }

    /// The variables that ask for the values of the configuration that the run of a seed depends on.
    pub(super) fn asks(&self) -> String {
        let profile = if self.plans.is_none() { &self.asks.profile } else { "" };
        format!("{profile}{}", self.asks.limits)
    }
}

/// The configuration of the runs that are asked for.
fn for_runs_of(asked: &Asked, configuration: Configuration) -> Configuration {
    match asked {
        Asked::All { .. } => configuration,
        Asked::Seed(_) | Asked::Repro { .. } => without_run_of_file(configuration),
    }
}

fn without_run_of_file(configuration: Configuration) -> Configuration {
    Configuration { file: configuration.file.without_run(), ..configuration }
}

impl Asks {
    /// The variables for the values that the environment gives, or the file where the code of the test gives none.
    fn of(environment: &Options, code: &Options, file: &Options) -> Asks {
        fn named<T>(value: impl Fn(&Options) -> Option<T>, [environment, code, file]: [&Options; 3]) -> Option<T> {
            value(environment).or_else(|| value(file).filter(|_| value(code).is_none()))
        }
        let places = [environment, code, file];
        let ask = |name, value: Option<u64>| value.map_or(String::new(), |value| format!("{name}={value} "));
        let profile = named(|options| options.profile, places);
        let limits = [
            ask("STORMGLASS_EVENTS", named(|options| options.limits.events, places)),
            ask("STORMGLASS_OPERATIONS", named(|options| options.limits.operations, places)),
            ask("STORMGLASS_HEAP", named(|options| options.limits.heap_mib, places)),
        ];
        let profile = profile.map_or(String::new(), |profile| format!("STORMGLASS_PROFILE={profile} "));
        Asks { profile, limits: limits.concat() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use explore::GivenLimits;
    use raft_kv::RaftKv;
    use sim::Profile;

    use super::*;

    fn configuration(environment: Options, file: Options) -> Configuration {
        Configuration { environment, file }
    }

    fn some_seeds(seeds: u64) -> Options {
        Options { seeds: Some(seeds), ..Options::default() }
    }

    #[test]
    fn the_code_of_a_test_comes_before_the_file_and_after_the_environment() {
        let disk = || Options { profile: Some(Profile::Disk), ..Options::default() };
        let profile = |property: Property, environment, file| {
            let this = property.configured(configuration(environment, file));
            (this.profile_of_plans(), this.asks())
        };
        let (usual, coded) = (Property::of(RaftKv::default()), Property::of(RaftKv::default()).profile(Profile::Calm));
        let asked = || (Some(Profile::Disk), "STORMGLASS_PROFILE=disk ".to_string());
        assert_eq!(profile(usual.clone(), disk(), Options::default()), asked());
        assert_eq!(profile(usual.clone(), Options::default(), disk()), asked());
        assert_eq!(profile(coded.clone(), disk(), Options::default()), asked());
        assert_eq!(profile(coded, Options::default(), disk()), (Some(Profile::Calm), String::new()));
        let made = usual.plans(|_| unreachable!("no plan is made"));
        assert_eq!(profile(made, disk(), Options::default()), (None, String::new()));
    }

    #[test]
    fn a_pasted_line_takes_profile_and_limits_of_the_environment_and_the_code_and_none_of_the_file() {
        let limits = |events| GivenLimits { events: Some(events), ..GivenLimits::default() };
        let file = || Options { profile: Some(Profile::Calm), limits: limits(50), jobs: Some(3), ..Options::default() };
        let run = |property: &Property, asked: &Asked, environment| {
            let this = property.configured(for_runs_of(asked, configuration(environment, file())));
            (this.profile_of_plans(), this.options.limits, this.options.jobs, this.asks())
        };
        let (all, pasted) = (Asked::All { seeds_min: 0 }, Asked::Seed(sim::Seed(8)));
        let (usual, none) = (Property::of(RaftKv::default()), GivenLimits::default());
        let of_file = "STORMGLASS_PROFILE=calm STORMGLASS_EVENTS=50 ".to_string();
        assert_eq!(run(&usual, &all, Options::default()), (Some(Profile::Calm), limits(50), Some(3), of_file));
        assert_eq!(run(&usual, &pasted, Options::default()), (Some(Profile::Swarm), none, Some(3), String::new()));
        let coded = usual.profile(Profile::Disk).limits(limits(700));
        assert_eq!(
            run(&coded, &pasted, Options::default()),
            (Some(Profile::Disk), limits(700), Some(3), String::new())
        );
        let exported = Options { profile: Some(Profile::Clock), limits: limits(900), ..Options::default() };
        let of_line = "STORMGLASS_PROFILE=clock STORMGLASS_EVENTS=900 ".to_string();
        assert_eq!(run(&coded, &pasted, exported), (Some(Profile::Clock), limits(900), Some(3), of_line));
    }

    #[test]
    fn the_environment_asks_for_at_least_so_many_seeds_and_the_file_for_so_many() {
        let property = || Property::of(RaftKv::default());
        let campaign = |property: Property, environment, file| {
            let campaign = property.configured(configuration(environment, file)).campaign();
            (campaign.seeds, campaign.time)
        };
        let none = Options::default;
        let minute = || Options { time: Some(Duration::from_secs(60)), ..Options::default() };
        assert_eq!(campaign(property(), none(), none()), (200, None));
        assert_eq!(campaign(property(), none(), some_seeds(50)), (50, None));
        assert_eq!(campaign(property().seeds(300), none(), some_seeds(50)), (300, None));
        assert_eq!(campaign(property().seeds(300), some_seeds(50), none()), (300, None));
        assert_eq!(campaign(property().seeds(300), some_seeds(5_000), none()), (5_000, None));
        assert_eq!(campaign(property(), some_seeds(50), some_seeds(70)), (70, None));
        assert_eq!(campaign(property(), none(), minute()), (u64::MAX, minute().time));
        assert_eq!(campaign(property().seeds(300), none(), minute()), (300, None));
        assert_eq!(campaign(property().seeds(300), minute(), none()), (u64::MAX, minute().time));
        assert_eq!(campaign(property(), some_seeds(50), minute()), (50, None));
    }

    #[test]
    fn a_limit_of_the_file_bounds_each_run_and_is_named_in_the_line() {
        let limits = GivenLimits { events: Some(900), heap_mib: Some(64), ..GivenLimits::default() };
        let file = Options { limits, jobs: Some(3), ..Options::default() };
        let coded = GivenLimits { events: Some(7_000), ..GivenLimits::default() };
        let this = Property::of(RaftKv::default()).limits(coded).configured(configuration(Options::default(), file));
        let campaign = this.campaign();
        assert_eq!((campaign.budget.limits.events, campaign.budget.limits.heap), (7_000, 64 << 20));
        assert_eq!((campaign.jobs, this.asks()), (3, "STORMGLASS_HEAP=64 ".to_string()));
    }
}
