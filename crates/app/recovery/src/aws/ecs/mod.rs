//! Amazon ECS.

mod service;
mod task_definition;

use super::Way;

/// ECS's ways.
pub(super) static WAYS: &[&dyn Way] = &[&service::Service, &task_definition::TaskDefinition];
