//! The whole schemas of providers that were asked once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use interlock_action::Digest;

use super::schema::works_unasked;

/// A schema below that is decoded before anybody notices: such a provider needs no stand-in.
const SMALL: usize = 256 * 1024;

/// What a provider tells of itself.
#[derive(Debug)]
pub(crate) struct Told {
    /// The version of its protocol.
    pub(crate) version: u8,
    /// Its whole schema.
    pub(crate) schema: Vec<u8>,
}

/// Schemas by the digests of the providers' programs; `None` where a provider has a small one, or does not tell it.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<Digest, Option<Arc<Told>>>>);

impl Shelf {
    /// What is known of a provider, if it was ever asked.
    pub(crate) fn known(&self, program: &Digest) -> Option<Option<Arc<Told>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(program).cloned()
    }

    /// Keeps what it told: the version of its protocol, a byte, and its schema.
    pub(crate) fn keep(&self, program: Digest, told: Option<Vec<u8>>) -> Option<Arc<Told>> {
        let told = told.filter(|told| told.len() > SMALL);
        let told = told.and_then(|told| {
            let (version, schema) = told.split_first()?;
            if !works_unasked(schema) {
                return None;
            }
            Some(Arc::new(Told { version: *version, schema: schema.to_vec() }))
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(program, told.clone());
        told
    }
}
