//! AWS WAF.

mod web_acl;

use super::Way;

/// WAF's ways.
pub(super) static WAYS: &[&dyn Way] = &[&web_acl::WebAcl];
