//! A form (`application/x-www-form-urlencoded`) as the tree that its dotted keys make.

use std::collections::BTreeMap;

use super::limits::{MAX_DEPTH, MAX_VALUES, too_deep, too_many};
use super::uri;
use super::walk::clip;
use crate::ReadError;

/// A key's place: its own value, and the keys that go on after a dot.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) value: Option<String>,
    pub(super) children: BTreeMap<String, Node>,
}

impl Node {
    /// Reads a form; a key twice is refused.
    pub(super) fn read(raw: &str) -> Result<Self, ReadError> {
        let mut root = Self::default();
        for (at, (key, value)) in uri::pairs(raw)?.into_iter().enumerate() {
            if at >= MAX_VALUES {
                return Err(too_many());
            }
            root.insert(&key, value)?;
        }
        Ok(root)
    }

    fn insert(&mut self, key: &str, value: String) -> Result<(), ReadError> {
        let mut node = self;
        for (depth, part) in key.split('.').enumerate() {
            if depth >= MAX_DEPTH {
                return Err(too_deep());
            }
            if part.is_empty() {
                return Err(ReadError::Malformed(format!("the form key `{}` has an empty part", clip(key))));
            }
            node = node.children.entry(part.to_owned()).or_default();
        }
        if node.value.replace(value).is_some() {
            return Err(ReadError::Ambiguous(format!("the form key `{}` stands twice", clip(key))));
        }
        Ok(())
    }

    /// Takes a key without a dot out of the tree, with its value.
    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        let node = self.children.get_mut(key)?;
        let value = node.value.take();
        if node.children.is_empty() {
            self.children.remove(key);
        }
        value
    }
}
