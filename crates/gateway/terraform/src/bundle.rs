//! What people approve: not a plan, but everything that decides what applying it does.
//!
//! A plan's file holds configuration, state and locks; what providers and provisioners read while it is applied it does not. The
//! digest of a bundle is over both, and it is applied from the copy that was digested.

use std::{collections::BTreeMap, io::Read as _, path::PathBuf};

use interlock_action::{AccountId, Digest, WorkspaceId, digest_of};
use serde::{Deserialize, Serialize};

use crate::tree::Tree;

/// What is in a bundle, by digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Whose state.
    pub workspace: WorkspaceId,
    /// Where the agent has the tree.
    pub root: PathBuf,
    /// The configuration's folder in it.
    pub folder: PathBuf,
    /// What the plan was made with.
    pub options: Vec<String>,
    /// The work directory as it was sent.
    pub sent: Digest,
    /// The work directory once it was planned: planning writes files.
    pub tree: Digest,
    /// The plan's file.
    pub plan: Digest,
    /// The same as JSON, which is what is read.
    pub json: Digest,
    /// The lock file of the providers.
    pub locks: Option<Digest>,
    /// Programs by name: Terraform itself, and each provider.
    pub programs: BTreeMap<String, Digest>,
    /// The version of the state that it was planned from; `None` if there never was one.
    pub state: Option<u64>,
    /// Who that state descends from.
    pub lineage: Option<String>,
    /// How often it was written.
    pub serial: Option<u64>,
    /// The account.
    pub account: Option<AccountId>,
    /// The region, where the configuration says none.
    pub region: String,
    /// Addresses with `prevent_destroy`.
    pub guarded: Vec<String>,
}

/// A bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What is in it.
    pub meta: Meta,
    /// The work directory.
    pub tree: Tree,
    /// The plan's file.
    pub plan: Vec<u8>,
    /// The same as JSON.
    pub json: Vec<u8>,
}

const JSON: &str = "plan.json";
const META: &str = "meta.json";
const PLAN: &str = "plan";
const TREE: &str = "tree.tar";

impl Meta {
    /// What is approved.
    pub fn digest(&self) -> Result<Digest, String> {
        let value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        digest_of("interlock terraform bundle v1", &value).map_err(|error| error.to_string())
    }
}

impl Bundle {
    /// As bytes.
    pub fn pack(&self) -> Result<Vec<u8>, String> {
        let pack = || -> std::io::Result<Vec<u8>> {
            let meta = serde_json::to_vec(&self.meta)?;
            let tree = self.tree.pack()?;
            let mut archive = tar::Builder::new(Vec::new());
            for (name, bytes) in
                [(META, meta.as_slice()), (PLAN, &self.plan), (JSON, &self.json), (TREE, &tree)]
            {
                let mut header = tar::Header::new_gnu();
                header.set_mode(0o600);
                header.set_size(bytes.len() as u64);
                archive.append_data(&mut header, name, bytes)?;
            }
            archive.into_inner()
        };
        pack().map_err(|error| error.to_string())
    }

    /// Out of bytes; what does not agree with its own digests is none.
    pub fn unpack(bytes: &[u8]) -> Result<Self, String> {
        let mut parts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut archive = tar::Archive::new(bytes);
        for entry in archive.entries().map_err(|error| error.to_string())? {
            let mut entry = entry.map_err(|error| error.to_string())?;
            let name = entry.path().map_err(|error| error.to_string())?.display().to_string();
            let mut part = Vec::new();
            entry.read_to_end(&mut part).map_err(|error| error.to_string())?;
            parts.insert(name, part);
        }
        let mut part = |name: &str| parts.remove(name).ok_or_else(|| format!("the bundle has no {name}"));
        let meta: Meta = serde_json::from_slice(&part(META)?).map_err(|error| error.to_string())?;
        let tree = Tree::unpack(part(TREE)?.as_slice()).map_err(|error| error.to_string())?;
        let (plan, json) = (part(PLAN)?, part(JSON)?);
        if tree.digest() != meta.tree || Digest::of(&plan) != meta.plan || Digest::of(&json) != meta.json {
            return Err("the bundle is not what its digests say".to_owned());
        }
        Ok(Self { meta, tree, plan, json })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn bundle() -> Bundle {
        let mut tree = Tree::default();
        tree.put("main.tf", "resource \"terraform_data\" \"a\" {}\n");
        tree.put("modules/a/hook.sh", "exit 0\n");
        let plan = b"a plan".to_vec();
        let meta = Meta {
            workspace: "/srv/school".into(),
            root: "/srv/school".into(),
            folder: PathBuf::new(),
            options: vec!["-destroy".to_owned()],
            sent: tree.digest(),
            tree: tree.digest(),
            plan: Digest::of(&plan),
            json: Digest::of(b"{}"),
            locks: None,
            programs: BTreeMap::new(),
            state: Some(3),
            lineage: None,
            serial: Some(12),
            account: None,
            region: "us-east-1".to_owned(),
            guarded: Vec::new(),
        };
        Bundle { meta, tree, plan, json: b"{}".to_vec() }
    }

    #[test]
    fn a_bundle_is_what_was_packed_or_none() {
        let bundle = bundle();
        let packed = bundle.pack().unwrap();
        assert_eq!(Bundle::unpack(&packed).unwrap(), bundle);
        let mut swapped = bundle.clone();
        swapped.tree.put("modules/a/hook.sh", "exit 1\n");
        assert!(Bundle::unpack(&swapped.pack().unwrap()).is_err());
        swapped.meta.tree = swapped.tree.digest();
        assert_ne!(swapped.meta.digest(), bundle.meta.digest());
    }
}
