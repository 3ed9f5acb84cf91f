//! The package, tried: installed in a minimal root, where nothing is that it does not bring or ask for.
//!
//! Needs root, debootstrap and a mirror. The root is kept below the target folder; each check works on a copy.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::Made;
use crate::{error::XtaskError, house::House, program};

/// What is done in the fresh root. Each line is a command; the first that fails ends it.
const INSIDE: &str = r#"set -eu
dpkg --install /interlock.deb
interlock --version
id interlock
test "$(stat -c '%U %G %a' /var/lib/interlock)" = 'interlock interlock 700'
test -s /usr/share/bash-completion/completions/interlock
bash -n /usr/share/bash-completion/completions/interlock
# The account makes its home, from a key that only its owner can read.
cat > /key.pub <<'END'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8K7p8WjWcKjm4gEhZbYnk2tvYUIgjUBPrXWUHVVHkB ana
END
setpriv --reuid interlock --regid interlock --clear-groups \
    interlock --home /var/lib/interlock init --operator ana --public-key - < /key.pub
test "$(stat -c '%U %a' /var/lib/interlock/interlock.toml)" = 'interlock 600'
# It serves as its account, and lets its group in, and nobody else.
install -d -o interlock -g interlock -m 750 /run/interlock
AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none INTERLOCK_HOME=/var/lib/interlock \
    setpriv --reuid interlock --regid interlock --clear-groups \
    sh -c 'umask 077; exec interlock serve --sockets /run/interlock --group' > /ready 2>/log &
served=$!
for _ in $(seq 100); do test -s /ready && break; sleep 0.1; done
cat /ready /log
useradd ana
useradd eve
usermod --append --groups interlock ana
asks() { setpriv --reuid "$1" --regid "$1" --init-groups env HOME=/nonexistent interlock "${@:2}"; }
asks ana --json person ls | grep -q '"ana"'
setpriv --reuid ana --regid ana --init-groups grep -q CERTIFICATE /run/interlock/ca-bundle.pem
! asks eve person ls 2> /refused
grep -q 'ask to join the group' /refused
! setpriv --reuid ana --regid ana --init-groups cat /var/lib/interlock/interlock.toml 2> /dev/null
# Nobody may have the daemon write files for them.
! asks ana ledger export /anywhere 2> /dev/null
# Without a sandbox and without the network it says what is wrong, in a status.
status=0; asks ana doctor || status=$?
test "$status" = 1
kill "$served"; wait "$served"
dpkg --remove interlock
test -d /var/lib/interlock
"#;

/// Tries the package.
pub(crate) fn check(house: &House, made: &Made) -> Result<(), XtaskError> {
    manual(&made.root)?;
    unit(&made.root)?;
    let root = fresh(house)?;
    let target = root.join("interlock.deb");
    std::fs::copy(&made.package, &target).map_err(|error| XtaskError::file(&target, error))?;
    let mut inside = Command::new("chroot");
    inside.arg(&root).args(["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]);
    let done = program::run(inside.args(["bash", "-c", INSIDE]));
    std::fs::remove_dir_all(&root).map_err(|error| XtaskError::file(&root, error))?;
    done?;
    println!("the package installs, serves as its own account, and lets in its group alone");
    Ok(())
}

/// Renders every page and listens to what the formatter complains about.
fn manual(root: &Path) -> Result<(), XtaskError> {
    let folder = root.join("usr/share/man/man1");
    let mut pages = 0_u32;
    for page in std::fs::read_dir(&folder).map_err(|error| XtaskError::file(&folder, error))? {
        let page = page.map_err(|error| XtaskError::file(&folder, error))?.path();
        let script = "gzip -dc \"$1\" | groff -man -Tutf8 -ww -Kutf8 -rLL=100n 2>&1 >/dev/null";
        let complaints = program::output(Command::new("sh").args(["-c", script, "sh"]).arg(&page))?;
        if !complaints.trim().is_empty() {
            return Err(XtaskError::Form { what: page.display().to_string(), why: complaints });
        }
        pages = pages.saturating_add(1);
    }
    println!("{pages} manual pages render");
    Ok(())
}

/// Lets systemd read the unit, as it would stand.
fn unit(root: &Path) -> Result<(), XtaskError> {
    if program::find("systemd-analyze").is_none() {
        println!("NOT CHECKED: the unit; systemd-analyze is not here");
        return Ok(());
    }
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "--recursive-errors=no"]);
    verify.arg(format!("--root={}", root.display())).arg("interlock.service");
    let said = program::output(&mut verify).err().map(|error| error.to_string()).unwrap_or_default();
    // A root with one package in it has none of systemd's own units.
    let ours: Vec<&str> = said.lines().skip(1).filter(|line| !line.contains("not found")).collect();
    if !ours.is_empty() {
        return Err(XtaskError::Form { what: "interlock.service".to_owned(), why: ours.join("\n") });
    }
    println!("the unit is sound");
    Ok(())
}

/// A copy of a minimal Debian, made once.
fn fresh(house: &House) -> Result<PathBuf, XtaskError> {
    let folder = house.target().join("dist-check");
    let (base, copy) = (folder.join("base"), folder.join("root"));
    if !base.join("usr").exists() {
        std::fs::create_dir_all(&folder).map_err(|error| XtaskError::file(&folder, error))?;
        println!("making a minimal Debian in {}", base.display());
        let made =
            program::output(Command::new("debootstrap").args(["--variant=minbase", "bookworm"]).arg(&base));
        made.map_err(|error| XtaskError::Missing {
            what: format!("a minimal Debian: {error}"),
            fix: "run as root, with debootstrap and a Debian mirror in reach".to_owned(),
        })?;
    }
    super::renew(&copy)?;
    program::run(Command::new("cp").args(["--archive", "--no-target-directory"]).args([&base, &copy]))?;
    Ok(copy)
}
