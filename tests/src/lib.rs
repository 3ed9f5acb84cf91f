//! end to end tests
