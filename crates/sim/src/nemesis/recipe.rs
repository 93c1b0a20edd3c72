//! The ingredients of one plan's storm.

use env::Random;

use super::{Aim, aims};
use crate::draw::{Concern, Draw};
use crate::plan::{FaultKind, Seed};
use crate::profile::Profile;

/// The choices that a schedule is drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// The bursts and single faults that may happen, by weight; empty if none may.
    pub(crate) ingredients: Vec<(Ingredient, u32)>,
    /// The moments to aim at: those of the system, and those of any.
    pub(crate) aims: Vec<Aim>,
    /// The kinds that may appear at all.
    pub(crate) kinds: &'static [FaultKind],
    /// The time from the end of one ingredient to the next.
    pub(crate) gap_ms: (u64, u64),
    /// When the first one begins.
    pub(crate) first_ms: u64,
    /// None begins from here on.
    pub(crate) last_ms: u64,
    /// The length of the storm.
    pub(crate) storm_ms: u64,
    /// One fault stays through the calm phase.
    pub(crate) one_stays: bool,
    /// Convergence is demanded once with no client writing.
    pub(crate) quiet_tail: bool,
    /// Reads are to be served on leases, shortened by this much; so clocks may drift within it and do nothing else.
    pub(crate) drift_max_ppm: Option<u32>,
}

/// One thing that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ingredient {
    /// One fault.
    Single(FaultKind),
    /// Some faults aimed at one moment.
    Burst(Aim),
}

impl Recipe {
    /// The recipe that `seed` draws under `profile`.
    pub(crate) fn draw(seed: Seed, profile: Profile, aims: &[Aim]) -> Recipe {
        let draw = &mut Draw::new(seed, Concern::Recipe);
        // Most runs are short: a run finds its bugs in its first bursts, and a fresh seed is a fresh cluster.
        let storm_ms = match draw.below(8) {
            0..=3 => draw.between(4_000, 8_000),
            4..=6 => draw.between(8_000, 14_000),
            _ => draw.between(14_000, 24_000),
        };
        let drift_max_ppm = draw.one_in(3).then(|| draw.pick(&[1_000, 20_000, 100_000]));
        let mut recipe = Recipe {
            ingredients: Vec::new(),
            aims: with_general(aims),
            kinds: profile.fault_kinds(),
            gap_ms: draw.weighted(&[((20, 300), 3), ((200, 1_200), 5), ((1_000, 4_000), 3)]),
            // Now and then the very first choice of a leader is disturbed.
            first_ms: if draw.one_in(5) { draw.between(0, 400) } else { draw.between(400, 1_500) },
            last_ms: if draw.one_in(3) { storm_ms.saturating_sub(draw.between(500, 2_500)) } else { storm_ms },
            storm_ms,
            one_stays: draw.one_in(6),
            quiet_tail: draw.one_in(2),
            drift_max_ppm,
        };
        recipe.ingredients = match profile {
            Profile::Calm => Vec::new(),
            Profile::Swarm => recipe.swarm(draw),
            Profile::Chaos => {
                recipe.gap_ms = (1_000, 5_000);
                recipe.everything()
            }
            Profile::Disk | Profile::Clock | Profile::Membership => recipe.everything(),
        };
        recipe
    }

    /// The recipe of a storm of the chaos profile that is `storm_ms` long, for the standard workloads.
    pub(crate) fn steady_chaos(storm_ms: u64, aims: &[Aim]) -> Recipe {
        let mut recipe = Recipe {
            ingredients: Vec::new(),
            aims: with_general(aims),
            kinds: Profile::Chaos.fault_kinds(),
            gap_ms: (1_000, 5_000),
            first_ms: 1_000,
            last_ms: storm_ms,
            storm_ms,
            one_stays: false,
            quiet_tail: false,
            drift_max_ppm: None,
        };
        recipe.ingredients = recipe.everything();
        recipe
    }

    /// All that the profile has: singles and bursts about half and half.
    fn everything(&self) -> Vec<(Ingredient, u32)> {
        let (singles, bursts) = (self.singles(), self.bursts());
        let (single_weight, burst_weight) = (bursts.len().max(1) as u32, singles.len().max(1) as u32);
        let singles = singles.into_iter().map(|kind| (Ingredient::Single(kind), single_weight));
        singles.chain(bursts.into_iter().map(|burst| (Ingredient::Burst(burst), burst_weight))).collect()
    }

    /// A few of all there are, each with a weight of its own; once in a while nothing, or everything.
    fn swarm(&self, draw: &mut Draw) -> Vec<(Ingredient, u32)> {
        match draw.below(40) {
            0 => return Vec::new(),
            1..=3 => return self.everything(),
            _ => {}
        }
        let (singles, bursts) = draw.weighted(&[
            ((1, 0), 2),
            ((2, 0), 2),
            ((4, 0), 2),
            ((0, 1), 4),
            ((1, 1), 5),
            ((2, 1), 5),
            ((4, 1), 3),
            ((0, 2), 3),
            ((2, 2), 5),
            ((4, 3), 3),
        ]);
        // A lease makes a difference only to a leader that has lost its followers.
        let tries_leases = usize::from(self.drift_max_ppm.is_some() && draw.one_in(3));
        let mut chosen = Vec::new();
        let mut choose = |from: &[Ingredient], count: usize| {
            for _ in 0..if from.is_empty() { 0 } else { count } {
                let ingredient = draw.pick(from);
                if chosen.iter().all(|(already, _)| *already != ingredient) {
                    chosen.push((ingredient, 1 << draw.below(4)));
                }
            }
        };
        let all: Vec<Ingredient> = self.singles().into_iter().map(Ingredient::Single).collect();
        choose(&all, singles);
        let all: Vec<Ingredient> = self.bursts().into_iter().map(Ingredient::Burst).collect();
        choose(&all, bursts);
        let mut of_leases = all;
        of_leases.retain(|ingredient| matches!(ingredient, Ingredient::Burst(aim) if aim.is_of_leases()));
        choose(&of_leases, tries_leases);
        chosen
    }

    /// True if anything in it calls for faults of this kind.
    pub(crate) fn has(&self, kind: FaultKind) -> bool {
        self.ingredients.iter().any(|(ingredient, _)| match ingredient {
            Ingredient::Single(single) => *single == kind,
            Ingredient::Burst(aim) => aim.needs().contains(&kind),
        })
    }

    fn singles(&self) -> Vec<FaultKind> {
        self.kinds.iter().copied().filter(|kind| self.is_sound(*kind)).collect()
    }

    fn bursts(&self) -> Vec<Aim> {
        let fits = |aim: &Aim| aim.needs().iter().all(|kind| self.kinds.contains(kind) && self.is_sound(*kind));
        self.aims.iter().copied().filter(fits).collect()
    }

    /// True if a correct system keeps its promises under this kind of fault: a lease holds under drift alone.
    fn is_sound(&self, kind: FaultKind) -> bool {
        use FaultKind::{ClockFreeze, ClockJump, ClockSkew};
        self.drift_max_ppm.is_none() || !matches!(kind, ClockSkew | ClockJump | ClockFreeze)
    }
}

/// These aims, and then those of any system; of each name the first.
fn with_general(aims: &[Aim]) -> Vec<Aim> {
    let mut all: Vec<Aim> = Vec::new();
    for aim in aims.iter().chain(aims::GENERAL) {
        if !all.contains(aim) {
            all.push(*aim);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_aims_with_one_name_a_storm_uses_the_first() {
        let own = Aim::new("power-outage", &[FaultKind::Kill], |_| {});
        let again = Aim::new("power-outage", &[FaultKind::Pause], |_| {});
        let all = with_general(&[own, again]);
        assert_eq!(all.len(), aims::GENERAL.len());
        let named: Vec<&Aim> = all.iter().filter(|aim| aim.name() == "power-outage").collect();
        assert_eq!(named[0].needs(), [FaultKind::Kill]);
    }
}
