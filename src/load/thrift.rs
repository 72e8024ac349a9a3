//! Just enough of Thrift's compact protocol to look into a Parquet file before the library does.
//!
//! In: bytes. Out: the whole numbers of a struct's fields, and where the struct ends; none where
//! the bytes are no such struct. It holds nothing but its place, and goes no deeper than
//! [`DEEPEST`].

/// Structs and lists within one another.
const DEEPEST: usize = 32;

/// What kind of value follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// True or false in the kind itself.
    Bool,
    Byte,
    /// 16, 32 or 64 bits.
    Whole,
    Double,
    /// Bytes or text.
    Binary,
    List,
    Map,
    Struct,
}

impl Kind {
    fn of(code: u8) -> Option<Kind> {
        Some(match code {
            1 | 2 => Kind::Bool,
            3 => Kind::Byte,
            4..=6 => Kind::Whole,
            7 => Kind::Double,
            8 => Kind::Binary,
            9 | 10 => Kind::List,
            11 => Kind::Map,
            12 => Kind::Struct,
            _ => return None,
        })
    }
}

/// A place in some bytes.
#[derive(Debug, Clone, Copy)]
pub struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Walk { bytes, at: 0 }
    }
    /// Bytes behind.
    pub fn at(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn pass(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A whole number of any width.
    pub fn whole(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// The head of the next field of a struct: its number and kind; an inner none where the struct
    /// ends.
    pub fn field(&mut self, before: i16) -> Option<Option<(i16, Kind)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let number = match head >> 4 {
            0 => i16::try_from(self.whole()?).ok()?,
            step => before.checked_add(i16::from(step))?,
        };
        Some(Some((number, Kind::of(head & 0x0f)?)))
    }

    /// The head of a list: how many values of which kind. There are no more than bytes left.
    pub fn list(&mut self) -> Option<(usize, Kind)> {
        let head = self.byte()?;
        let values = match head >> 4 {
            15 => usize::try_from(self.unsigned()?).ok()?,
            few => usize::from(few),
        };
        (values <= self.bytes.len() - self.at).then_some((values, Kind::of(head & 0x0f)?))
    }

    /// Passes a value of a field.
    pub fn skip(&mut self, kind: Kind) -> Option<()> {
        // The value of a field that is true or false is its kind.
        if kind == Kind::Bool { Some(()) } else { self.value(kind, DEEPEST) }
    }

    fn value(&mut self, kind: Kind, deeper: usize) -> Option<()> {
        let deeper = deeper.checked_sub(1)?;
        match kind {
            Kind::Bool | Kind::Byte => self.pass(1),
            Kind::Whole => self.unsigned().map(|_| ()),
            Kind::Double => self.pass(8),
            Kind::Binary => self.unsigned().and_then(|bytes| self.pass(usize::try_from(bytes).ok()?)),
            Kind::List => {
                let (values, kind) = self.list()?;
                (0..values).try_for_each(|_| self.value(kind, deeper))
            }
            Kind::Map => self.map(deeper),
            Kind::Struct => {
                let mut number = 0;
                while let Some((next, kind)) = self.field(number)? {
                    number = next;
                    if kind != Kind::Bool {
                        self.value(kind, deeper)?;
                    }
                }
                Some(())
            }
        }
    }

    fn map(&mut self, deeper: usize) -> Option<()> {
        let pairs = self.unsigned()?;
        if pairs == 0 {
            return Some(());
        }
        let kinds = self.byte()?;
        let (key, value) = (Kind::of(kinds >> 4)?, Kind::of(kinds & 0x0f)?);
        if pairs > (self.bytes.len() - self.at) as u64 {
            return None;
        }
        (0..pairs).try_for_each(|_| {
            self.value(key, deeper)?;
            self.value(value, deeper)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Thrift's own description of the compact protocol.
    #[test]
    fn whole_numbers_go_back_and_forth_around_zero() {
        for (bytes, number) in [(&[0u8][..], 0), (&[1], -1), (&[2], 1), (&[0xac, 0x02], 150), (&[0x9f, 0x03], -208)] {
            assert_eq!(Walk::new(bytes).whole(), Some(number));
        }
        assert_eq!(Walk::new(&[0x80]).whole(), None);
        assert_eq!(Walk::new(&[0xff; 11]).whole(), None);
    }

    #[test]
    fn a_struct_is_passed_to_its_end() {
        // 1: 150, 3: "ab", 4: [1, -1], 5: {1: true}, and a byte that is no part of it.
        let bytes = [0x15, 0xac, 0x02, 0x28, 0x02, b'a', b'b', 0x19, 0x25, 0x02, 0x01, 0x1c, 0x11, 0x00, 0x00, 0x77];
        let mut walk = Walk::new(&bytes);
        assert_eq!(walk.skip(Kind::Struct), Some(()));
        assert_eq!(walk.at(), bytes.len() - 1);
    }

    #[test]
    fn what_is_longer_than_the_bytes_or_too_deep_is_refused() {
        // A list that says it has two thousand million numbers.
        assert_eq!(Walk::new(&[0xf5, 0xff, 0xff, 0xff, 0xff, 0x07, 0x02]).list(), None);
        assert_eq!(Walk::new(&[0x18, 0x7f, b'a']).skip(Kind::Struct), None);
        assert_eq!(Walk::new(&[0x1c; 1000]).skip(Kind::Struct), None);
        assert_eq!(Walk::new(&[0x1c, 0x1c, 0x00, 0x00, 0x00]).skip(Kind::Struct), Some(()));
    }
}
