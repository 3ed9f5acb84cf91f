//! The system calls that a confined command may not make, as a filter program for the kernel.
//!
//! Namespaces hide files, processes and networks. This closes what they leave open:
//!
//! - `ioctl(TIOCSTI)` and `ioctl(TIOCLINUX)`, which type into the caller's terminal. Refusing them here, instead of
//!   giving the command a session of its own, keeps job control, and works on kernels that still allow them.
//! - the kernel's key rings, which belong to the user and not to a namespace;
//! - sockets other than unix, IP and netlink: a virtual machine's `AF_VSOCK` reaches the hypervisor's host past every
//!   network namespace;
//! - user namespaces and mounts inside: nothing can be unmounted there, and nothing needs to be tried;
//! - `io_uring`, which performs some calls without the filter seeing them;
//! - what only root could ever need (modules, kexec, bpf, the kernel's log, raw file handles).
//!
//! Calls that programs try first and do without (`clone3`, `io_uring`) fail with `ENOSYS`, the rest with `EPERM`.
//! Numbers are those of the kernel's `syscall_64.tbl` and `asm-generic/unistd.h`; the encoding is seccomp(2)'s.

/// Whether a filter is written for this processor.
pub const SUPPORTED: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const EAFNOSUPPORT: u32 = 97;

const RET_ALLOW: u32 = 0x7fff_0000;
const RET_ERRNO: u32 = 0x0005_0000;
const RET_KILL_PROCESS: u32 = 0x8000_0000;

// Offsets in `struct seccomp_data`; both processors are little-endian, so the low half of an argument comes first.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENT_0: u32 = 16;
const ARGUMENT_1: u32 = 24;

const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541c;
const CLONE_NEWUSER: u32 = 0x1000_0000;
/// `AF_UNIX`, `AF_INET`, `AF_INET6`, `AF_NETLINK`.
const FAMILIES: [u32; 4] = [1, 2, 10, 16];

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const AUDIT_ARCH: u32 = 0xc000_003e;
    pub(super) const IOCTL: u32 = 16;
    pub(super) const SOCKET: u32 = 41;
    pub(super) const CLONE: u32 = 56;
    pub(super) const UNSHARE: u32 = 272;
    pub(super) const REFUSED: &[u32] = &[
        165, 166, 155, // mount, umount2, pivot_root
        308, // setns
        248, 249, 250, // add_key, request_key, keyctl
        321, 298, 323, // bpf, perf_event_open, userfaultfd
        246, 320, 175, 313,
        176, // kexec_load, kexec_file_load, init_module, finit_module, delete_module
        304, 103, 163, 179, // open_by_handle_at, syslog, acct, quotactl
        167, 168, 169, 172, 173, // swapon, swapoff, reboot, iopl, ioperm
    ];
}

#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const AUDIT_ARCH: u32 = 0xc000_00b7;
    pub(super) const IOCTL: u32 = 29;
    pub(super) const SOCKET: u32 = 198;
    pub(super) const CLONE: u32 = 220;
    pub(super) const UNSHARE: u32 = 97;
    pub(super) const REFUSED: &[u32] = &[
        40, 39, 41,  // mount, umount2, pivot_root
        268, // setns
        217, 218, 219, // add_key, request_key, keyctl
        280, 241, 282, // bpf, perf_event_open, userfaultfd
        104, 294, 105, 273,
        106, // kexec_load, kexec_file_load, init_module, finit_module, delete_module
        265, 116, 89, 60, // open_by_handle_at, syslog, acct, quotactl
        224, 225, 142, // swapon, swapoff, reboot
    ];
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod number {
    // INVARIANT: never loaded; `check` refuses this processor.
    pub(super) const AUDIT_ARCH: u32 = 0;
    pub(super) const IOCTL: u32 = 0;
    pub(super) const SOCKET: u32 = 0;
    pub(super) const CLONE: u32 = 0;
    pub(super) const UNSHARE: u32 = 0;
    pub(super) const REFUSED: &[u32] = &[];
}

/// Refused on every processor; from number 424 on all share one table: open_tree, move_mount, fsopen, fsconfig, fsmount,
/// fspick, mount_setattr, quotactl_fd, open_tree_attr.
const REFUSED_EVERYWHERE: &[u32] = &[428, 429, 430, 431, 432, 433, 442, 443, 467];

/// Answered as if the kernel did not have them: io_uring_setup, io_uring_enter, io_uring_register, clone3. (A filter
/// cannot look at clone3's flags; the C library falls back to `clone`, whose flags it can.)
const ABSENT: &[u32] = &[425, 426, 427, 435];

/// One instruction of the kernel's filter machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Loads a word of `struct seccomp_data`.
    Load(u32),
    /// Skips this many steps if the word equals the value, that many if not.
    Equal(u32, u8, u8),
    /// The same, if the word is not smaller.
    AtLeast(u32, u8, u8),
    /// The same, if they have a bit in common.
    Common(u32, u8, u8),
    /// Ends.
    Return(u32),
}

impl Step {
    /// `struct sock_filter`: 16-bit code, two skips, 32-bit operand.
    fn encode(self) -> [u8; 8] {
        let (code, on_true, on_false, operand): (u16, u8, u8, u32) = match self {
            Self::Load(offset) => (0x20, 0, 0, offset),
            Self::Equal(value, yes, no) => (0x15, yes, no, value),
            Self::AtLeast(value, yes, no) => (0x35, yes, no, value),
            Self::Common(value, yes, no) => (0x45, yes, no, value),
            Self::Return(value) => (0x06, 0, 0, value),
        };
        let [c0, c1] = code.to_le_bytes();
        let [k0, k1, k2, k3] = operand.to_le_bytes();
        [c0, c1, on_true, on_false, k0, k1, k2, k3]
    }
}

/// The filter as bytes, as bubblewrap's `--seccomp` reads them.
pub fn filter() -> Vec<u8> {
    steps().into_iter().flat_map(Step::encode).collect()
}

fn steps() -> Vec<Step> {
    use Step::{AtLeast, Common, Equal, Load, Return};
    let refuse = Return(RET_ERRNO | EPERM);
    let mut steps = vec![
        // INVARIANT: another architecture has other numbers; a program that switches to one would pass unseen.
        Load(ARCHITECTURE),
        Equal(number::AUDIT_ARCH, 1, 0),
        Return(RET_KILL_PROCESS),
        Load(NUMBER),
    ];
    if cfg!(target_arch = "x86_64") {
        // The x32 numbers are the same calls once more.
        steps.extend([AtLeast(0x4000_0000, 0, 1), Return(RET_ERRNO | ENOSYS)]);
    }
    for call in ABSENT {
        steps.extend([Equal(*call, 0, 1), Return(RET_ERRNO | ENOSYS)]);
    }
    for call in number::REFUSED.iter().chain(REFUSED_EVERYWHERE) {
        steps.extend([Equal(*call, 0, 1), refuse]);
    }
    for call in [number::CLONE, number::UNSHARE] {
        steps.extend([
            Equal(call, 0, 4),
            Load(ARGUMENT_0),
            Common(CLONE_NEWUSER, 0, 1),
            refuse,
            Return(RET_ALLOW),
        ]);
    }
    steps.extend([
        Equal(number::IOCTL, 0, 5),
        // The kernel looks at the low half of the request only, and so must we.
        Load(ARGUMENT_1),
        Equal(TIOCSTI, 1, 0),
        Equal(TIOCLINUX, 0, 1),
        refuse,
        Return(RET_ALLOW),
    ]);
    let [unix, ip, ip6, netlink] = FAMILIES;
    steps.extend([
        Equal(number::SOCKET, 0, 6),
        Load(ARGUMENT_0),
        Equal(unix, 4, 0),
        Equal(ip, 3, 0),
        Equal(ip6, 2, 0),
        Equal(netlink, 1, 0),
        Return(RET_ERRNO | EAFNOSUPPORT),
        Return(RET_ALLOW),
    ]);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the filter as the kernel would.
    fn verdict(architecture: u32, call: u32, first: u64, second: u64) -> u32 {
        let word = |offset| match offset {
            NUMBER => call,
            ARCHITECTURE => architecture,
            ARGUMENT_0 => first as u32,
            ARGUMENT_1 => second as u32,
            other => panic!("offset {other}"),
        };
        let (steps, mut at, mut loaded) = (steps(), 0, 0);
        loop {
            let skip = |holds: bool, yes: u8, no: u8| usize::from(if holds { yes } else { no });
            at += 1 + match steps[at] {
                Step::Load(offset) => {
                    loaded = word(offset);
                    0
                }
                Step::Equal(value, yes, no) => skip(loaded == value, yes, no),
                Step::AtLeast(value, yes, no) => skip(loaded >= value, yes, no),
                Step::Common(value, yes, no) => skip(loaded & value != 0, yes, no),
                Step::Return(value) => return value,
            };
        }
    }

    fn native(call: u32, first: u64, second: u64) -> u32 {
        verdict(number::AUDIT_ARCH, call, first, second)
    }

    const REFUSE: u32 = RET_ERRNO | EPERM;

    #[test]
    fn typing_into_the_terminal_is_refused() {
        assert_eq!(native(number::IOCTL, 0, 0x5412), REFUSE);
        assert_eq!(native(number::IOCTL, 0, 0x541c), REFUSE);
        assert_eq!(native(number::IOCTL, 0, 0xdead_0000_5412), REFUSE, "the high half changes nothing");
        assert_eq!(native(number::IOCTL, 0, 0x5413), RET_ALLOW, "TIOCGWINSZ");
    }

    #[test]
    fn only_ordinary_sockets_are_made() {
        for family in [1, 2, 10, 16] {
            assert_eq!(native(number::SOCKET, family, 1), RET_ALLOW, "{family}");
        }
        for family in [0, 3, 17, 38, 40, 44, 0xffff_ffff] {
            assert_eq!(native(number::SOCKET, family, 1), RET_ERRNO | EAFNOSUPPORT, "{family}");
        }
    }

    #[test]
    fn user_namespaces_are_refused_and_threads_are_not() {
        for call in [number::CLONE, number::UNSHARE] {
            assert_eq!(native(call, 0x1000_0000, 0), REFUSE);
            assert_eq!(native(call, 0x1002_0000, 0), REFUSE);
        }
        assert_eq!(native(number::CLONE, 0x003d_0f00, 0), RET_ALLOW, "a thread");
        assert_eq!(native(435, 0, 0), RET_ERRNO | ENOSYS, "clone3");
    }

    #[test]
    fn every_listed_call_is_refused_and_others_pass() {
        for call in number::REFUSED.iter().chain(REFUSED_EVERYWHERE) {
            assert_eq!(native(*call, 0, 0), REFUSE, "{call}");
        }
        for call in [0, 1, 2, 3, 9, 59, 257, 436, 437, 439] {
            assert_eq!(native(call, 0, 0), RET_ALLOW, "{call}");
        }
    }

    #[test]
    fn other_architectures_do_not_pass() {
        assert_eq!(verdict(0x4000_0003, 1, 0, 0), RET_KILL_PROCESS, "i386");
        if cfg!(target_arch = "x86_64") {
            assert_eq!(native(0x4000_0001, 0, 0), RET_ERRNO | ENOSYS, "x32");
        }
    }

    #[test]
    fn the_encoding_is_the_kernels() {
        assert_eq!(Step::Equal(0x0102_0304, 5, 6).encode(), [0x15, 0, 5, 6, 4, 3, 2, 1]);
        assert_eq!(filter().len(), steps().len() * 8);
        // Skips are eight bits wide, programs at most 4096 steps long.
        assert!(steps().len() < 4096);
    }
}
