//! The table, held compressed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Service, Summary, decode, table};

/// How many decoded services are kept. A session speaks to a few dozen; the limit keeps an agent that walks through
/// all of them from filling the memory. Services in use live on in their `Arc`s.
const KEPT: usize = 48;

/// Why a table cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// It is not a table, is cut short, or refers to what is not there.
    #[error("the catalogue is damaged: {0}")]
    Damaged(&'static str),
}

/// Every AWS service and operation.
#[derive(Debug)]
pub struct Catalogue {
    /// The service frames, compressed, one after the other.
    frames: &'static [u8],
    strings: Vec<&'static str>,
    summaries: Vec<Summary>,
    places: Vec<decode::Place>,
    hash: &'static str,
    decoded: Mutex<Decoded>,
}

/// The services that were decoded last.
#[derive(Debug, Default)]
struct Decoded {
    services: HashMap<usize, (Arc<Service>, u64)>,
    clock: u64,
}

impl Catalogue {
    /// The table that is built in.
    ///
    /// Were it damaged (a test proves that it is not), the catalogue would be empty: every request unknown, and held.
    pub fn get() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            Self::from_table(table::BYTES, table::SHA256).unwrap_or_else(|_| Self {
                frames: &[],
                strings: Vec::new(),
                summaries: Vec::new(),
                places: Vec::new(),
                hash: table::SHA256,
                decoded: Mutex::default(),
            })
        })
    }

    /// Reads the index of a table. The bytes' hash is the caller's claim and not checked here.
    pub(crate) fn from_table(bytes: &'static [u8], hash: &'static str) -> Result<Self, CatalogueError> {
        let decode::Index { strings, summaries, places, frames } = decode::index(bytes)?;
        Ok(Self { frames, strings, summaries, places, hash, decoded: Mutex::default() })
    }

    /// SHA-256 of the table file, as hexadecimal digits; the file's name carries its beginning.
    pub fn content_hash(&self) -> &str {
        self.hash
    }

    /// Every service, sorted by name, without its operations.
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// The names of all services, sorted.
    pub fn services(&self) -> impl Iterator<Item = &'static str> {
        self.summaries.iter().map(|summary| summary.name)
    }

    /// A service by its name, decoded now if it was not yet.
    pub fn service(&self, name: &str) -> Option<Arc<Service>> {
        let at = self.summaries.binary_search_by(|have| have.name.cmp(name)).ok()?;
        self.at(at).ok()
    }

    /// The service of a summary of this catalogue.
    pub fn of(&self, summary: &Summary) -> Option<Arc<Service>> {
        self.service(summary.name)
    }

    /// The service at a place of the index.
    pub(crate) fn at(&self, at: usize) -> Result<Arc<Service>, CatalogueError> {
        {
            let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
            decoded.clock += 1;
            let clock = decoded.clock;
            if let Some((service, used)) = decoded.services.get_mut(&at) {
                *used = clock;
                return Ok(Arc::clone(service));
            }
        }
        // Decoded outside the lock: others need not wait. Two at once decode the same; either may stay.
        let missing = CatalogueError::Damaged("a service is missing");
        let (summary, place) = self.summaries.get(at).zip(self.places.get(at)).ok_or(missing)?;
        let service = Arc::new(decode::service(summary, *place, self.frames, &self.strings)?);
        let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if decoded.services.len() >= KEPT {
            let oldest = decoded.services.iter().min_by_key(|(_, (_, used))| *used).map(|(at, _)| *at);
            oldest.and_then(|oldest| decoded.services.remove(&oldest));
        }
        let clock = decoded.clock;
        decoded.services.insert(at, (Arc::clone(&service), clock));
        Ok(service)
    }
}
