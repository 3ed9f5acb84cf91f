//! A confined command is an ordinary command: status, signals, terminal, files and environment are as expected, and
//! nothing is left when it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod machine;

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use interlock_confine::{ConfineError, Door, PROXY_PORT, client_environment, probe};
use machine::{CANARY, Machine};

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process with this word among its arguments is there.
fn runs(word: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read(entry.path().join("cmdline"))
            .is_ok_and(|text| text.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes()))
    })
}

#[test]
fn the_commands_status_is_returned() {
    let Some(sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("status");
    let confinement = machine.confinement();
    for (script, status) in
        [("exit 0", 0), ("exit 1", 1), ("exit 42", 42), ("kill -KILL $$", 137), ("kill -TERM $$", 143)]
    {
        assert_eq!(machine.run(&sandbox, &confinement, script), status, "{script}");
    }
    let code = |command: &str| {
        interlock_confine::spawn(&sandbox, &confinement, &[OsString::from(command)]).unwrap().code
    };
    assert_eq!(code("no-such-program"), 127);
    assert_eq!(code("/etc/passwd"), 126);
    assert!(matches!(interlock_confine::spawn(&sandbox, &confinement, &[]), Err(ConfineError::NoCommand)));
}

#[test]
fn the_work_directory_is_the_persons_own() {
    let Some(sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("workdir");
    let mut confinement = machine.confinement();
    machine::write(&machine.home.join(".agent/settings.json"), "{}");
    machine::write(&machine.home.join(".agent.json"), "{}");
    confinement.writable = vec![machine.home.join(".agent"), machine.home.join(".agent.json")];
    let script = "pwd > where; mkdir -p a/b && echo made > a/b/c && mv a/b/c a/d && cat ../../notes/plain.txt ~/.gitconfig \
        ~/.config/git/ignore > read; echo new > ~/.agent/settings.json; echo new > ~/.agent.json; \
        echo private > /tmp/private-$0 && cat /tmp/private-$0 > tmp; touch ~/.aws/cache && echo own > aws";
    let command = ["/bin/sh", "-c", script, &std::process::id().to_string()].map(OsString::from);
    assert_eq!(interlock_confine::spawn(&sandbox, &confinement, &command).unwrap().code, 0);
    assert_eq!(machine.wrote("where").trim(), machine.workdir.display().to_string());
    assert_eq!(machine.wrote("a/d"), "made\n");
    assert!(machine.wrote("read").contains("nothing secret") && machine.wrote("read").contains("Ana"));
    assert!(machine.wrote("read").contains("target"), "what stands beside a masked place is visible");
    assert_eq!(std::fs::read_to_string(machine.home.join(".agent/settings.json")).unwrap(), "new\n");
    assert_eq!(std::fs::read_to_string(machine.home.join(".agent.json")).unwrap(), "new\n");
    assert_eq!(machine.wrote("tmp"), "private\n");
    assert!(!Path::new(&format!("/tmp/private-{}", std::process::id())).exists());
    assert_eq!(machine.wrote("aws"), "own\n", "a masked directory is an empty one of the command's own");
    assert!(!machine.home.join(".aws/cache").exists());
    let owner = std::fs::metadata(machine.workdir.join("a/d")).unwrap().uid();
    assert_eq!(owner, rustix::process::getuid().as_raw());
}

#[test]
fn the_environment_is_ours() {
    let Some(sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("environment");
    let mut confinement = machine.confinement();
    confinement.keep.insert("STRIPE_API_KEY".to_owned());
    confinement.environment.extend(client_environment(Some(PROXY_PORT), None));
    assert_eq!(machine.run(&sandbox, &confinement, "env > env; tr '\\0' '\\n' < /proc/1/environ > first"), 0);
    let text = machine.wrote("env");
    for line in [
        "AWS_ACCESS_KEY_ID=AKIAVIRTUAL000000000",
        "HTTPS_PROXY=http://127.0.0.1:17100",
        "TERM=xterm",
        "TMPDIR=/tmp",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(text.contains(&format!("STRIPE_API_KEY={CANARY}")), "the list lets it through");
    for gone in ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "LEGACY_SETTING", "SSH_AUTH_SOCK"] {
        assert!(!text.contains(gone) && !machine.wrote("first").contains(gone), "{gone}");
    }
}

#[test]
fn what_changes_outside_while_it_runs_stays_outside() {
    let Some(sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("changes");
    let confinement = machine.confinement();
    let (home, workdir) = (machine.home.clone(), machine.workdir.clone());
    let person = std::thread::spawn(move || {
        until("the command is ready", || workdir.join("ready").exists());
        // A program replaces a credential as most do, another makes a store anew, a third one logs in for the first time.
        for (path, new) in [(".netrc", ".netrc.new"), (".docker/config.json", ".docker/config.json.new")] {
            machine::write(&home.join(new), CANARY);
            std::fs::rename(home.join(new), home.join(path)).unwrap();
        }
        std::fs::remove_dir_all(home.join(".aws")).unwrap();
        machine::write(&home.join(".aws/credentials"), CANARY);
        machine::write(&home.join(".config/op/config"), CANARY);
        machine::write(&home.join(".oci/config"), CANARY);
        machine::write(&workdir.join("go"), "");
    });
    let script = "touch ready; while ! test -e go; do sleep 0.05; done; cd; \
        cat .netrc .docker/config.json .aws/credentials .config/op/config .oci/config > src/project/seen 2>&1; true";
    assert_eq!(machine.run(&sandbox, &confinement, script), 0);
    person.join().unwrap();
    let seen = machine.wrote("seen");
    assert!(seen.contains("No such file") && !seen.contains(CANARY), "{seen}");
}

#[test]
fn nothing_is_left_when_it_ends() {
    let Some(sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("left");
    let mark = format!("31{}", std::process::id());
    let script = format!("setsid sleep {mark} > /dev/null 2>&1 & sleep 0.2; exit 7");
    assert_eq!(machine.run(&sandbox, &machine.confinement(), &script), 7);
    until("the left process is gone", || !runs(&mark));
}

#[test]
fn a_restarted_daemon_is_found_again() {
    let Some(sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("restart");
    let mut confinement = machine.confinement();
    let socket = machine.root.join("doors/late.sock");
    std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
    confinement.doors = vec![Door::in_directory(PROXY_PORT, &socket)];
    let workdir = machine.workdir.clone();
    let daemon = std::thread::spawn(move || {
        until("the command is ready", || workdir.join("ready").exists());
        machine::listen(&socket, |mut peer| drop(std::io::Write::write_all(&mut peer, b"back again")));
        machine::write(&workdir.join("go"), "");
    });
    let script = "touch ready; while ! test -e go; do sleep 0.05; done; \
        python3 -c \"import socket; print(socket.create_connection(('127.0.0.1', 17100)).recv(99).decode())\" > answer 2>&1";
    assert_eq!(machine.run(&sandbox, &confinement, script), 0, "{}", machine.wrote("answer"));
    daemon.join().unwrap();
    assert_eq!(machine.wrote("answer").trim(), "back again");
}

#[test]
fn the_probes_find_a_sound_sandbox_and_a_missing_daemon() {
    let Some(_sandbox) = machine::sandbox() else { return };
    let machine = Machine::new("probe");
    let mut confinement = machine.confinement();
    let findings = probe::probe(&confinement);
    assert_eq!(
        findings.iter().map(|finding| (finding.id.as_str(), finding.ok)).collect::<Vec<_>>(),
        ["sandbox", "masks", "metadata", "network", "privileges", "doors"].map(|id| (id, true)),
        "{findings:?}"
    );
    let places = probe::masked_places(&confinement).unwrap();
    assert!(places.contains(&machine.home.canonicalize().unwrap().join(".aws")));
    let dead = machine.root.join("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    confinement.doors = vec![Door::new(PROXY_PORT, dead)];
    let failing: Vec<_> = probe::probe(&confinement).into_iter().filter(|finding| !finding.ok).collect();
    assert_eq!(failing.len(), 1);
    assert_eq!(failing[0].id, "doors");
    assert!(failing[0].fix.is_some());
}

/// Runs this test program again as the one that confines, so that it can be signalled and given a terminal.
fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env("INTERLOCK_TEST_INNER", "yes");
    command
}

fn is_inner() -> bool {
    std::env::var_os("INTERLOCK_TEST_INNER").is_some()
}

#[test]
fn signals_reach_the_command_and_let_it_end_well() {
    let Some(sandbox) = machine::sandbox() else { return };
    if is_inner() {
        let machine = Machine::new("signals");
        println!("WORKDIR {}", machine.workdir.display());
        // INVARIANT of the test: the handler is the command's own, so it shows that no signal arrives ignored.
        let script =
            "trap 'echo well > ended; sleep 0.3; exit 9' TERM; echo > ready; while true; do sleep 0.05; done";
        let status = machine.run(&sandbox, &machine.confinement(), script);
        println!("STATUS {status} {}", machine.wrote("ended").trim());
        return;
    }
    let inner =
        again("signals_reach_the_command_and_let_it_end_well").stdout(Stdio::piped()).spawn().unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(inner.id()).unwrap()).unwrap();
    let root = machine::root("signals", inner.id());
    until("the command is ready", || root.join("people/ana/src/project/ready").exists());
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let said = String::from_utf8(inner.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("STATUS 9 well"), "{said}");
}

#[test]
fn the_sandbox_dies_with_whoever_started_it() {
    let Some(sandbox) = machine::sandbox() else { return };
    let mark = |pid: u32| format!("32{pid}");
    if is_inner() {
        let mut machine = Machine::new("dies");
        // Killed as this program is, it could not clean up later.
        machine.neighbour.kill().unwrap();
        machine.run(&sandbox, &machine.confinement(), &format!("exec sleep {}", mark(std::process::id())));
        return;
    }
    let mut inner = again("the_sandbox_dies_with_whoever_started_it").stdout(Stdio::null()).spawn().unwrap();
    let mark = mark(inner.id());
    until("the command runs", || runs(&mark));
    inner.kill().unwrap();
    inner.wait().unwrap();
    until("the command is gone", || !runs(&mark));
    std::fs::remove_dir_all(machine::root("dies", inner.id())).unwrap();
}

#[test]
fn a_terminal_stays_a_terminal() {
    let Some(sandbox) = machine::sandbox() else { return };
    if is_inner() {
        let machine = Machine::new("terminal");
        // An interactive shell takes the terminal and hands it to a job; Ctrl-C ends the job and not the session.
        let status = machine.run(&sandbox, &machine.confinement(), "exec bash --norc --noprofile -i");
        println!("STATUS {status}");
        return;
    }
    let Ok(script) = Command::new("script").arg("--version").output() else {
        assert!(std::env::var_os("CI").is_none(), "`script` is not installed");
        println!("SKIPPED: `script` is not installed");
        return;
    };
    assert!(script.status.success());
    let inner = std::env::current_exe().unwrap();
    let call = format!("{} a_terminal_stays_a_terminal --exact --nocapture", inner.display());
    let mut terminal = Command::new("script")
        .args(["-qec", &call, "/dev/null"])
        .env("INTERLOCK_TEST_INNER", "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut keys = terminal.stdin.take().unwrap();
    let mut screen = terminal.stdout.take().unwrap();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let copy = std::sync::Arc::clone(&seen);
    let reader = std::thread::spawn(move || {
        let mut chunk = [0; 512];
        while let Ok(length @ 1..) = std::io::Read::read(&mut screen, &mut chunk) {
            copy.lock().unwrap().push_str(&String::from_utf8_lossy(&chunk[..length]));
        }
    });
    let mut press = |text: &str| std::io::Write::write_all(&mut keys, text.as_bytes()).unwrap();
    let shows = |text: &str| until(text, || seen.lock().unwrap().contains(text));
    press("echo is-$((40+2)) $(test -t 0 && echo terminal)\n");
    shows("is-42 terminal");
    press("echo job-$((1+1)); sleep 300\n");
    shows("job-2");
    std::thread::sleep(Duration::from_millis(300));
    press("\u{3}");
    press("echo after-$((50+1))\n");
    shows("after-51");
    press("exit 5\n");
    shows("STATUS 5");
    drop(terminal.wait());
    reader.join().unwrap();
    let screen = seen.lock().unwrap();
    assert!(!screen.contains("no job control"), "{screen}");
}
