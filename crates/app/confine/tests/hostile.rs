//! A hostile command tries to get out, one attempt at a time; each is reported by name. The same attempts are made
//! outside the sandbox first, where they must succeed: an attempt that cannot succeed proves nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod machine;

use std::collections::BTreeMap;
use std::process::Command;

use machine::{CANARY, CREDENTIALS, Machine};

/// One attempt: a script that prints the canary when it succeeds.
struct Attempt {
    name: String,
    script: String,
    /// Whether it succeeds, and harms nobody, outside the sandbox.
    control: bool,
}

fn attempt(name: impl Into<String>, control: bool, script: impl Into<String>) -> Attempt {
    Attempt { name: name.into(), script: script.into(), control }
}

/// `won` is a file with the canary, for attempts whose success shows itself otherwise.
const WON: &str = "cat won";

fn python(code: &str) -> String {
    format!(
        "python3 - <<'END'\nimport ctypes, errno, fcntl, glob, os, socket, sys\nlibc = ctypes.CDLL(None, use_errno=True)\ndef won(): print(open('won').read())\n{code}\nEND"
    )
}

/// Connects to a unix socket and prints what it says.
fn talk(address: &str) -> String {
    python(&format!(
        "s = socket.socket(socket.AF_UNIX); s.settimeout(2); s.connect({address}); print(s.recv(200).decode())"
    ))
}

/// Connects to a unix socket of the system, which says nothing by itself.
fn connect(path: &str) -> String {
    python(&format!("s = socket.socket(socket.AF_UNIX); s.connect('{path}'); won()"))
}

fn files(machine: &Machine) -> Vec<Attempt> {
    let home = machine.home.display();
    let root = machine.root.display();
    let interlock = machine.interlock_home.display();
    let real_home = std::env::var("HOME").unwrap_or_default();
    let mut attempts: Vec<_> = CREDENTIALS
        .iter()
        .map(|path| attempt(format!("read ~/{path}"), true, format!("cat '{home}/{path}'")))
        .collect();
    attempts.extend([
        attempt("read the store", true, format!("cat {interlock}/store.sqlite")),
        attempt("read the daemon's keys", true, format!("cat {interlock}/keys/checkpoint")),
        attempt("search every file below the machine", true, format!("grep -rasl {CANARY_PART} {root}/people --include='*' --exclude=won --exclude-dir=attempts --exclude-dir=out -D skip | grep . && {WON}")),
        attempt("follow a link to a file", true, "cat link-to-file"),
        attempt("follow a link to a directory", true, "cat link-to-directory/credentials"),
        attempt("make a link and follow it", true, format!("ln -s {home}/.ssh made && cat made/id_ed25519")),
        attempt("make a hard link", true, format!("ln {home}/.aws/credentials hard && cat hard")),
        attempt("walk up from the work directory", true, "cat ../../.aws/credentials"),
        attempt("pass through a process's root", true, format!("cat /proc/1/root{home}/.netrc /proc/self/root{home}/.netrc")),
        attempt("pass through any process's directory", true, "cat /proc/*/cwd/../../.netrc"),
        attempt("use an inherited descriptor", true, "cat /proc/self/fd/*/credentials"),
        attempt("use a descriptor of the first process", false, "cat /proc/1/fd/*/credentials"),
        attempt(
            "open the source paths of mountinfo",
            true,
            python("for line in open('/proc/self/mountinfo'):\n  f = line.split()\n  for base in {f[3], f[4], '/proc/1/root' + f[3], f[4] + f[3]}:\n    for at in ('/.aws/credentials', os.environ['HOME'] + '/.aws/credentials'):\n      try: print(open(base.rstrip('/') + at).read())\n      except OSError: pass"),
        ),
        attempt("read the real home of whoever runs the test", true, format!("ls -A {real_home} | grep . && {WON}")),
        attempt("list other people's homes", false, format!("ls -A /home/* /root 2>/dev/null | grep -v : | grep . && {WON}")),
        attempt("read /etc/shadow", is_root(), format!("cat /etc/shadow && {WON}")),
        attempt("read host's private keys", false, format!("cat /etc/ssl/private/* /etc/ssh/ssh_host_*_key && {WON}")),
        attempt("read service secrets", false, format!("cat /run/secrets/* /var/run/secrets/*/*/* && {WON}")),
    ]);
    attempts
}

fn writes(machine: &Machine) -> Vec<Attempt> {
    let home = machine.home.display();
    vec![
        // Where the home stands in a private place these write to a copy that nobody sees: whether they won is looked
        // at from outside.
        attempt("write to the home", false, format!("echo evil >> {home}/.bashrc")),
        attempt("write beside the work directory", false, "touch ../evil"),
        attempt("write to a known file", false, format!("echo evil >> {home}/.gitconfig && {WON}")),
        attempt("write to the system", false, format!("touch /etc/evil /usr/local/bin/evil && {WON}")),
        attempt("replace the relay", false, format!("cp /bin/true /run/interlock/interlock && {WON}")),
        attempt("remount the root writable", false, format!("mount -o remount,rw / && {WON}")),
        attempt(
            "remount the home writable",
            false,
            format!("mount -o remount,bind,rw {home}/notes && {WON}"),
        ),
        attempt("unmount a mask", false, format!("umount -l {home}/.aws && cat {home}/.aws/credentials")),
        attempt("bind a mount", false, format!("mkdir m && mount --bind / m && {WON}")),
    ]
}

/// A part of the canary that is enough to find it, without being it.
const CANARY_PART: &str = "wJalrXUtnFEMI-K7MDENG";

fn processes(machine: &Machine) -> Vec<Attempt> {
    let pid = machine.neighbour.id();
    vec![
        attempt("read the environment", true, "env"),
        attempt("read the environment of any process", true, "cat /proc/[0-9]*/environ | tr '\\0' '\\n'"),
        attempt("see a process outside", true, format!("cat /proc/{pid}/status && {WON}")),
        attempt("signal a process outside", true, format!("kill -0 {pid} && {WON}")),
        attempt(
            "see more than its own processes",
            true,
            format!("test $(ls -d /proc/[0-9]* | wc -l) -gt 12 && {WON}"),
        ),
        attempt(
            "trace a process outside",
            false,
            python(&format!(
                "libc.ptrace.argtypes = [ctypes.c_long] * 4\nif libc.ptrace(0x4206, {pid}, 0, 0) == 0: won()"
            )),
        ),
        attempt("read memory outside", false, format!("head -c1 /proc/{pid}/mem && {WON}")),
        attempt(
            "hold a capability",
            is_root(),
            format!("grep -E 'Cap(Prm|Eff|Bnd|Amb).*[1-9a-f]' /proc/self/status && {WON}"),
        ),
        attempt(
            "gain privileges on execution",
            true,
            format!("grep 'NoNewPrivs:.0' /proc/self/status && {WON}"),
        ),
        attempt("make a user namespace", false, format!("unshare --user --map-root-user true && {WON}")),
        attempt("make a mount namespace", false, format!("unshare --mount true && {WON}")),
        attempt("enter the first process's namespaces", false, format!("nsenter -t 1 -a true && {WON}")),
        attempt(
            "nest a sandbox and remount",
            true,
            format!(
                "bwrap --unshare-user --dev-bind / / --tmpfs {} true && {WON}",
                machine.home.join("src").display()
            ),
        ),
        attempt("change the root", false, format!("chroot / true && {WON}")),
    ]
}

/// Attempts on the kernel that all sandboxes of the machine share.
fn kernel() -> Vec<Attempt> {
    vec![
        attempt(
            "set the kernel's core handler",
            is_root(),
            // Opened, never written: outside, it would be the machine's own.
            python("os.close(os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)); won()"),
        ),
        attempt(
            "write any kernel setting",
            is_root(),
            format!("find /proc/sys /sys -writable -type f 2>/dev/null | grep -q . && {WON}"),
        ),
        attempt(
            "press the magic key",
            false,
            python("os.close(os.open('/proc/sysrq-trigger', os.O_WRONLY)); won()"),
        ),
        attempt(
            "read the machine's memory",
            false,
            format!("head -c1 /dev/mem && {WON}; head -c1 /proc/kcore && {WON}"),
        ),
        attempt(
            "read a disk",
            false,
            format!("for d in /dev/[hsv]d* /dev/nvme* /dev/dm-*; do head -c1 $d && {WON}; done"),
        ),
        attempt(
            "make a device",
            false,
            format!("mknod d b 254 0 && head -c1 d && {WON}; mknod c c 1 1 && head -c1 c && {WON}"),
        ),
        attempt("read the kernel's log", false, format!("dmesg | grep -q . && {WON}")),
        attempt(
            "use the kernel's key rings",
            true,
            python(
                "n = {'x86_64': 250, 'aarch64': 219}[os.uname().machine]\nif libc.syscall(n, 0, -3, 1) != -1 or ctypes.get_errno() != errno.EPERM: won()",
            ),
        ),
        attempt(
            "type into the terminal",
            true,
            python(
                "try: fcntl.ioctl(0, 0x5412, b'x'); won()\nexcept OSError as e:\n  if e.errno != errno.EPERM: won()",
            ),
        ),
        attempt(
            "call past the filter through io_uring",
            false,
            python("if libc.syscall(425, 1, ctypes.create_string_buffer(256)) != -1: won()"),
        ),
    ]
}

fn sockets(machine: &Machine) -> Vec<Attempt> {
    let at = |path: std::path::PathBuf| talk(&format!("{:?}", path.display().to_string()));
    let name = format!("b'\\0interlock-hostile-{}'", std::process::id());
    let port = machine.tcp_port;
    let tcp = |host: &str, port: u16| {
        python(&format!("s = socket.create_connection(('{host}', {port}), 2); won()"))
    };
    vec![
        attempt("use the control socket", true, at(machine.interlock_home.join("control.sock"))),
        attempt("use the key agent's socket", true, at(machine.root.join("agent/agent.42"))),
        attempt("use a container engine's socket", true, at(machine.home.join(".docker/run/docker.sock"))),
        attempt("use a socket in an ordinary place", true, at(machine.home.join("notes/server.sock"))),
        attempt("use a socket in the work directory", true, at(machine.workdir.join("outside.sock"))),
        attempt("use an abstract socket", true, talk(&name)),
        attempt(
            "use any socket that can be found",
            true,
            format!(
                "{{ find / -xdev -maxdepth 5 -type s; find {} -type s; }} 2>/dev/null | grep -v '^/run/interlock/' | grep -vx {}/outside.sock | grep -q . && {WON}",
                machine.root.display(),
                machine.workdir.display()
            ),
        ),
        attempt("use the system's container engine", false, connect("/var/run/docker.sock")),
        attempt("use the message bus", false, connect("/run/dbus/system_bus_socket")),
        attempt("reach the host's loopback", true, tcp("127.0.0.1", port)),
        attempt("reach the metadata address", false, tcp("169.254.169.254", 80)),
        attempt("reach the internet", false, tcp("1.1.1.1", 443)),
        attempt(
            "send a datagram",
            false,
            python(
                "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('192.0.2.1', 53)); won()",
            ),
        ),
        attempt("ask the name service", false, python("socket.getaddrinfo('example.org', 443); won()")),
        attempt("reach the hypervisor's host", false, python("socket.socket(40, socket.SOCK_STREAM); won()")),
        attempt(
            "make a raw socket",
            is_root(),
            python("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); won()"),
        ),
        attempt(
            "find another network interface",
            true,
            format!("test $(grep -c : /proc/net/dev) -gt 1 && {WON}"),
        ),
        attempt("list the host's interfaces", true, format!("ls /sys/class/net | grep . && {WON}")),
    ]
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// Runs every attempt, in order, each with a time limit, and keeps what it printed.
const DRIVER: &str = "mkdir -p $1; for a in attempts/*; do timeout 15 sh $a > $1/${a##*/} 2>&1 < /dev/null; done; \
    python3 -c \"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:17100/hello').read().decode())\" > $1/door 2>&1; true";

fn outcomes(machine: &Machine, directory: &str, attempts: &[Attempt]) -> BTreeMap<String, (bool, String)> {
    attempts
        .iter()
        .enumerate()
        .map(|(index, attempt)| {
            let text = machine.wrote(&format!("{directory}/{index:03}"));
            (attempt.name.clone(), (text.contains(CANARY), text))
        })
        .collect()
}

#[test]
fn every_attempt_fails() {
    let Some(sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("hostile");
    machine::write(&machine.workdir.join("won"), CANARY);
    std::os::unix::fs::symlink(machine.home.join(".netrc"), machine.workdir.join("link-to-file")).unwrap();
    std::os::unix::fs::symlink(machine.home.join(".aws"), machine.workdir.join("link-to-directory")).unwrap();
    let attempts: Vec<_> =
        [files(&machine), writes(&machine), processes(&machine), kernel(), sockets(&machine)]
            .into_iter()
            .flatten()
            .collect();
    for (index, attempt) in attempts.iter().enumerate() {
        machine::write(&machine.workdir.join(format!("attempts/{index:03}")), &attempt.script);
    }
    // A descriptor that leads to the credentials, left open by whoever started us.
    let _leak = rustix::fs::open(
        machine.home.join(".aws"),
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::DIRECTORY,
        rustix::fs::Mode::empty(),
    )
    .unwrap();

    control(&machine, &attempts);
    let status = machine.run(&sandbox, &machine.confinement(), &format!("set -- inside; {DRIVER}"));
    assert_eq!(status, 0);

    let inside = outcomes(&machine, "inside", &attempts);
    let mut reached = Vec::new();
    for attempt in &attempts {
        let (leaked, said) = &inside[&attempt.name];
        println!("{:<9} {}", if *leaked { "REACHED" } else { "blocked" }, attempt.name);
        println!("            {}", said.lines().last().unwrap_or_default());
        if *leaked {
            reached.push(format!("{}: {}", attempt.name, said.chars().take(300).collect::<String>()));
        }
    }
    println!("{} attempts", attempts.len());
    assert!(reached.is_empty(), "these got out:\n{}", reached.join("\n"));
    assert!(
        machine.wrote("inside/door").contains("the door heard GET /hello"),
        "{}",
        machine.wrote("inside/door")
    );
    // Nothing was written where it must not be, whatever the attempts themselves believed.
    for path in [
        machine.home.join(".bashrc"),
        machine.home.join("src/evil"),
        "/etc/evil".into(),
        "/usr/local/bin/evil".into(),
    ] {
        assert!(!path.exists(), "{}", path.display());
    }
    assert!(!std::fs::read_to_string(machine.home.join(".gitconfig")).unwrap().contains("evil"));
}

/// Makes the attempts outside: each that claims to succeed there must.
fn control(machine: &Machine, attempts: &[Attempt]) {
    for (index, attempt) in attempts.iter().enumerate().filter(|(_, attempt)| attempt.control) {
        let output = Command::new("timeout")
            .args(["15", "sh", &format!("attempts/{index:03}")])
            .current_dir(&machine.workdir)
            .env_clear()
            .envs(machine.inherited.iter().cloned())
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(CANARY), "`{}` proves nothing, it fails outside too: {said}", attempt.name);
    }
    for made in ["made", "hard"] {
        drop(std::fs::remove_file(machine.workdir.join(made)));
    }
}
