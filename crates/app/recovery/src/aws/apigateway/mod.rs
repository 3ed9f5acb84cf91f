//! Amazon API Gateway, REST APIs.

mod rest_api;
mod stage;

use super::Way;

/// API Gateway's ways.
pub(super) static WAYS: &[&dyn Way] = &[&rest_api::RestApi, &stage::Stage];
