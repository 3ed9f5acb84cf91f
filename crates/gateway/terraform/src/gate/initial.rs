//! What `terraform init` leaves: made once for the same needs, and copied from then on. What runs while a plan is made writes into
//! its own copy.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use interlock_action::Digest;
use interlock_flow::Session;

use crate::{
    configuration,
    gate::{Gate, Stop, plan::no_room, workshop::Workshop},
    tree::Tree,
};

/// So many are kept.
const MOST: usize = 64;
const LOCKS: &str = ".terraform.lock.hcl";

/// What was left, by what it was made for.
#[derive(Debug, Default)]
pub(crate) struct Initials(Mutex<BTreeMap<Digest, Left>>);

#[derive(Clone, Debug)]
struct Left {
    /// Terraform's own folder.
    data: PathBuf,
    /// The lock file.
    locks: Option<Vec<u8>>,
}

impl Gate {
    /// Initialises a workshop for this tree.
    pub(super) async fn initialise(
        &self,
        workshop: &Workshop,
        (session, tree, folder): (&Session, &Tree, &Path),
        writes_tree: bool,
    ) -> Result<(), Stop> {
        let needs = configuration::needs(tree, folder);
        let lock_file = workshop.tree().join(folder).join(LOCKS);
        let known = self.initials.0.lock().unwrap_or_else(PoisonError::into_inner).get(&needs).cloned();
        if let Some(left) = known {
            copy(&left.data, &workshop.data()).map_err(no_room)?;
            if let Some(locks) = left.locks.filter(|_| writes_tree) {
                fs::write(&lock_file, locks).map_err(no_room)?;
            }
            return Ok(());
        }
        let mut init = vec!["init", "-input=false", "-no-color"];
        if !writes_tree {
            init.push("-lockfile=readonly");
        }
        self.terraform(session, workshop, &init, writes_tree, None).await?.well("init")?;
        let data = self.house.workshop().join(format!("init-{}", needs.short()));
        let _ = fs::remove_dir_all(&data);
        copy(&workshop.data(), &data).map_err(no_room)?;
        let locks = fs::read(&lock_file).ok();
        let mut locked = tree.clone();
        if let Some(locks) = &locks {
            locked.put(folder.join(LOCKS), locks.clone());
        }
        let left = Left { data, locks };
        let mut all = self.initials.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        // The same tree comes again with the lock file that this has written.
        all.insert(configuration::needs(&locked, folder), left.clone());
        all.insert(needs, left);
        Ok(())
    }
}

/// Copies a folder, links as links.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        let found = path.symlink_metadata()?;
        if found.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&path)?, &place)?;
        } else if found.is_dir() {
            copy(&path, &place)?;
        } else {
            fs::copy(&path, &place)?;
        }
    }
    Ok(())
}
