//! Files of a policy bundle: an organisation's own rules beside the shipped ones.

use std::sync::OnceLock;

use interlock_policy::{Bundle, PolicyFile};

use crate::{Target, seeds};

pub(super) const TARGET: Target = Target {
    name: "policy",
    about: "Cedar files beside the shipped bundle, through every gate",
    millis: 5_000,
    run,
    seeds: || {
        let mut seeds: Vec<Vec<u8>> = Bundle::shipped_files()
            .into_iter()
            .filter(|file| file.name.ends_with(".cedar"))
            .map(|file| file.text.into_bytes())
            .collect();
        let condition = |text: &str| {
            format!("@id(\"x\")\nforbid (principal, action, resource) when {{ {text} }};").into_bytes()
        };
        seeds.extend(
            ["true", "resource.name like \"a*b*c\"", "context.evidence.approvals < 2"].map(condition),
        );
        for deep in ["(", "!", "-", "[", "{a: ", "if true then ", "1 + ", "true && ", "context."] {
            seeds.push(condition(&deep.repeat(2_000)));
            seeds.push(condition(&deep.repeat(60)));
        }
        seeds.extend(seeds::hostile_bodies());
        seeds
    },
};

/// The shipped bundle, loaded once.
pub(super) fn shipped() -> &'static Bundle {
    static SHIPPED: OnceLock<Bundle> = OnceLock::new();
    SHIPPED.get_or_init(Bundle::shipped)
}

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let added = [PolicyFile::new("own.cedar", text)];
    if let Ok(bundle) = Bundle::with_added(&added) {
        let rules = |bundle: &Bundle| bundle.rules().count();
        assert!(rules(&bundle) >= rules(shipped()), "rules were lost");
    }
}
