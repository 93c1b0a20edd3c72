//! A reader of foreign bytes, from a wire or from a file.

use super::WireError;

/// Reads a sequence of values; never beyond its end.
///
/// `u32` and `u64` are numbers of fixed width, as files have them; messages have [`varint`](Reader::varint)s.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Stands at the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// True if everything has been read.
    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// How many bytes have been read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Demands that everything has been read.
    pub fn finish(&self, what: &'static str) -> Result<(), WireError> {
        if self.is_empty() { Ok(()) } else { Err(WireError::Trailing { at: self.at, what }) }
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], WireError> {
        let taken = self.bytes[self.at..].get(..len).ok_or(WireError::Truncated { at: self.at, what })?;
        self.at += len;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        let array = self.bytes[self.at..].first_chunk::<N>().ok_or(WireError::Truncated { at: self.at, what })?;
        self.at += N;
        Ok(*array)
    }

    /// One byte.
    #[inline]
    pub fn u8(&mut self, what: &'static str) -> Result<u8, WireError> {
        let byte = *self.bytes.get(self.at).ok_or(WireError::Truncated { at: self.at, what })?;
        self.at += 1;
        Ok(byte)
    }

    /// Four bytes, the lowest first.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, WireError> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// Eight bytes, the lowest first.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, WireError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A number of variable length: seven bits a byte, the lowest first, and the eighth bit set in all but the last
    /// byte. Only the shortest form is taken.
    #[inline]
    pub fn varint(&mut self, what: &'static str) -> Result<u64, WireError> {
        let at = self.at;
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = *self.bytes.get(self.at).ok_or(WireError::Truncated { at, what })?;
            self.at += 1;
            // The tenth byte has room for one bit of 64; a last byte of zero adds nothing to those before it.
            if (shift == 63 && byte > 1) || (byte == 0 && shift > 0) {
                return Err(WireError::Invalid { at, what });
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    /// The number of items that follow, each of at least `bytes_each_min` bytes. A number that the bytes left cannot
    /// hold is refused, before anything is allocated for it.
    pub fn item_count(&mut self, bytes_each_min: usize, what: &'static str) -> Result<usize, WireError> {
        let at = self.at;
        let count = self.varint(what)?;
        let count_max = (self.bytes.len() - self.at) / bytes_each_min;
        usize::try_from(count).ok().filter(|count| *count <= count_max).ok_or(WireError::Truncated { at, what })
    }

    /// Bytes with their number in front, as a varint.
    pub fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.item_count(1, what)?;
        self.take(len, what)
    }
}
