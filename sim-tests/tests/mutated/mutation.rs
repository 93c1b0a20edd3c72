//! Damage to inputs, by number.

use env::Random;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// No mutation makes an input longer.
const LEN_MAX: usize = 64 << 10;

/// Numbers at the edges of the ranges of integers, floats and times, as texts have them.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1e999",
    "-0.0",
    "255",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
];

/// The same, as files and messages have them.
const BYTES: [&[u8]; 8] = [
    &[0; 8],
    &[0xff; 4],
    &[0xff; 8],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    &[0xff, 0xff, 0xff, 0x7f],
    &[0, 0, 0, 0, 0, 0, 0, 0x40],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
];

/// Characters that mean something in one format or another.
const MARKS: &[u8] = b"{}[]()\"\\:,;#- \t\r\n\x00\x7f\x80\xff\xe2n0";

/// A stream of randomness.
struct Stream(ChaCha8Rng);

impl Random for Stream {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Stream {
    fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.index(from.len())]
    }

    /// A piece of so many bytes: its beginning and its end. Most are short.
    fn piece(&mut self, len: usize) -> std::ops::Range<usize> {
        let from = self.index(len + 1);
        let longest = if self.below(4) == 0 { len - from } else { (len - from).min(16) };
        from..from + self.index(longest + 1)
    }
}

/// The mutation of that number of one of the inputs.
pub(crate) fn mutated(corpus: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut stream = Stream(ChaCha8Rng::seed_from_u64(number));
    let mut input = corpus[stream.index(corpus.len())].clone();
    for _ in 0..=stream.below(4) {
        let other = &corpus[stream.index(corpus.len())];
        if input.is_empty() || stream.below(2) == 0 {
            damage_bytes(&mut input, other, &mut stream);
        } else {
            damage_text(&mut input, other, &mut stream);
        }
        input.truncate(LEN_MAX);
    }
    input
}

/// Damage as a disk or a network does it.
fn damage_bytes(input: &mut Vec<u8>, other: &[u8], stream: &mut Stream) {
    let piece = stream.piece(input.len());
    match stream.below(8) {
        0 => input.truncate(piece.start),
        1 => drop(input.drain(piece)),
        2 => {
            let twice = input[piece.clone()].to_vec();
            input.splice(piece.start..piece.start, twice);
        }
        3 => input.splice(piece.start.., other[stream.piece(other.len()).start..].to_vec()).for_each(drop),
        4 => {
            let extreme = stream.pick(&BYTES);
            let end = (piece.start + extreme.len()).min(input.len());
            input.splice(piece.start..end, extreme.iter().copied());
        }
        5 => input.insert(piece.start, stream.below(12) as u8),
        6 if piece.start < input.len() => input[piece.start] ^= 1 << stream.below(8),
        _ if piece.start < input.len() => input[piece.start] = stream.next_u64() as u8,
        _ => input.push(stream.next_u64() as u8),
    }
}

/// Damage as an editor or a script does it.
fn damage_text(input: &mut Vec<u8>, other: &[u8], stream: &mut Stream) {
    let at = stream.index(input.len());
    match stream.below(6) {
        0 => input[at] = MARKS[stream.index(MARKS.len())],
        1 => input.insert(at, MARKS[stream.index(MARKS.len())]),
        2 => {
            let is_digit = |byte: &u8| byte.is_ascii_digit();
            let from = at + input[at..].iter().position(is_digit).unwrap_or(0);
            let len = input[from..].iter().take_while(|byte| is_digit(byte)).count();
            input.splice(from..from + len, stream.pick(&NUMBERS).bytes());
        }
        _ => *input = damaged_lines(input, other, stream),
    }
}

/// A line is lost, there twice, in another's place, or from another file.
fn damaged_lines(input: &[u8], other: &[u8], stream: &mut Stream) -> Vec<u8> {
    let split = |text| <[u8]>::split_inclusive(text, |byte| *byte == b'\n').collect::<Vec<&[u8]>>();
    let (mut lines, others) = (split(input), split(other));
    let (one, two) = (stream.index(lines.len()), stream.index(lines.len()));
    match stream.below(4) {
        0 => drop(lines.remove(one)),
        1 => lines.insert(one, lines[two]),
        2 => lines.swap(one, two),
        _ if others.is_empty() => {}
        _ => lines.insert(one, others[stream.index(others.len())]),
    }
    lines.concat()
}
