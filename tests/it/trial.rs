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
    /// What the agent logs; nothing: the usual.
    pub(crate) log_filter: &'static str,
}

impl Trial {
    /// A trial with `rules`, in which `LOG` stands for the log's path and `DIR` for the folder's.
    /// They post to the webhook `room` by default.
    pub(crate) fn new(rules: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let runtime = Runtime::new().unwrap();
        let room = runtime.block_on(Room::start(RoomOptions::for_tests())).unwrap();
        let trial = Self { folder, runtime, room, agent: None, log_filter: "" };
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
        self.start_under(&["sh", "-c", &format!("ulimit -n {n} && exec \"$@\""), "sh"]);
    }

    /// The same by a command that becomes the agent, whose arguments end with the agent's.
    pub(crate) fn start_under(&mut self, wrapper: &[&str]) {
        let command = self.wrapped(wrapper);
        self.start_by(command, None);
    }

    /// Starts the agent by such a command and waits until it follows the log, or has ended.
    pub(crate) fn try_start_under(&mut self, wrapper: &[&str]) {
        let mut command = self.wrapped(wrapper);
        let ready = self.readiness(&mut command);
        ready.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        self.agent = Some(command.spawn().unwrap());
        let started = Instant::now();
        while self.is_alive() && ready.recv(&mut [0; 64]).is_err() {
            assert!(started.elapsed() < LONG, "neither ready nor dead\n{}", self.stderr());
        }
    }

    fn wrapped(&self, wrapper: &[&str]) -> Command {
        let agent = self.agent_command();
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(agent.get_program()).args(agent.get_args());
        for (name, value) in agent.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.agent_stderr());
        command
    }

    /// Where an agent that `command` starts says that it is ready.
    fn readiness(&self, command: &mut Command) -> UnixDatagram {
        let socket = self.folder.path().join("notify");
        let _ = fs::remove_file(&socket);
        let ready = UnixDatagram::bind(&socket).unwrap();
        open_to_all(&socket);
        command.env("NOTIFY_SOCKET", &socket);
        ready
    }

    fn start_by(&mut self, mut command: Command, user: Option<u32>) {
        let ready = self.readiness(&mut command);
        ready.set_read_timeout(Some(LONG)).unwrap();
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

    /// Starts the agent on `stdin` and waits until it follows it.
    pub(crate) fn start_on(&mut self, stdin: impl Into<Stdio>) {
        let mut command = self.agent_command();
        command.stdin(stdin);
        self.start_by(command, None);
    }

    /// Starts the agent and does not wait.
    pub(crate) fn launch(&mut self) {
        self.agent = Some(self.agent_command().spawn().unwrap());
    }

    fn agent_command(&self) -> Command {
        let mut command = logbell();
        command.arg("run").arg("--config").arg(self.config()).env("LOGBELL_LOG", self.log_filter);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.agent_stderr());
        command
    }

    fn agent_stderr(&self) -> File {
        let path = self.folder.path().join("agent.err");
        File::options().create(true).append(true).open(path).unwrap()
    }

    /// What the agent has written to stderr.
    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.folder.path().join("agent.err")).unwrap_or_default()
    }

    /// Waits until the agent has said `text`. A file gives no signal, so it is looked at.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&self, text: &str) {
        self.wait_for_stderr_times(text, 1);
    }

    /// Waits until the agent has said `text` so often.
    #[track_caller]
    pub(crate) fn wait_for_stderr_times(&self, text: &str, n: usize) {
        let started = Instant::now();
        while self.stderr().matches(text).count() < n {
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

    /// Stops and continues the agent as a terminal does, and does anything else that signals do.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.agent.as_ref().unwrap()), signal).unwrap();
    }

    /// Waits for an agent that ends by itself.
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        self.agent.take().unwrap().wait().unwrap()
    }

    /// The agent's process.
    pub(crate) fn pid(&self) -> u32 {
        self.agent.as_ref().unwrap().id()
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
        command.args(arguments).arg("--state").arg(self.state());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.read(&["status", "--json"])).unwrap()
    }

    /// How many lines `rule` matched, as of the last commit. Quick enough to be asked often.
    pub(crate) fn matched(&self, rule: &str) -> u64 {
        matched(&self.state(), rule)
    }

    /// Waits until `rule` has matched `n` lines, of which no signal tells: each is a commit.
    #[track_caller]
    pub(crate) fn wait_for_matched(&self, rule: &str, n: u64) {
        let started = Instant::now();
        while self.matched(rule) < n {
            let so_far = self.matched(rule);
            assert!(
                started.elapsed() < LONG,
                "{n} matches of `{rule}` expected; there are {so_far}\n{}\n{}",
                self.read(&["status"]),
                self.stderr()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
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

/// How many lines `rule` matched, as of the last commit to the store in the directory `state`.
pub(crate) fn matched(state: &Path, rule: &str) -> u64 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let store = rusqlite::Connection::open_with_flags(state.join("logbell.db"), flags).unwrap();
    store.busy_timeout(LONG).unwrap();
    let matched = "SELECT matched FROM rule WHERE name = ?1";
    let row = store.query_row(matched, [rule], |row| row.get::<_, i64>(0));
    match row {
        Ok(n) => u64::try_from(n).unwrap(),
        // A rule that has matched nothing yet may have no row.
        Err(rusqlite::Error::QueryReturnedNoRows) => 0,
        Err(error) => panic!("{error}"),
    }
}

/// Lets every user use a folder or a socket.
pub(crate) fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

fn trial_path(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}
