//! The settings of a system, as a plan holds them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::plan::{Plan, Value};

/// The part of a system's configuration that plans decide: it is drawn with the plan, stands in it, and is brought back
/// to its default by the shrinker, one field after the other. A system without any has `()`.
///
/// A plan holds settings as a plain value, so they are read and written by serde. Settings that derive
/// `#[serde(default, deny_unknown_fields)]` may be given in part.
pub trait Settings: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Checks that a node can run with these settings.
    ///
    /// # Errors
    /// The setting that is wrong and a right one, in one line.
    fn check(&self) -> Result<(), String>;

    /// The settings that suit a run with one operation in `n`: an action that a node takes after a number of operations
    /// is taken after an nth of that number. The shrinker tries them together with fewer operations.
    fn for_one_in(&self, _n: u64) -> Self {
        self.clone()
    }
}

impl Settings for () {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The settings that a system has read from a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsRead {
    /// All of them, those that the plan leaves out included; null if the system has none.
    pub all: Value,
    /// Simpler ones that may do as well: each has one field at its default. They are settings that a node can run with, as
    /// are those for fewer operations.
    pub simpler: Vec<Value>,
    /// Those for runs with one operation in so many, the fewest operations first.
    pub for_one_in: Vec<(u64, Value)>,
}

impl SettingsRead {
    /// Reads the settings of a plan: null stands for the defaults.
    ///
    /// # Errors
    /// Why these are no settings of such a system, in one line.
    pub fn of<T: Settings>(given: &Value) -> Result<SettingsRead, String> {
        let settings: T = read(given)?;
        let (all, usual) = (value(&settings), value(&T::default()));
        let mut simpler = Vec::new();
        if let (Value::Object(fields), Value::Object(usual)) = (&all, &usual) {
            let unusual = usual.iter().filter(|(name, value)| fields.get(*name) != Some(value));
            for (name, value) in unusual {
                let mut fields = fields.clone();
                fields.insert(name.clone(), value.clone());
                simpler.push(Value::Object(fields));
            }
            simpler.retain(|fields| read::<T>(fields).is_ok());
        } else if all != usual {
            simpler.push(usual);
        }
        let for_one_in = ONE_IN.iter().map(|n| (*n, settings.for_one_in(*n)));
        let for_one_in = for_one_in.filter(|(_, settings)| settings.check().is_ok());
        let for_one_in = for_one_in.map(|(n, settings)| (n, value(&settings))).collect();
        Ok(SettingsRead { all, simpler, for_one_in })
    }
}

/// The shrinker tries one operation in so many.
const ONE_IN: [u64; 4] = [16, 8, 4, 2];

impl Plan {
    /// The settings of the system, those that the plan leaves out at their defaults.
    ///
    /// # Errors
    /// Why these are no settings of such a system, in one line.
    pub fn settings<T: Settings>(&self) -> Result<T, String> {
        read(&self.settings)
    }

    /// Changes the settings of the system.
    ///
    /// # Panics
    /// If the plan's are no settings of such a system.
    pub fn configure<T: Settings>(&mut self, change: impl FnOnce(&mut T)) {
        let mut settings = self.settings().unwrap_or_else(|why| panic!("the plan's settings: {why}"));
        change(&mut settings);
        self.settings = value(&settings);
    }
}

/// Reads the settings of a plan: null stands for the defaults.
pub(crate) fn read<T: Settings>(settings: &Value) -> Result<T, String> {
    let settings = match settings {
        Value::Null => T::default(),
        _ if value(&T::default()).is_null() => return Err("it has none, leave them out".into()),
        // serde would take an array for the fields of a struct, in their order.
        Value::Array(_) if value(&T::default()).is_object() => {
            return Err("settings are an object, not an array".into());
        }
        given => T::deserialize(given).map_err(|error| error.to_string())?,
    };
    settings.check()?;
    Ok(settings)
}

/// The settings of a plan that is run, and so was checked.
///
/// # Panics
/// If the plan's are no settings of such a system.
pub fn settings_of<T: Settings>(plan: &Plan) -> T {
    plan.settings().expect("the settings of a plan that is run can be read")
}

fn value(settings: &impl Settings) -> Value {
    serde_json::to_value(settings).expect("settings are plain values")
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::plan::Seed;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Shop {
        shelves: u64,
        is_open: bool,
    }

    impl Default for Shop {
        fn default() -> Shop {
            Shop { shelves: 8, is_open: true }
        }
    }

    impl Settings for Shop {
        fn check(&self) -> Result<(), String> {
            match self.shelves {
                0 => Err("shelves is 0: give at least 1".into()),
                1.. if !self.is_open && self.shelves == 8 => Err("a shop of 8 shelves is open".into()),
                _ => Ok(()),
            }
        }

        fn for_one_in(&self, n: u64) -> Shop {
            Shop { shelves: self.shelves / n, ..*self }
        }
    }

    #[test]
    fn settings_that_are_left_out_are_the_defaults() {
        assert_eq!(read(&Value::Null), Ok(Shop::default()));
        assert_eq!(read(&json!({ "shelves": 3 })), Ok(Shop { shelves: 3, is_open: true }));
        assert_eq!(SettingsRead::of::<()>(&Value::Null).map(|read| read.all), Ok(Value::Null));
    }

    #[test]
    fn settings_that_are_wrong_are_refused_in_one_line() {
        let refused = |given| read::<Shop>(&given).expect_err("wrong settings");
        assert_eq!(refused(json!({ "shelves": 0 })), "shelves is 0: give at least 1");
        assert!(refused(json!({ "shelf": 1 })).contains("unknown field `shelf`"));
        assert_eq!(refused(json!([1])), "settings are an object, not an array");
        assert_eq!(read::<()>(&json!({ "shelves": 1 })), Err("it has none, leave them out".into()));
    }

    #[test]
    fn each_unusual_setting_has_a_simpler_form() {
        let read = SettingsRead::of::<Shop>(&json!({ "shelves": 32, "is_open": false })).expect("settings");
        // A closed shop of 8 shelves is none, nor one of no shelves.
        assert_eq!(read.simpler, [json!({ "shelves": 32, "is_open": true })]);
        let sixteenth = SettingsRead::of::<Shop>(&json!({ "shelves": 20, "is_open": true })).expect("settings");
        assert_eq!(sixteenth.simpler, [json!({ "shelves": 8, "is_open": true })]);
        let one_in: Vec<u64> = sixteenth.for_one_in.iter().map(|(n, _)| *n).collect();
        assert_eq!(one_in, [16, 8, 4, 2]);
        assert_eq!(sixteenth.for_one_in[0], (16, json!({ "shelves": 1, "is_open": true })));
        let few = SettingsRead::of::<Shop>(&json!({ "shelves": 3, "is_open": true })).expect("settings");
        assert_eq!(few.for_one_in, [(2, json!({ "shelves": 1, "is_open": true }))]);
        assert_eq!(SettingsRead::of::<Shop>(&Value::Null).expect("settings").simpler, [] as [Value; 0]);
    }

    #[test]
    fn a_plan_is_configured_in_the_words_of_its_system() {
        let mut plan = crate::blank(Seed(1), 3, 1);
        plan.configure(|shop: &mut Shop| shop.shelves = 2);
        plan.configure(|shop: &mut Shop| shop.is_open = false);
        assert_eq!(plan.settings, json!({ "shelves": 2, "is_open": false }));
        assert_eq!(plan.settings(), Ok(Shop { shelves: 2, is_open: false }));
    }
}
