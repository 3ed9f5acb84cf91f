//! OpenSearch.

pub(super) mod domain;
