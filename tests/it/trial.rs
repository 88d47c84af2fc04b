//! The real program in a temporary folder against a local room.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use logbell::chat::room::{Received, Room, RoomOptions};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Longer than anything here takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// A folder with a configuration and a log, a room, and at times an agent.
pub(crate) struct Trial {
    folder: TempDir,
    runtime: Runtime,
    pub(crate) room: Room,
    agent: Option<Child>,
}

impl Trial {
    /// A trial with `rules`, in which `LOG` stands for the log's path and `DIR` for the folder's.
    /// They post to the webhook `room` by default.
    pub(crate) fn new(rules: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let runtime = Runtime::new().unwrap();
        let room = runtime.block_on(Room::start(RoomOptions::for_tests())).unwrap();
        let trial = Self { folder, runtime, room, agent: None };
        File::create(trial.log()).unwrap();
        trial.configure(rules);
        trial
    }

    /// Changes the rules.
    pub(crate) fn configure(&self, rules: &str) {
        let rules = rules.replace("LOG", trial_path(&self.log()));
        let rules = rules.replace("DIR", trial_path(self.folder.path()));
        let listen = if rules.contains("listen =") { "" } else { "listen = \"off\"" };
        let state = if rules.contains("state =") { "" } else { "state = \"state\"" };
        let url = self.room.webhook_url("trial");
        let head = format!("{state}\n{listen}\n");
        // Top-level words come first, then tables.
        let (top, tables) = rules.split_at(rules.find('[').unwrap_or(rules.len()));
        let config = format!(
            "{head}{top}\n[webhook.room]\nurl = \"{url}\"\n[defaults]\nwebhook = \"room\"\n{tables}"
        );
        fs::write(self.config(), config).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("logbell.toml")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("app.log")
    }

    /// Appends bytes to the log in one write.
    pub(crate) fn write(&self, bytes: impl AsRef<[u8]>) {
        append(&self.log(), bytes.as_ref());
    }

    /// Starts the agent and waits until it follows the log.
    pub(crate) fn start(&mut self) {
        self.start_as(None);
    }

    /// The same as another user, where the tests run as root.
    pub(crate) fn start_as(&mut self, user: Option<u32>) {
        let command = self.agent_command();
        self.start_by(command, user);
    }

    /// The same with no more than `n` open files.
    pub(crate) fn start_with_open_files(&mut self, n: u32) {
        let agent = self.agent_command();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {n} && exec \"$@\""), "sh"]);
        command.arg(agent.get_program()).args(agent.get_args()).stderr(Stdio::null());
        self.start_by(command, None);
    }

    fn start_by(&mut self, mut command: Command, user: Option<u32>) {
        let socket = self.folder.path().join("notify");
        let _ = fs::remove_file(&socket);
        let ready = UnixDatagram::bind(&socket).unwrap();
        ready.set_read_timeout(Some(LONG)).unwrap();
        if user.is_some() {
            open_to_all(&socket);
        }
        command.env("NOTIFY_SOCKET", &socket);
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        self.agent = Some(command.spawn().unwrap());
        let mut said = [0; 64];
        let n = loop {
            match ready.recv(&mut said) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                answer => break answer.expect("the agent says when it is ready"),
            }
        };
        assert_eq!(said[..n].trim_ascii(), b"READY=1");
    }

    /// Starts the agent and does not wait.
    pub(crate) fn launch(&mut self) {
        self.agent = Some(self.agent_command().spawn().unwrap());
    }

    fn agent_command(&self) -> Command {
        let stderr = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("agent.err"))
            .unwrap();
        let mut command = logbell();
        command.arg("run").arg("--config").arg(self.config());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        command
    }

    /// What the agent has written to stderr.
    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.folder.path().join("agent.err")).unwrap_or_default()
    }

    /// Waits until the agent has said `text`. A file gives no signal, so it is looked at.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&self, text: &str) {
        let started = Instant::now();
        while !self.stderr().contains(text) {
            assert!(started.elapsed() < LONG, "`{text}` expected in\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends SIGTERM and waits.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let mut agent = self.agent.take().unwrap();
        kill_process(Pid::from_child(&agent), Signal::TERM).unwrap();
        agent.wait().unwrap()
    }

    /// Sends SIGKILL and waits.
    pub(crate) fn kill(&mut self) {
        let mut agent = self.agent.take().unwrap();
        agent.kill().unwrap();
        agent.wait().unwrap();
    }

    /// Whether the agent runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.agent.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// Waits until the room has taken `n` messages in all.
    #[track_caller]
    pub(crate) fn wait_for(&self, n: usize) -> Vec<Received> {
        let waited = self.runtime.block_on(self.room.wait_for(n, LONG));
        waited.unwrap_or_else(|_| {
            let texts: Vec<_> = self.room.messages().into_iter().map(|m| m.message.text).collect();
            panic!("{n} messages expected; there are {texts:#?}\n{}", self.stderr())
        })
    }

    /// Runs `logbell` with `--state` of the trial, and gives its stdout.
    pub(crate) fn read(&self, arguments: &[&str]) -> String {
        let mut command = logbell();
        command.args(arguments).arg("--state").arg(self.folder.path().join("state"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.read(&["status", "--json"])).unwrap()
    }

    pub(crate) fn history(&self) -> Vec<Value> {
        let rows = self.read(&["history", "--json"]);
        rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect()
    }

    /// The history as `kind(count) state`, oldest first.
    pub(crate) fn told(&self) -> Vec<String> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let show =
            |row: &Value| format!("{}({}) {}", text(row, "kind"), row["count"], text(row, "state"));
        self.history().iter().map(show).collect()
    }

    /// The law of the history: what was told and what was not is what was matched. Returns that.
    #[track_caller]
    pub(crate) fn check_counts(&self, rule: &str) -> u64 {
        let history = self.history();
        let counts = |row: &&Value| {
            row["rule"] == rule && row["state"] != "merged" && row["kind"] != "resolved"
        };
        let told: u64 =
            history.iter().filter(counts).map(|row| row["count"].as_u64().unwrap()).sum();
        let status = self.status();
        let mut rules = status["rules"].as_array().unwrap().iter();
        let row = rules.find(|row| row["name"] == rule).expect("the rule is known");
        let (matched, suppressed) = (&row["matched"], row["suppressed"].as_u64().unwrap());
        assert_eq!(told + suppressed, matched.as_u64().unwrap(), "{history:#?}\n{status:#}");
        told + suppressed
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(agent) = &mut self.agent {
            let _ = agent.kill();
            let _ = agent.wait();
        }
    }
}

/// The program that is tested, in an environment without what could lead it astray.
pub(crate) fn logbell() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logbell"));
    for name in ["NOTIFY_SOCKET", "JOURNAL_STREAM", "STATE_DIRECTORY", "LOGBELL_LOG"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("TZ", "UTC");
    command
}

pub(crate) fn append(path: &Path, bytes: &[u8]) {
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// Lets every user use a folder or a socket.
pub(crate) fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

fn trial_path(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}
