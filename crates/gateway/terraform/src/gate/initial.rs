//! What `terraform init` leaves: made once for the same needs, and copied from then on.
//!
//! What is kept is which providers stand where, and what the lock file says of them. Modules are the work directory's own.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use interlock_action::Digest;
use interlock_flow::Session;

use crate::{
    configuration,
    gate::{
        Gate, Stop,
        plan::no_room,
        workshop::{Workshop, clear, drawn},
    },
    tree::{MOST_BYTES, Tree, file},
};

/// So many are kept.
const MOST: usize = 64;
/// The lock file.
pub(super) const LOCKS: &str = ".terraform.lock.hcl";
/// Where Terraform says which modules stand where.
const MODULES: &str = "modules/modules.json";

/// What was left, by what it was made for.
#[derive(Debug, Default)]
pub(crate) struct Initials(Mutex<BTreeMap<Digest, Arc<Left>>>);

/// A folder of the gate's own, which goes with this value.
#[derive(Debug)]
struct Left {
    /// Terraform's own folder.
    data: PathBuf,
    /// The lock file.
    locks: Option<Vec<u8>>,
    /// The programs that it was checked against.
    programs: BTreeMap<String, Digest>,
}

impl Drop for Left {
    fn drop(&mut self) {
        clear(&self.data);
    }
}

impl Initials {
    fn find(&self, needs: &Digest) -> Option<Arc<Left>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(needs).cloned()
    }

    fn keep(&self, needs: [Digest; 2], left: Left) {
        let left = Arc::new(left);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.extend(needs.map(|needs| (needs, Arc::clone(&left))));
    }
}

impl Gate {
    /// Initialises a workshop for this tree; the lock file that comes of it.
    pub(super) async fn initialise(
        &self,
        workshop: &Workshop,
        (session, tree, folder): (&Session, &Tree, &Path),
        writes_tree: bool,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let of_agent = self.of_agent(session).await?;
        let needs = configuration::needs(tree, folder, &of_agent);
        let lock_file = workshop.tree().join(folder).join(LOCKS);
        // What was replaced since is checked against the lock file again.
        let as_then =
            |left: &Arc<Left>| self.program.digests(&left.data).is_ok_and(|now| now == left.programs);
        if let Some(left) = self.initials.find(&needs).filter(as_then) {
            copy(&left.data, &workshop.data()).map_err(no_room)?;
            workshop.initialised(&self.program).map_err(no_room)?;
            if let Some(locks) = left.locks.as_ref().filter(|_| writes_tree) {
                let _ = fs::remove_file(&lock_file);
                fs::write(&lock_file, locks).map_err(no_room)?;
            }
            return Ok(left.locks.clone());
        }
        // Terraform looks for fetched modules in its own folder, and finds them where that says: in the tree.
        if let Some(modules) = tree.file(&folder.join(".terraform").join(MODULES)) {
            let place = workshop.data().join(MODULES);
            let write = || {
                place.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::write(&place, modules)
            };
            write().map_err(no_room)?;
        }
        let mut init = vec!["init", "-input=false", "-no-color"];
        if !writes_tree {
            init.push("-lockfile=readonly");
        }
        self.terraform(session, workshop, &init, writes_tree, None).await?.well("init")?;
        workshop.initialised(&self.program).map_err(no_room)?;
        let locks = file(&lock_file, MOST_BYTES).ok();
        if has_modules(&workshop.data()) {
            return Ok(locks);
        }
        let data = self.house.workshop().join(drawn().map_err(no_room)?);
        copy(&workshop.data(), &data).map_err(no_room)?;
        let mut locked = tree.clone();
        if let Some(locks) = &locks {
            locked.put(folder.join(LOCKS), locks.clone());
        }
        // The same tree comes again with the lock file that this has written.
        let again = configuration::needs(&locked, folder, &of_agent);
        let programs = self.program.digests(&data).map_err(no_room)?;
        self.initials.keep([needs, again], Left { data, locks: locks.clone(), programs });
        Ok(locks)
    }

    /// What is nobody else's: nothing that one agent's tree has left is given to another. What the state has providers of is
    /// initialised, too.
    async fn of_agent(&self, session: &Session) -> Result<Vec<String>, Stop> {
        let mut of = vec![session.agent.name.to_string()];
        let workspace = session.lease.part.as_ref().and_then(|part| part.workspace.as_ref());
        if let Some(workspace) = workspace
            && let Some((_, bytes)) = self.states.read(workspace).await.map_err(Stop::refused)?
        {
            of.extend(configuration::providers_of(&bytes));
        }
        Ok(of)
    }
}

/// Whether modules were unpacked beside the list of them.
pub(super) fn has_modules(data: &Path) -> bool {
    let folder = data.join("modules");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name() != "modules.json")
}

/// Copies a folder, links as links, into one that is empty.
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
        } else if found.is_file() {
            fs::copy(&path, &place)?;
        }
    }
    Ok(())
}
