//! What happens in the demo: who writes which line into which log, and when.

use std::time::Duration;

use jiff::ZonedDateTime;

/// The logs, as paths below the demo's folder.
pub(super) const ACCESS: &str = "var/log/nginx/access.log";
pub(super) const ERRORS: &str = "var/log/nginx/error.log";
pub(super) const AUTH: &str = "var/log/auth.log";
pub(super) const KERNEL: &str = "var/log/kern.log";
pub(super) const BACKUP: &str = "var/log/backup.log";

/// All logs.
pub(super) const LOGS: [&str; 5] = [ACCESS, ERRORS, AUTH, KERNEL, BACKUP];

/// How long the demo takes at its usual speed.
pub(super) const LENGTH: Duration = Duration::from_secs(30);

/// A line to be written.
pub(super) struct Cue {
    /// When, from the start on, at the usual speed.
    pub(super) at: Duration,
    /// Into which log.
    pub(super) log: &'static str,
    line: Line,
}

enum Line {
    Request { status: u16, path: &'static str, client: u8 },
    NoUpstream { client: u8 },
    BadPassword { user: &'static str, ip: &'static str, port: u16 },
    Kernel(&'static str),
    Chunk(u32),
}

/// The whole script, in order of time. Each seed gives one of its own.
pub(super) fn cues(seed: u64) -> Vec<Cue> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut cues = Vec::new();
    quiet_traffic(&mut random, &mut cues);
    burst_of_502s(&mut random, &mut cues);
    attack(&mut random, &mut cues);
    backup_that_stops(&mut cues);
    cues.extend(OOM.into_iter().map(|line| cue(13_000, KERNEL, Line::Kernel(line))));
    cues.sort_by_key(|cue| cue.at);
    cues
}

/// A web server goes about its work.
fn quiet_traffic(random: &mut fastrand::Rng, cues: &mut Vec<Cue>) {
    let mut at = 200;
    while at < 26_000 {
        let path = random.choice(["/", "/shop", "/shop/cart", "/api/prices", "/logo.svg"]);
        let (path, client) = (path.unwrap_or("/"), random.u8(2..250));
        cues.push(cue(at, ACCESS, Line::Request { status: 200, path, client }));
        at += random.u64(120..400);
    }
}

/// For six seconds nobody can pay.
fn burst_of_502s(random: &mut fastrand::Rng, cues: &mut Vec<Cue>) {
    for i in 0..240 {
        let (at, client) = (4_000 + i * 25, random.u8(2..250));
        cues.push(cue(at, ACCESS, Line::Request { status: 502, path: "/shop/checkout", client }));
        if i % 8 == 0 {
            cues.push(cue(at, ERRORS, Line::NoUpstream { client }));
        }
    }
}

/// Somebody tries passwords. One user name tries to be a mention of everybody in the room.
fn attack(random: &mut fastrand::Rng, cues: &mut Vec<Cue>) {
    for i in 0..60 {
        let users = ["root", "admin", "oracle", "<users/all>"];
        let user = random.choice(users).unwrap_or("root");
        let ip = if i % 12 == 11 { "198.51.100.7" } else { "203.0.113.9" };
        let line = Line::BadPassword { user, ip, port: random.u16(30_000..60_000) };
        cues.push(cue(8_000 + i * 110, AUTH, line));
    }
}

/// A backup reports its progress, and then does not any more.
fn backup_that_stops(cues: &mut Vec<Cue>) {
    for i in 0..16 {
        let line = Line::Chunk(1 + u32::try_from(i).unwrap_or(0));
        cues.push(cue(500 + i * 700, BACKUP, line));
    }
}

/// What the kernel says when it runs out of memory, shortened.
const OOM: [&str; 3] = [
    "java invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0",
    "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,\
     task_memcg=/system.slice/shop.service,task=java,pid=4711,uid=998",
    "Out of memory: Killed process 4711 (java) total-vm:9437184kB, anon-rss:7340032kB, \
     file-rss:0kB, shmem-rss:0kB, UID:998 pgtables:18432kB oom_score_adj:0",
];

fn cue(millis: u64, log: &'static str, line: Line) -> Cue {
    Cue { at: Duration::from_millis(millis), log, line }
}

impl Cue {
    /// The line as the program would write it at `now`, without its end.
    pub(super) fn line(&self, now: &ZonedDateTime) -> String {
        let syslog = now.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z");
        match self.line {
            Line::Request { status, path, client } => {
                let time = now.strftime("%d/%b/%Y:%H:%M:%S %z");
                format!(
                    "192.0.2.{client} - - [{time}] \"GET {path} HTTP/1.1\" {status} 559 \"-\" \
                     \"Mozilla/5.0\""
                )
            }
            Line::NoUpstream { client } => {
                let time = now.strftime("%Y/%m/%d %H:%M:%S");
                format!(
                    "{time} [error] 812#812: *{client} connect() failed (111: Connection refused) \
                     while connecting to upstream, client: 192.0.2.{client}, server: shop.example, \
                     request: \"GET /shop/checkout HTTP/1.1\", upstream: \
                     \"http://127.0.0.1:8080/shop/checkout\", host: \"shop.example\""
                )
            }
            Line::BadPassword { user, ip, port } => format!(
                "{syslog} web-1 sshd[2107]: Failed password for invalid user {user} from {ip} port \
                 {port} ssh2"
            ),
            Line::Kernel(text) => format!("{syslog} web-1 kernel: [ 8642.139701] {text}"),
            Line::Chunk(n) => format!("{syslog} web-1 backup[912]: chunk {n}/400 stored"),
        }
    }
}
