//! AWS Certificate Manager: certificates that nobody can watch, or that can be taken away.

use interlock_action::Effect;

use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "certificate-weakened",
    finds: "a certificate left out of the public log, or whose key can be exported",
    shape: Shape::GuardRemoval,
    operations: &[("acm", "UpdateCertificateOptions")],
    test: |subject| {
        only_if(
            subject.text("Options.CertificateTransparencyLoggingPreference") == Some("DISABLED")
                || subject.text("Options.Export") == Some("ENABLED"),
            claim(
                Effect::GuardRemoval,
                "hides the certificate from the public log, or lets its key be taken away",
            ),
        )
    },
}];
