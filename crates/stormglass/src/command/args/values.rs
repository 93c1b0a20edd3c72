//! Values of options, read from text.

use ::env::Bytes;
use clap_complete::Shell;
use explore::values::time_from_1;
use history::linearizability::Start;
use sim::{Engine, Profile, Seed, Standard, SubjectId};

use super::ModelArg;

/// As many threads as were asked for, or as there are processors.
pub(super) fn threads(asked: Option<u64>) -> usize {
    match asked {
        Some(jobs) => usize::try_from(jobs).unwrap_or(usize::MAX),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    }
}

pub(super) fn seed(text: &str) -> Result<Seed, String> {
    text.parse().map_err(|error: sim::SeedError| error.to_string())
}

pub(super) fn system(text: &str) -> Result<SubjectId, String> {
    text.parse().map_err(|error: sim::SubjectIdError| error.to_string())
}

pub(super) fn profile(text: &str) -> Result<Profile, String> {
    text.parse().map_err(|error: sim::ProfileError| error.to_string())
}

pub(super) fn standard(text: &str) -> Result<Standard, String> {
    text.parse().map_err(|error: sim::StandardError| error.to_string())
}

pub(super) fn engine(text: &str) -> Result<Engine, String> {
    text.parse().map_err(|error: sim::EngineError| error.to_string())
}

#[cfg(feature = "tracing")]
pub(super) fn log_level(text: &str) -> Result<sim::LogLevel, String> {
    text.parse().map_err(|error: sim::LogLevelError| error.to_string())
}

/// The name of a bug of some system: which there are depends on the system.
pub(super) fn bug(text: &str) -> Result<String, String> {
    let id = format!("system with {text}").parse::<SubjectId>();
    id.map(|_| text.into()).map_err(|_| format!("'{text}' is no name of a bug: `fuzz --list` names them all"))
}

pub(super) fn shell(text: &str) -> Result<Shell, String> {
    text.parse().map_err(|_| format!("'{text}' is no shell: give bash, elvish, fish, powershell or zsh"))
}

pub(super) fn model(text: &str) -> Result<ModelArg, String> {
    let named = ModelArg::ALL.into_iter().find(|model| model.name() == text);
    named.ok_or_else(|| format!("'{text}' is no model: give register, kv or mutex"))
}

/// The value that a history begins with: `nil` or `null` for none, `any` if it is unknown. A string in double quotes,
/// as JSON has them, is any text.
pub(super) fn initial(text: &str) -> Result<Start<Option<Bytes>>, String> {
    Ok(match text {
        "any" => Start::Anywhere,
        "nil" | "null" => Start::At(None),
        quoted if quoted.starts_with('"') => {
            let text: String = serde_json::from_str(quoted)
                .map_err(|_| format!("'{quoted}' is no text in double quotes: give one such as \"nil\""))?;
            Start::At(Some(Bytes::from(&*text)))
        }
        value => Start::At(Some(Bytes::from(&*number(value).unwrap_or_else(|| value.into())))),
    })
}

/// A number with a point or an exponent as histories are read: `1.0` is `1`.
fn number(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let is_integer = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    let shown = if is_integer { format!("{:.0}", number + 0.0) } else { format!("{number:?}") };
    text.contains(['.', 'e', 'E']).then_some(shown)
}

pub(super) fn nodes(text: &str) -> Result<u8, String> {
    let count = text.parse().ok().filter(|count| (1..=63).contains(count));
    count.ok_or_else(|| format!("'{text}' is no size for a cluster: give 1 to 63"))
}

/// A length of time that is a whole number of seconds.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let ms = time_from_1(text)?.as_millis();
    let seconds = (ms % 1_000 == 0).then(|| u64::try_from(ms / 1_000).ok()).flatten();
    seconds.ok_or_else(|| format!("'{text}' is no whole number of seconds: give one such as 60s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_as_any_length_of_time_and_have_to_be_whole() {
        assert_eq!(seconds("60"), Ok(60));
        assert_eq!(seconds("60s"), Ok(60));
        assert_eq!(seconds("2m"), Ok(120));
        assert_eq!(seconds("3000ms"), Ok(3));
        for wrong in ["500ms", "0", "a minute"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_first_value_is_read_as_histories_are() {
        let read = |text| initial(text).expect("a value");
        let at = |value: &str| Start::At(Some(Bytes::from(value)));
        assert_eq!([read("1.0"), read("1"), read("1e3"), read("1.50")], [at("1"), at("1"), at("1000"), at("1.5")]);
        assert_eq!([read("a b"), read("1.2.3"), read("infinity")], [at("a b"), at("1.2.3"), at("infinity")]);
        assert_eq!([read("nil"), read("any")], [Start::At(None), Start::Anywhere]);
        assert_eq!([read("\"nil\""), read("\"\""), read("\"a\\n\"")], [at("nil"), at(""), at("a\n")]);
        assert!(initial("\"nil").is_err());
    }
}
