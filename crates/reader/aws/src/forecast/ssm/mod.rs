//! AWS Systems Manager: parameters.

pub(super) mod parameter;
