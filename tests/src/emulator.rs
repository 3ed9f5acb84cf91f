//! moto's server: the cloud of the tests.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{Scratch, python};

/// A running moto server on a free loopback port.
pub struct Emulator {
    child: Child,
    port: u16,
    scratch: Scratch,
}

impl Emulator {
    /// Starts one and waits until it answers.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with these variables set.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let scratch = Scratch::new("moto");
        let log = std::fs::File::create(scratch.path().join("log")).unwrap();
        let child = Command::new(python())
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .envs(variables.iter().copied())
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("moto does not start");
        let emulator = Self { child, port, scratch };
        let until = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "moto does not answer: {}", emulator.log());
            std::thread::sleep(Duration::from_millis(100));
        }
        emulator
    }

    /// One that checks every signature and every permission, and the key of a user who may do everything: id and
    /// secret.
    pub fn strict() -> (Self, String, String) {
        // So many calls are believed; these make the user.
        let emulator = Self::with(&[("INITIAL_NO_AUTH_ACTION_COUNT", "3")]);
        let key = emulator.hands(
            "iam = client('iam')\niam.create_user(UserName='interlock')\n\
             everything = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}\n\
             iam.put_user_policy(UserName='interlock', PolicyName='all', PolicyDocument=json.dumps(everything))\n\
             key = iam.create_access_key(UserName='interlock')['AccessKey']\n\
             print(key['AccessKeyId'], key['SecretAccessKey'])",
        );
        let (id, secret) = key.split_once(' ').unwrap();
        (emulator, id.to_owned(), secret.to_owned())
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default()
    }

    /// Runs boto3 code straight against it, as the operator's own hands: `client(name)` is there. Returns what it
    /// printed.
    pub fn hands(&self, code: &str) -> String {
        let script = format!(
            "import boto3, json\ndef client(name):\n    return boto3.client(name, endpoint_url={:?}, region_name='us-east-1', \
             aws_access_key_id='testing', aws_secret_access_key='testing')\n{code}\n",
            self.url()
        );
        let output = Command::new(python()).args(["-c", &script]).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
