//! Each item of a list made milder or simpler, as far as it goes.

use sim::Moment;
use sim::Plan;

use super::Pass;

/// The `alternative`-th simpler form of the plan's `item`-th item.
pub(super) enum Form {
    /// The plan with it.
    Plan(Box<Plan>),
    /// The item has no more.
    NoneLeft,
    /// There is no such item.
    NoItem,
}

/// Makes the simpler form of this number of the plan's item of that number.
type Forms<'a> = Box<dyn Fn(&Plan, usize, usize) -> Form + 'a>;

/// Goes through all items of a list, and through all simpler forms of each.
pub(super) struct Milder<'a> {
    name: &'static str,
    form: Forms<'a>,
    item: usize,
    alternative: usize,
}

impl<'a> Milder<'a> {
    /// Its `form` makes the simpler form of this number of the plan's item of that number.
    pub(super) fn new(name: &'static str, form: impl Fn(&Plan, usize, usize) -> Form + 'a) -> Milder<'a> {
        Milder { name, form: Box::new(form), item: 0, alternative: 0 }
    }
}

impl Pass for Milder<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        (self.item, self.alternative) = (0, 0);
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        loop {
            match (self.form)(best, self.item, self.alternative) {
                Form::Plan(plan) => return Some(*plan),
                Form::NoneLeft => (self.item, self.alternative) = (self.item + 1, 0),
                Form::NoItem => return None,
            }
        }
    }

    fn answered(&mut self, accepted: bool) {
        // An item that was made simpler may be made simpler still.
        self.alternative = if accepted { 0 } else { self.alternative + 1 };
    }
}
