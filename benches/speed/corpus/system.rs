//! Lines of the host itself: services under syslog, sshd and the kernel.

use std::fmt::Write as _;

use super::{Scene, line};

/// A line of some service of the host.
pub(super) fn syslog(scene: &mut Scene, out: &mut String) {
    let (head, process, id) = (scene.syslog_head(), scene.number(30_000), scene.number(100_000));
    match scene.number(8) {
        0 => line!(
            out,
            "{head} CRON[{process}]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)"
        ),
        1 => line!(out, "{head} systemd[1]: Started Session {id} of User deploy."),
        2 => line!(out, "{head} systemd-logind[612]: New session {id} of user deploy."),
        3 => line!(
            out,
            "{head} postfix/smtp[{process}]: 4F{id:08X}: to=<user{id}@example.com>, \
             relay=mx.example.com[192.0.2.25]:25, delay=0.8, delays=0.1/0/0.3/0.4, dsn=2.0.0, \
             status=sent (250 2.0.0 Ok: queued as 9D{id:08X})"
        ),
        4 => line!(
            out,
            "{head} dnsmasq[{process}]: query[A] node-{id}.internal.example.com from 10.0.12.7"
        ),
        5 => line!(
            out,
            "{head} kubelet[{process}]: I1123 10:00:00.000000 {process} reconciler.go:224] operation \
             started for volume \"config-{id}\", error count 0"
        ),
        _ => {
            let took = scene.number(5000);
            line!(
                out,
                "{head} haproxy[{process}]: 10.0.12.9:{} [23/Nov/2026:10:00:00.000] front~ app/web-1 \
                 0/0/1/{took}/{took} 200 {id} - - ---- 812/790/31/15/0 0/0 \"GET /api/orders/{id} HTTP/1.1\"",
                1024 + process
            );
        }
    }
}

/// A line of sshd.
pub(super) fn sshd(scene: &mut Scene, out: &mut String) {
    let (head, process) = (scene.syslog_head(), scene.number(30_000));
    let (address, port) = (scene.address(), 1024 + scene.number(60_000));
    match scene.number(10) {
        0 => line!(
            out,
            "{head} sshd[{process}]: Failed password for invalid user guest from {address} port {port} ssh2"
        ),
        1..4 => line!(
            out,
            "{head} sshd[{process}]: pam_unix(sshd:session): session opened for user deploy(uid=1000) \
             by (uid=0)"
        ),
        4..6 => line!(
            out,
            "{head} sshd[{process}]: Connection closed by {address} port {port} [preauth]"
        ),
        _ => line!(
            out,
            "{head} sshd[{process}]: Accepted publickey for deploy from {address} port {port} ssh2: \
             RSA SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
        ),
    }
}

/// A line of the kernel.
pub(super) fn kernel(scene: &mut Scene, out: &mut String) {
    let (head, up) = (scene.syslog_head(), scene.random.u32(..1 << 30));
    let up = format!("{}.{:06}", up / 1_000_000, up % 1_000_000);
    let (n, port) = (scene.number(64), scene.number(60_000));
    match scene.number(4) {
        0 => line!(out, "{head} kernel: [{up}] eth{n}: link up, 1000Mbps, full-duplex, lpa 0xC5E1"),
        1 => line!(
            out,
            "{head} kernel: [{up}] audit: type=1400 audit(1700733607.123:{n}): apparmor=\"ALLOWED\" \
             operation=\"open\" profile=\"snap.example\" pid={port} comm=\"example\""
        ),
        2 => line!(
            out,
            "{head} kernel: [{up}] [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.{n} DST=192.0.2.1 LEN=40 \
             TTL=240 PROTO=TCP SPT={port} DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0"
        ),
        _ => line!(
            out,
            "{head} kernel: [{up}] EXT4-fs (sda{n}): mounted filesystem with ordered data mode"
        ),
    }
}
