//! Rules as people on call write them, each with a line that it matches.
//!
//! Most have a literal, some are in any case, some have classes, bounded repeats, `.*`, captures or
//! an anchor. The words that they share with lines that are well are many, as in life: the names of
//! services, `failed`, `error`, `timeout`.

use std::fmt::Write as _;

use logbell::flow::SourceId;
use logbell::matcher::{MatchSettings, Pattern};

use crate::corpus::Scene;

/// A rule.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its `match`.
    pub(crate) pattern: String,
    /// A line that it matches, from `@` on; what stands there is a number.
    line: String,
}

/// A pattern and a line that it matches, where `~` stands for a service, `&` for the same in capital
/// letters, and `@` in the line for any number.
const SHAPES: [(&str, &str); 25] = [
    (
        r"Out of memory: Killed process (?P<pid>\d+) \((?P<proc>~[^)]*)\)",
        "kernel: [62279.4] Out of memory: Killed process @ (~-server) total-vm:8123456kB, anon-rss:4123456kB",
    ),
    (
        r"(?i)connection (?:refused|reset|timed out).*~",
        "proxy[811]: Connection refused while calling ~ after @ ms",
    ),
    (
        r#"\[error\] \d+#\d+: .*upstream timed out .*upstream: "http://~"#,
        r#"nginx: [error] 31#31: *@ upstream timed out (110: Connection timed out), upstream: "http://~:8080/""#,
    ),
    (
        r#""(?:GET|POST|PUT) /api/~/\S* HTTP/[\d.]+" 5\d\d "#,
        r#"nginx: 192.0.2.7 - - "POST /api/~/@ HTTP/1.1" 502 157 "-" "curl/8.5.0""#,
    ),
    (
        r"^[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ sshd\[\d+\]: Failed password for (?:invalid user )?~ from (?P<ip>[\d.]+)",
        "sshd[@]: Failed password for invalid user ~ from 203.0.113.9 port 4711 ssh2",
    ),
    (
        r"kernel: \[ *\d+\.\d+\] .*~\[\d+\]: segfault at [0-9a-f]+ ip [0-9a-f]+",
        "kernel: [62279.4] ~[@]: segfault at 7f31 ip 00007f3155aa sp 00007ffd error 4 in libc.so.6",
    ),
    (
        r"EXT4-fs error \(device (?P<device>[a-z]+\d*-~)\)",
        "kernel: EXT4-fs error (device dm0-~): ext4_find_entry: inode #@: comm node: reading directory",
    ),
    (r#"FATAL:  .*database "~""#, r#"postgres[@]: FATAL:  the database "~" is not there"#),
    (
        r"ERROR:  deadlock detected.*~",
        "postgres[@]: ERROR:  deadlock detected by process 4711 in relation ~",
    ),
    (
        r"java\.lang\.(?:OutOfMemory|StackOverflow)Error.*~",
        r#"app: Exception in thread "main-@" java.lang.OutOfMemoryError: Java heap space at ~"#,
    ),
    (
        r#""service":"~".*"status":5\d\d"#,
        r#"app: {"level":"error","n":@,"service":"~","msg":"payment was declined","status":503}"#,
    ),
    (r"(?i)\bpanic\b.*\b~\b", "app[@]: PANIC: unwinding in ~ with no handler"),
    (
        r"(?i)~-worker-\d+ (?:exited|died) with (?:code|status) [1-9]\d*",
        "supervisord: ~-worker-@ exited with status 137, not expected",
    ),
    (r"\b&-E\d{4}\b", "app: &-E4711: request @ was refused"),
    (
        r"disk usage (?:9[5-9]|100)% on /srv/~",
        "monitor: disk usage 97% on /srv/~, @ inodes are free",
    ),
    (
        r"(?i)error.*~.* failed (?P<times>\d{1,3}) times",
        "consul[@]: error: check of ~ failed 12 times in a row",
    ),
    (
        r"\b\d{5,}(?:\.\d+)? ?ms\b.*FROM ~ WHERE paid",
        "mysqld[@]: slow query (12345.6 ms): SELECT COUNT(*) FROM ~ WHERE paid = 0",
    ),
    (
        r"certificate for ~\.example\.com expires in [0-6] days",
        "certbot[@]: certificate for ~.example.com expires in 3 days",
    ),
    (r"(?i)circuit.?breaker.*~.*open", "gateway[@]: CircuitBreaker 'call-~' changed to OPEN"),
    (
        r"\.~\.\w+ +: .*(?:refused|rejected) after \d+ tries",
        "app: ERROR 1 --- [main] c.e.shop.~.Client : call @ refused after 3 tries",
    ),
    (
        r"replication lag of ~-replica is \d{3,}s",
        "pgpool[@]: replication lag of ~-replica is 912s, failover is off",
    ),
    (
        r"(?:dropp(?:ed|ing)|lost) \d+ .*queue ~",
        "broker: dropping @ messages from queue ~ which is full",
    ),
    (r"^(?:\S+ +){4}~\[\d+\]: FATAL", "~[@]: FATAL: cannot open the key store"),
    (
        r"user '?~'? .*from \d{1,3}(?:\.\d{1,3}){3}.*denied",
        "vpn[@]: user '~' came from 203.0.113.77 and was denied",
    ),
    (r"~ .*(?:rolled back|aborted|killed by signal \d+)", "app: job @ of ~ was killed by signal 9"),
];

/// Services whose troubles are told.
const SERVICES: [&str; 40] = [
    "checkout",
    "orders",
    "billing",
    "search",
    "auth",
    "cart",
    "inventory",
    "payments",
    "shipping",
    "invoices",
    "catalog",
    "pricing",
    "refunds",
    "loyalty",
    "reviews",
    "profile",
    "sessions",
    "uploads",
    "thumbs",
    "reports",
    "ledger",
    "fraud",
    "taxes",
    "coupons",
    "wishlist",
    "returns",
    "delivery",
    "tracking",
    "webhooks",
    "exports",
    "imports",
    "archive",
    "metrics",
    "scheduler",
    "notifier",
    "geocoder",
    "translator",
    "recommender",
    "warehouse",
    "accounts",
];

impl Rule {
    /// The first `n` rules, at most [`Self::MAX`].
    pub(crate) fn first(n: usize) -> Vec<Self> {
        assert!(n <= Self::MAX, "there are {} rules", Self::MAX);
        (0..n).map(Self::nth).collect()
    }

    /// Rules that are there.
    pub(crate) const MAX: usize = SHAPES.len() * SERVICES.len();

    fn nth(i: usize) -> Self {
        let (turn, shape) = (i / SHAPES.len(), i % SHAPES.len());
        let (pattern, line) = SHAPES[shape];
        // Each shape with another service in each turn, and no two alike.
        let service = SERVICES[(turn + 3 * shape) % SERVICES.len()];
        let capital = service.to_uppercase();
        let named = |text: &str| text.replace('~', service).replace('&', &capital);
        Self { pattern: named(pattern), line: named(line) }
    }

    /// What a line has that the rule matches.
    #[allow(dead_code, reason = "needed by another benchmark")]
    pub(crate) fn example(&self) -> String {
        self.line.replace('@', "1")
    }

    /// Appends a line that the rule matches, with so many bytes of ids behind it as make `size` of it.
    pub(crate) fn append_line(&self, size: usize, scene: &mut Scene, out: &mut String) {
        let (begin, head) = (out.len(), scene.syslog_head());
        let (before, after) = self.line.split_once('@').expect("a place for a number");
        write!(out, "{head} {before}{}{after}", scene.number(30_000)).expect("a string takes all");
        while out.len() - begin < size {
            write!(out, " {}", scene.id()).expect("a string takes all");
        }
        out.push('\n');
    }
}

/// Rules with `patterns`, as the matcher takes them, with what is set by default.
pub(crate) fn settings<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Vec<MatchSettings> {
    let rule =
        |pattern| MatchSettings::new(SourceId(0), vec![Pattern::new(pattern).expect("a constant")]);
    patterns.into_iter().map(rule).collect()
}
