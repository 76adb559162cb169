//! A record as bytes and back, without loss: a numbered layout of columns, packed as variable-length integers and deflated.
//! Reads no file and checks no meaning; bytes that were cut or changed are an error, never a panic.
//!
//! The layout is written once, for both directions (see `code`); `tables` lays out counters, `lines` money and meters.

mod code;
mod lines;
mod tables;

use super::model::RunRecord;
use code::{Coder, Reader, Writer};
use flate2::{Compression, bufread::DeflateDecoder, write::DeflateEncoder};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// First bytes of every record.
const MAGIC: [u8; 4] = *b"HdgR";
/// Number of the layout; a reader knows one.
pub const SCHEMA: u8 = 8;
/// Bytes of the checksum of what follows it.
const CHECK: usize = 8;
/// Deflate cannot make less than this of a byte: a longer promise is a lie, and is not believed with memory.
const MOST_INFLATED: u64 = 1_032;

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// They begin otherwise.
    #[error("not a run record: it does not begin with the mark {MAGIC:?}")]
    NotARecord,
    /// Another layout.
    #[error("a run record of schema {found}, and this version reads schema {SCHEMA}; run the study again")]
    Schema {
        /// Its number.
        found: u8,
    },
    /// Cut off, or longer than it says.
    #[error("a run record cut short or changed: {0}")]
    Damaged(&'static str),
}

impl RunRecord {
    /// Everything, as bytes that depend on the content alone.
    pub fn to_bytes(&self) -> Vec<u8> {
        seal(&plain(self))
    }

    /// The record that [`to_bytes`](RunRecord::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<RunRecord, BytesError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(BytesError::NotARecord)?;
        let (&[found], rest) = rest.split_first_chunk().ok_or(BytesError::Damaged("no schema number"))?;
        if found != SCHEMA {
            return Err(BytesError::Schema { found });
        }
        let (check, rest) = rest.split_first_chunk::<CHECK>().ok_or(BytesError::Damaged("no checksum"))?;
        let (length, packed) = rest.split_first_chunk::<8>().ok_or(BytesError::Damaged("no length"))?;
        if *check != checksum(length, packed) {
            return Err(BytesError::Damaged("its checksum is another one"));
        }
        let length = u64::from_le_bytes(*length);
        if MOST_INFLATED * (packed.len() as u64 + 1) < length {
            return Err(BytesError::Damaged("it promises more than it can hold"));
        }
        let mut plain = Vec::new();
        DeflateDecoder::new(packed)
            .take(length + 1)
            .read_to_end(&mut plain)
            .map_err(|_| BytesError::Damaged("it does not inflate"))?;
        if plain.len() as u64 != length {
            return Err(BytesError::Damaged("its length is another one"));
        }
        let mut reader = Reader::new(&plain);
        let mut record = RunRecord::default();
        layout(&mut reader, &mut record)?;
        reader.end()?;
        Ok(record)
    }

    /// SHA-256 of the bytes: equal for equal records.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }
}

/// The columns, not yet deflated.
pub(super) fn plain(record: &RunRecord) -> Vec<u8> {
    let mut writer = Writer::default();
    // The layout serves both directions and so wants a record it may write to.
    layout(&mut writer, &mut record.clone()).expect("writing into memory cannot fail");
    writer.bytes
}

/// Deflates, and puts mark, schema, checksum and length before it.
pub(super) fn seal(plain: &[u8]) -> Vec<u8> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::new(6));
    deflate.write_all(plain).expect("deflating into memory cannot fail");
    let packed = deflate.finish().expect("deflating into memory cannot fail");
    let length = (plain.len() as u64).to_le_bytes();
    [&MAGIC[..], &[SCHEMA], &checksum(&length, &packed), &length, &packed].concat()
}

/// Every table in its place. Counters go first: lines are then written as their difference from what the counters say.
fn layout<C: Coder>(code: &mut C, record: &mut RunRecord) -> Result<(), BytesError> {
    tables::runs(code, record)?;
    tables::months(code, record)?;
    tables::services(code, record)?;
    tables::workloads(code, &mut record.workloads)?;
    tables::interruptions(code, &mut record.interruptions)?;
    tables::campaigns(code, &mut record.campaigns)?;
    tables::jobs(code, &mut record.jobs)?;
    tables::events(code, &mut record.events)?;
    tables::periods(code, &mut record.periods)?;
    lines::meters(code, record)?;
    lines::postings(code, record)
}

fn checksum(length: &[u8; 8], packed: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new().chain_update(length).chain_update(packed).finalize();
    *digest.first_chunk().expect("SHA-256 has 32 bytes")
}
