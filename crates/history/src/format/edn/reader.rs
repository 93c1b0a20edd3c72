//! The bytes of a form: spaces, comments, atoms, strings, and forms that are passed over.

use std::borrow::Cow;

/// Brackets may nest so deep.
pub(in super::super) const DEPTH_MAX: usize = 64;

/// The reason why a form cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Stop {
    /// The text ends within it.
    More,
    /// There is something wrong at this byte.
    Bad { at: usize, found: String },
}

/// A place in a text.
pub(in super::super) struct Reader<'a> {
    text: &'a str,
    /// True if nothing comes after the text.
    is_whole: bool,
    at: usize,
}

/// The form that a `#` begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    /// A tag, which has been passed: its form comes next.
    Tag,
    /// A set, or another form with a bracket or a quote, which comes next.
    Prefix,
    /// `#_`: the next form is discarded.
    Discard,
    /// A number such as `##NaN`, which has been passed.
    Number,
}

/// The role of a byte between forms and in an atom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    /// It ends an atom and begins something else.
    Mark,
    /// It is part of an atom. So are a quote and a `#` within one.
    Atom,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Atom; 256];
    let (spaces, marks) = (*b" ,\t\n\r\x0b\x0c", *b"()[]{}\";");
    let mut place = 0;
    while place < spaces.len() {
        classes[spaces[place] as usize] = Class::Space;
        place += 1;
    }
    place = 0;
    while place < marks.len() {
        classes[marks[place] as usize] = Class::Mark;
        place += 1;
    }
    classes
};

fn ends_atom(byte: u8) -> bool {
    CLASSES[usize::from(byte)] != Class::Atom
}

fn is_space(byte: u8) -> bool {
    CLASSES[usize::from(byte)] == Class::Space
}

impl<'a> Reader<'a> {
    pub(in super::super) fn new(text: &'a str, is_whole: bool) -> Reader<'a> {
        Reader { text, is_whole, at: 0 }
    }

    /// The number of bytes before this place.
    pub(in super::super) fn at(&self) -> usize {
        self.at
    }

    pub(in super::super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The text between an earlier place and this one.
    pub(super) fn since(&self, begin: usize) -> &'a str {
        &self.text[begin..self.at]
    }

    /// The next byte, which there is unless the text ends here.
    pub(super) fn peek(&self) -> Result<u8, Stop> {
        self.text.as_bytes().get(self.at).copied().ok_or(Stop::More)
    }

    /// Passes one byte of ASCII.
    pub(super) fn pass(&mut self) {
        self.at += 1;
    }

    pub(super) fn bad<T>(&self, at: usize, found: impl Into<String>) -> Result<T, Stop> {
        Err(Stop::Bad { at, found: found.into() })
    }

    /// Passes spaces, comments, and forms that are discarded by `#_`.
    pub(in super::super) fn space(&mut self) -> Result<(), Stop> {
        loop {
            match self.peek()? {
                byte if is_space(byte) => self.pass(),
                b';' => self.comment()?,
                b'#' => match self.text.as_bytes().get(self.at + 1) {
                    Some(b'_') => {
                        self.at += 2;
                        self.skip()?;
                    }
                    Some(_) => return Ok(()),
                    None => return Err(Stop::More),
                },
                _ => return Ok(()),
            }
        }
    }

    /// The word that begins here: a number, a symbol, or the name after a colon. It may be empty.
    pub(super) fn atom(&mut self) -> Result<&'a str, Stop> {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() && !ends_atom(bytes[self.at]) {
            self.at += 1;
        }
        if self.at == bytes.len() && !self.is_whole {
            return Err(Stop::More);
        }
        Ok(&self.text[begin..self.at])
    }

    /// The string that begins here with a quote.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        let begin = self.at + 1;
        let bytes = self.text.as_bytes();
        let Some(len) = memchr::memchr2(b'"', b'\\', &bytes[begin..]) else { return Err(Stop::More) };
        self.at = begin + len;
        if bytes[self.at] == b'"' {
            self.pass();
            return Ok(Cow::Borrowed(&self.text[begin..begin + len]));
        }
        let mut string = self.text[begin..self.at].to_string();
        loop {
            let rest = self.rest();
            let Some(len) = memchr::memchr2(b'"', b'\\', rest.as_bytes()) else { return Err(Stop::More) };
            string.push_str(&rest[..len]);
            self.at += len + 1;
            if rest.as_bytes()[len] == b'"' {
                return Ok(Cow::Owned(string));
            }
            string.push(self.escape()?);
        }
    }

    /// The character that an escape stands for, after its backslash.
    fn escape(&mut self) -> Result<char, Stop> {
        let at = self.at - 1;
        let letter = self.peek()?;
        if !letter.is_ascii() {
            return self.bad(at, "an unknown escape in a string");
        }
        self.pass();
        Ok(match letter {
            b't' => '\t',
            b'r' => '\r',
            b'n' => '\n',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'\\' | b'"' | b'\'' => char::from(letter),
            b'u' => return self.utf_16(at),
            _ => return self.bad(at, "an unknown escape in a string"),
        })
    }

    /// The character of four hexadecimal digits, or of a pair of them.
    fn utf_16(&mut self, at: usize) -> Result<char, Stop> {
        let unit = self.hexadecimal(at)?;
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit).map_or_else(|| self.bad(at, "half a character in a string"), Ok);
        }
        if self.rest().len() < 2 {
            return Err(Stop::More);
        }
        if !self.rest().starts_with("\\u") {
            return self.bad(at, "half a character in a string");
        }
        self.at += 2;
        let low = self.hexadecimal(at)?;
        match char::decode_utf16([unit as u16, low as u16]).next() {
            Some(Ok(char)) if low <= u32::from(u16::MAX) => Ok(char),
            _ => self.bad(at, "half a character in a string"),
        }
    }

    fn hexadecimal(&mut self, at: usize) -> Result<u32, Stop> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.peek()?).to_digit(16) else {
                return self.bad(at, "an unknown escape in a string");
            };
            unit = unit * 16 + digit;
            self.pass();
        }
        Ok(unit)
    }

    /// Passes the next form, of any type, without reading its content.
    pub(super) fn skip(&mut self) -> Result<(), Stop> {
        let mut open = [0; DEPTH_MAX];
        let (mut depth, mut wanted) = (0, 1_usize);
        while wanted > 0 {
            let byte = self.peek()?;
            match byte {
                _ if is_space(byte) => self.pass(),
                b';' => self.comment()?,
                b'"' => {
                    self.skip_string()?;
                    wanted -= usize::from(depth == 0);
                }
                b'(' | b'[' | b'{' => {
                    let close = if byte == b'(' { b')' } else { byte + 2 };
                    let Some(place) = open.get_mut(depth) else { return self.too_deep() };
                    (*place, depth) = (close, depth + 1);
                    self.pass();
                }
                b')' | b']' | b'}' => {
                    if depth == 0 || open[depth - 1] != byte {
                        return self.bad(self.at, format!("a '{}' that closes nothing", char::from(byte)));
                    }
                    depth -= 1;
                    self.pass();
                    wanted -= usize::from(depth == 0);
                }
                b'#' => match self.hash()? {
                    Hash::Tag | Hash::Prefix => {}
                    Hash::Discard => wanted += usize::from(depth == 0),
                    Hash::Number => wanted -= usize::from(depth == 0),
                },
                b'\\' => {
                    self.character()?;
                    wanted -= usize::from(depth == 0);
                }
                _ => {
                    self.atom()?;
                    wanted -= usize::from(depth == 0);
                }
            }
        }
        Ok(())
    }

    /// Passes a `#` and the word after it.
    pub(super) fn hash(&mut self) -> Result<Hash, Stop> {
        self.pass();
        let at = self.at;
        match self.peek()? {
            b'_' => {
                self.pass();
                Ok(Hash::Discard)
            }
            b'{' | b'(' | b'[' | b'"' => Ok(Hash::Prefix),
            b'#' => self.atom().map(|_| Hash::Number),
            _ => match self.atom()? {
                tag if tag.is_empty() || tag.starts_with('/') => self.bad(at, "a malformed tag"),
                _ => Ok(Hash::Tag),
            },
        }
    }

    pub(super) fn too_deep<T>(&self) -> Result<T, Stop> {
        self.bad(self.at, format!("brackets that nest deeper than {DEPTH_MAX}"))
    }

    /// Passes a character, such as `\a`, `\newline` or `\(`.
    pub(super) fn character(&mut self) -> Result<(), Stop> {
        self.pass();
        let Some(char) = self.rest().chars().next() else { return Err(Stop::More) };
        self.at += char.len_utf8();
        self.atom().map(|_| ())
    }

    fn skip_string(&mut self) -> Result<(), Stop> {
        self.pass();
        loop {
            let rest = self.rest().as_bytes();
            let Some(len) = memchr::memchr2(b'"', b'\\', rest) else { return Err(Stop::More) };
            self.at += len + 1;
            if rest[len] == b'"' {
                return Ok(());
            }
            let Some(escaped) = self.rest().chars().next() else { return Err(Stop::More) };
            self.at += escaped.len_utf8();
        }
    }

    fn comment(&mut self) -> Result<(), Stop> {
        match memchr::memchr(b'\n', self.rest().as_bytes()) {
            Some(len) => {
                self.at += len + 1;
                Ok(())
            }
            None if self.is_whole => {
                self.at = self.text.len();
                Ok(())
            }
            None => Err(Stop::More),
        }
    }
}
