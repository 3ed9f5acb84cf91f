//! The same place under another name: bind mounts and sockets that are already there on the host.
//!
//! The parsers are pure; [`Host::read`] fetches what they parse.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// One line of `mountinfo` (proc_pid_mountinfo(5)), as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// `major:minor` of the file system.
    device: String,
    /// The directory in the file system that is the mount's root.
    root: PathBuf,
    /// Where it is mounted.
    point: PathBuf,
}

/// What is known of the machine before a sandbox is planned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    /// Whether the command will own files as root.
    pub(crate) root: bool,
    /// What is mounted where.
    pub(crate) mounts: Vec<Mount>,
    /// Unix sockets that processes outside listen at.
    pub(crate) sockets: Vec<PathBuf>,
    /// Home directories in the account table.
    pub(crate) homes: Vec<PathBuf>,
}

impl Host {
    /// Reads it. What cannot be read is empty: these three only add to the built-in list of masked places.
    pub(crate) fn read() -> Self {
        let text = |path: &str| {
            std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
        };
        Self {
            root: rustix::process::getuid().is_root(),
            mounts: parse_mounts(&text("/proc/self/mountinfo")),
            sockets: parse_sockets(&text("/proc/net/unix")),
            homes: parse_homes(&text("/etc/passwd")),
        }
    }

    /// Other names under which `path` (canonical) can be reached.
    pub(crate) fn aliases(&self, path: &Path) -> Vec<PathBuf> {
        // The last mount on the longest matching point is the one that is seen.
        let Some(seen) = self
            .mounts
            .iter()
            .enumerate()
            .filter(|(_, mount)| path.starts_with(&mount.point))
            .max_by_key(|(index, mount)| (mount.point.components().count(), *index))
            .map(|(_, mount)| mount)
        else {
            return Vec::new();
        };
        let Ok(below) = path.strip_prefix(&seen.point) else { return Vec::new() };
        let real = join(&seen.root, below);
        self.mounts
            .iter()
            .filter(|mount| mount.device == seen.device)
            .filter_map(|mount| Some(join(&mount.point, real.strip_prefix(&mount.root).ok()?)))
            .filter(|alias| alias != path)
            .collect()
    }
}

/// `base/below`, without the trailing slash that joining an empty path leaves.
fn join(base: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { base.to_owned() } else { base.join(below) }
}

/// The mounts of a `mountinfo` file; lines of another form are skipped.
pub(crate) fn parse_mounts(text: &str) -> Vec<Mount> {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(2);
            let device = fields.next()?.to_owned();
            let root = unescape(fields.next()?);
            let point = unescape(fields.next()?);
            Some(Mount { device, root, point })
        })
        .collect()
}

/// Undoes the kernel's octal escapes (`\040` is a space).
fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..3).and_then(|octal| u8::from_str_radix(octal, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(b'\\');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    PathBuf::from(OsString::from_vec(bytes))
}

/// Paths of the sockets in a `/proc/net/unix` file; abstract and unnamed ones have none.
pub(crate) fn parse_sockets(text: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = text
        .lines()
        .skip(1)
        .filter_map(|line| {
            // Seven columns of fixed meaning, then the path, which may hold spaces.
            let at = line.find(" /")?;
            line.get(at + 1..).map(PathBuf::from)
        })
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Home directories of the people in an account table (passwd(5)): accounts from 1000 on.
pub(crate) fn parse_homes(text: &str) -> Vec<PathBuf> {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(':').skip(2);
            let uid: u32 = fields.next()?.parse().ok()?;
            let home = PathBuf::from(fields.nth(2)?);
            (uid >= 1000 && home.components().count() > 1 && home.is_absolute()).then_some(home)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 27 0:21 / /proc rw - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 254:0 /home /mnt/people rw - ext4 /dev/vda rw
41 27 254:0 /home/ana/src /build\\040here rw - ext4 /dev/vda rw
42 27 254:1 / /data rw - ext4 /dev/vdb rw
43 27 254:1 /vault /home/ana/.ssh rw - ext4 /dev/vdb rw
";

    fn host() -> Host {
        Host { mounts: parse_mounts(MOUNTS), ..Host::default() }
    }

    #[test]
    fn bind_mounts_are_other_names() {
        assert_eq!(host().aliases(Path::new("/home/ana/.aws")), [Path::new("/mnt/people/ana/.aws")]);
        assert_eq!(
            host().aliases(Path::new("/home/ana/src/key")),
            [Path::new("/mnt/people/ana/src/key"), Path::new("/build here/key")]
        );
    }

    #[test]
    fn a_mount_on_the_place_leads_to_its_source() {
        assert_eq!(host().aliases(Path::new("/home/ana/.ssh")), [Path::new("/data/vault")]);
        assert_eq!(host().aliases(Path::new("/data/vault/id")), [Path::new("/home/ana/.ssh/id")]);
    }

    #[test]
    fn a_place_with_one_name_has_no_other() {
        assert!(host().aliases(Path::new("/srv/x")).is_empty());
        assert!(Host::default().aliases(Path::new("/srv/x")).is_empty());
    }

    #[test]
    fn sockets_with_paths_are_found() {
        let text = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000: 00000002 00000000 00010000 0001 01 17 /run/a b.sock\n\
            0000: 00000002 00000000 00010000 0001 01 18 @/tmp/.X11-unix/X0\n\
            0000: 00000003 00000000 00000000 0001 03 19\n";
        assert_eq!(parse_sockets(text), [Path::new("/run/a b.sock")]);
    }

    #[test]
    fn people_have_homes_and_services_do_not() {
        let text = "root:x:0:0:root:/root:/bin/bash\nana:x:1000:1000::/srv/ana:/bin/sh\nnobody:x:65534:1:n:/:/x\nbad line\n";
        assert_eq!(parse_homes(text), [Path::new("/srv/ana")]);
    }
}
