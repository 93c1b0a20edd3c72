//! Counts and lengths of time, read from text: of an option, an environment variable or a file.

use std::time::Duration;

/// A number from 1 up.
///
/// # Errors
/// In one line: the text, and a value that would be right.
pub fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| format!("'{text}' is no count: give a number from 1 up"))
}

/// A length of time: a whole number with a unit, and of seconds without one. It may be 0.
///
/// # Errors
/// As [`count`].
pub fn time(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit_ms = match &text[unit_at..] {
        "ms" => Some(1),
        "" | "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let count: Option<u64> = text[..unit_at].parse().ok();
    let ms = count.zip(unit_ms).and_then(|(count, unit_ms)| count.checked_mul(unit_ms));
    ms.map(Duration::from_millis).ok_or_else(|| no_time(text))
}

/// A length of time that is not 0.
///
/// # Errors
/// As [`count`].
pub fn time_from_1(text: &str) -> Result<Duration, String> {
    time(text).ok().filter(|time| !time.is_zero()).ok_or_else(|| no_time(text))
}

fn no_time(text: &str) -> String {
    format!("'{text}' is no length of time: give a whole number with ms, s, m or h, such as 60s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        let read = |text| time_from_1(text).map(|time| time.as_millis());
        assert_eq!(read("60s"), Ok(60_000));
        assert_eq!(read("90"), Ok(90_000));
        assert_eq!(read("250ms"), Ok(250));
        assert_eq!(read("2h"), Ok(7_200_000));
        for wrong in ["", "s", "0s", "1.5s", "-1s", "10 s", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert!(time_from_1(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_time_at_all_has_any_unit() {
        for none in ["0", "0s", "0ms"] {
            assert_eq!(time(none), Ok(Duration::ZERO), "{none}");
        }
        assert!(time("none").is_err());
    }
}
