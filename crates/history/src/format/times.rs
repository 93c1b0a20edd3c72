//! The times of lines, in nanoseconds of a clock that all lines share.

use super::Format;
use super::error::{Problem, unexpected};
use super::fields::{Fields, Raw, Role};

/// Ranks of fields by the unit that their names say. Jepsen's `:time` is in nanoseconds.
pub(super) const MILLISECONDS: u8 = 1;
pub(super) const MICROSECONDS: u8 = 2;
pub(super) const UNKNOWN: u8 = 3;
pub(super) const NANOSECONDS: u8 = 4;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// How a text tells its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In whole numbers.
    Whole,
    /// With fractions; a whole number among them is in the same unit.
    Fractions,
    /// As dates.
    Dates,
}

/// Reads the times of one text.
#[derive(Default)]
pub(super) struct Times {
    /// `None` before the first.
    form: Option<Form>,
}

impl Times {
    /// Nanoseconds, if the field is there.
    pub(super) fn nanos(&mut self, raw: &Raw<'_>, rank: u8, format: Format) -> Result<Option<u64>, Problem> {
        let scale = match rank {
            MILLISECONDS => 1_000_000,
            MICROSECONDS => 1_000,
            _ => 1,
        };
        // A fraction without a unit is of seconds.
        let fraction_scale = if matches!(rank, Fields::NAMED | UNKNOWN) { NANOS_PER_SECOND } else { scale };
        let (form, nanos) = match raw {
            Raw::Missing | Raw::Nil => return Ok(None),
            Raw::Integer { is_negative: false, magnitude } if self.form == Some(Form::Fractions) => {
                (Form::Fractions, Some((*magnitude as f64 * fraction_scale as f64) as u64))
            }
            Raw::Integer { is_negative: false, magnitude } => (Form::Whole, magnitude.checked_mul(scale)),
            Raw::Float(float) if *float >= 0.0 => (Form::Fractions, Some((float * fraction_scale as f64) as u64)),
            Raw::Text(date) => (Form::Dates, of_date(date)),
            _ => (Form::Whole, None),
        };
        match nanos {
            Some(nanos) if *self.form.get_or_insert(form) == form => Ok(Some(nanos)),
            _ => {
                let expected = match self.form {
                    Some(Form::Fractions) => "a time with a fraction, as before, in",
                    Some(Form::Dates) => "a date, as before, in",
                    Some(Form::Whole) | None => "nanoseconds in",
                };
                Err(unexpected(format_args!("{expected} {}", format.field(Role::Time)), format.shown(raw)))
            }
        }
    }
}

/// Nanoseconds since 1970 of a date such as `2024-01-06T15:07:52.664Z`, in UTC if it names no other zone.
fn of_date(date: &str) -> Option<u64> {
    let (day, time) = date.split_once(['T', ' '])?;
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone);
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, ""));
    let mut parts = time.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day) && (1970..10_000).contains(&year);
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    if !is_date || !is_time || fraction.len() > 9 {
        return None;
    }
    let nanos = if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").parse::<u64>().ok()? };
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute - zone_minutes(zone)?) * 60 + second;
    u64::try_from(seconds).ok()?.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos)
}

/// The minutes that a zone such as `+02:00` is ahead of UTC.
fn zone_minutes(zone: &str) -> Option<i64> {
    let Some(digits) = zone.strip_prefix(['+', '-']) else { return matches!(zone, "" | "Z").then_some(0) };
    let (hours, minutes) = digits.split_once(':').or_else(|| digits.split_at_checked(2)).unwrap_or((digits, "0"));
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    if !(0..24).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    let minutes = hours * 60 + minutes;
    Some(if zone.starts_with('-') { -minutes } else { minutes })
}

/// The days from 1970 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, so that a leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_nanoseconds_since_1970() {
        assert_eq!(of_date("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(of_date("2024-02-29T23:59:59.000000001Z"), Some(1_709_251_199_000_000_001));
        assert_eq!(of_date("2024-01-06 15:07:52,664"), Some(1_704_553_672_664_000_000));
        assert_eq!(of_date("2024-01-06T17:07:52.664+02:00"), Some(1_704_553_672_664_000_000));
        assert_eq!(of_date("2024-01-06T10:37:52.664-0430"), Some(1_704_553_672_664_000_000));
    }

    #[test]
    fn no_other_text_is_a_date() {
        for text in [
            "",
            "1",
            "2024-01-06",
            "2024-13-06T00:00:00Z",
            "2024-01-06T25:00:00Z",
            "x-y-zT1:2:3",
            "1969-01-01T00:00:00Z",
            "9999-01-01T00:00:00Z",
            "2024-01-06T10:37:52+9223372036854775807:00",
        ] {
            assert_eq!(of_date(text), None, "{text}");
        }
        assert_eq!(of_date("2024-01-06T10:37:52.664-é"), None);
    }
}
