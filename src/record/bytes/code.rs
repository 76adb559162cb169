//! Numbers as bytes. One trait for both directions, so that a layout is written once and cannot read what it does not write.
//! Knows no table.

use super::BytesError;
use crate::record::{POSTING_KINDS, PostingKind, Sku};
use crate::units::{Id, Money, Rate, SimTime};
use crate::world::{CellId, EventKind, PriceKind};

/// A stream of numbers, being written or being read.
pub trait Coder {
    /// Passes a number: a writer writes `value` and gives it back; a reader gives the one that stands there. 1 to 19 bytes.
    fn word(&mut self, value: u128) -> Result<u128, BytesError>;

    /// Passes eight bytes as they are: for floating-point numbers, whose bits do not shrink.
    fn bits(&mut self, value: u64) -> Result<u64, BytesError>;

    /// Passes the number of rows of a table, each of at least `least` bytes: a reader refuses more than what is left can hold.
    fn rows(&mut self, len: usize, least: usize) -> Result<usize, BytesError>;

    /// Passes a number that is near `guess`, as their difference in two's complement: small either way, and exact at all extremes.
    fn near(&mut self, value: u128, guess: u128) -> Result<u128, BytesError> {
        let off = value.wrapping_sub(guess) as i128;
        let off = self.word(((off << 1) ^ (off >> 127)) as u128)?;
        Ok(guess.wrapping_add(((off >> 1) as i128 ^ -((off & 1) as i128)) as u128))
    }
}

/// Writes.
#[derive(Default)]
pub struct Writer {
    /// So far.
    pub bytes: Vec<u8>,
}

impl Coder for Writer {
    fn word(&mut self, value: u128) -> Result<u128, BytesError> {
        let mut rest = value;
        while 0x80 <= rest {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
        Ok(value)
    }

    fn bits(&mut self, value: u64) -> Result<u64, BytesError> {
        self.bytes.extend(value.to_le_bytes());
        Ok(value)
    }

    fn rows(&mut self, len: usize, _least: usize) -> Result<usize, BytesError> {
        self.word(len as u128)?;
        Ok(len)
    }
}

/// Reads.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// From the first byte.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), BytesError> {
        if self.rest.is_empty() { Ok(()) } else { Err(BytesError::Damaged("something follows its end")) }
    }
}

impl Coder for Reader<'_> {
    fn word(&mut self, _value: u128) -> Result<u128, BytesError> {
        let mut word = 0u128;
        for shift in (0..u128::BITS).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(BytesError::Damaged("it ends inside a number"))?;
            self.rest = rest;
            let part = u128::from(byte & 0x7f);
            if (part << shift) >> shift != part {
                break;
            }
            word |= part << shift;
            if byte < 0x80 {
                return Ok(word);
            }
        }
        Err(BytesError::Damaged("a number of more than 128 bits"))
    }

    fn bits(&mut self, _value: u64) -> Result<u64, BytesError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(BytesError::Damaged("it ends inside a number"))?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    fn rows(&mut self, _len: usize, least: usize) -> Result<usize, BytesError> {
        let len = self.word(0)?;
        if self.rest.len() as u128 / (least.max(1) as u128) < len {
            return Err(BytesError::Damaged("more rows than bytes"));
        }
        Ok(len as usize)
    }
}

/// A field that travels as a number: any integer, identifier or choice.
pub trait Field: Copy {
    /// As 128 bits, signed numbers in two's complement.
    fn into_word(self) -> u128;
    /// Back; None: no value of this kind.
    fn from_word(word: u128) -> Option<Self>;
}

macro_rules! integer_field {
    ($($kind:ty),*) => {$(
        impl Field for $kind {
            fn into_word(self) -> u128 {
                self as i128 as u128
            }
            fn from_word(word: u128) -> Option<Self> {
                <$kind>::try_from(word as i128).ok()
            }
        }
    )*};
}
integer_field!(u8, u16, u32, u64, i64, i128);

impl Field for u128 {
    fn into_word(self) -> u128 {
        self
    }
    fn from_word(word: u128) -> Option<Self> {
        Some(word)
    }
}

impl Field for bool {
    fn into_word(self) -> u128 {
        u128::from(self)
    }
    fn from_word(word: u128) -> Option<Self> {
        [false, true].get(usize::try_from(word).ok()?).copied()
    }
}

impl Field for SimTime {
    fn into_word(self) -> u128 {
        u128::from(self.0)
    }
    fn from_word(word: u128) -> Option<Self> {
        Some(SimTime(u64::from_word(word)?))
    }
}

impl Field for Money {
    fn into_word(self) -> u128 {
        self.0 as u128
    }
    fn from_word(word: u128) -> Option<Self> {
        Some(Money(word as i128))
    }
}

impl Field for Rate {
    fn into_word(self) -> u128 {
        self.0.into_word()
    }
    fn from_word(word: u128) -> Option<Self> {
        Some(Rate(i64::from_word(word)?))
    }
}

impl<T> Field for Id<T> {
    fn into_word(self) -> u128 {
        self.index() as u128
    }
    fn from_word(word: u128) -> Option<Self> {
        Some(Id::new(u32::from_word(word)? as usize))
    }
}

/// What may be missing: 0, or one more than the value. For fields below 2^127.
macro_rules! option_field {
    ($($kind:ty),*) => {$(
        impl Field for Option<$kind> {
            fn into_word(self) -> u128 {
                self.map_or(0, |value| value.into_word() + 1)
            }
            fn from_word(word: u128) -> Option<Self> {
                match word.checked_sub(1) {
                    None => Some(None),
                    Some(word) => <$kind>::from_word(word).map(Some),
                }
            }
        }
    )*};
}
option_field!(SimTime, CellId, PriceKind);

/// A choice travels as its place in the list of all.
macro_rules! choice_field {
    ($kind:ty, $all:expr) => {
        impl Field for $kind {
            fn into_word(self) -> u128 {
                $all.iter().position(|one| *one == self).expect("every choice is listed") as u128
            }
            fn from_word(word: u128) -> Option<Self> {
                $all.get(usize::try_from(word).ok()?).copied()
            }
        }
    };
}
choice_field!(PostingKind, POSTING_KINDS);
choice_field!(PriceKind, PRICE_KINDS);
choice_field!(EventKind, EVENT_KINDS);

const PRICE_KINDS: [PriceKind; 6] = [
    PriceKind::OnDemand,
    PriceKind::Committed,
    PriceKind::CapacityBlock,
    PriceKind::Contract,
    PriceKind::Free,
    PriceKind::Spot,
];

const EVENT_KINDS: [EventKind; 21] = [
    EventKind::Delivery,
    EventKind::Retirement,
    EventKind::DeliveryCancelled,
    EventKind::Price,
    EventKind::ContractPrice,
    EventKind::PowerPrice,
    EventKind::FacilityRate,
    EventKind::OperationsRate,
    EventKind::ChipCost,
    EventKind::Guaranteed,
    EventKind::Reserved,
    EventKind::SiteMw,
    EventKind::Volume,
    EventKind::ContractStart,
    EventKind::ContractEnd,
    EventKind::Decide,
    EventKind::Marker,
    EventKind::Borrowable,
    EventKind::SpotChips,
    EventKind::BlockChips,
    EventKind::BlockBought,
];

/// A choice and its two numbers.
impl Field for Sku {
    fn into_word(self) -> u128 {
        let (choice, first, second) = match self {
            Sku::Cell(cell) => (0, cell.index(), 0),
            Sku::Pool(pool) => (1, pool.index(), 0),
            Sku::Share(pool, tenant) => (2, pool.index(), tenant.index() as u32),
            Sku::Delivery(pool, n) => (3, pool.index(), n),
            Sku::Period(contract, n) => (4, contract.index(), n),
            Sku::Tranche(investment, n) => (5, investment.index(), n),
            Sku::Block(pool, n) => (6, pool.index(), n),
        };
        choice + 7 * (first as u128 + (u128::from(second) << 32))
    }
    fn from_word(word: u128) -> Option<Self> {
        let numbers = u64::from_word(word / 7)?;
        let (first, second) = (numbers as u32 as usize, (numbers >> 32) as u32);
        Some(match word % 7 {
            0 if second == 0 => Sku::Cell(Id::new(first)),
            1 if second == 0 => Sku::Pool(Id::new(first)),
            2 => Sku::Share(Id::new(first), Id::new(second as usize)),
            3 => Sku::Delivery(Id::new(first), second),
            4 => Sku::Period(Id::new(first), second),
            5 => Sku::Tranche(Id::new(first), second),
            6 => Sku::Block(Id::new(first), second),
            _ => return None,
        })
    }
}

/// A column of a table: for each row in order, `field` of it near what `guess` makes of the rows before and of the columns before.
pub fn column<C: Coder, Row, F: Field>(
    code: &mut C,
    rows: &mut [Row],
    field: impl Fn(&mut Row) -> &mut F,
    mut guess: impl FnMut(&[Row], usize) -> u128,
) -> Result<(), BytesError> {
    for at in 0..rows.len() {
        let near = guess(rows, at);
        let cell = field(&mut rows[at]);
        let word = code.near(cell.into_word(), near)?;
        *cell = F::from_word(word).ok_or(BytesError::Damaged("a number out of its range"))?;
    }
    Ok(())
}
