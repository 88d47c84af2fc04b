//! Lines of nginx and of services that log JSON.

use std::fmt::Write as _;

use super::{Scene, line};

const PATHS: [&str; 12] = [
    "/",
    "/index.html",
    "/static/js/app.7f3a9c.js",
    "/static/css/site.css",
    "/api/orders/",
    "/api/cart/",
    "/api/search/",
    "/api/users/",
    "/api/inventory/",
    "/login",
    "/healthz",
    "/favicon.ico",
];
const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "curl/8.5.0",
    "kube-probe/1.31",
    "python-requests/2.32.3",
];

/// An access log's line.
pub(super) fn nginx_access(scene: &mut Scene, out: &mut String) {
    let method = scene.word(&["GET", "GET", "GET", "POST", "PUT"]);
    let mut path = scene.word(&PATHS).to_owned();
    if path.starts_with("/api") {
        write!(path, "{}", scene.number(100_000)).expect("a string takes all");
    }
    // Some are answered badly, but on paths that no rule asks for.
    let status = if path == "/healthz" && scene.rarely(40) {
        "503"
    } else {
        scene.word(&["200", "200", "200", "200", "204", "301", "304", "404"])
    };
    let (agent, address, size) =
        (scene.word(&AGENTS), scene.address(), scene.random.u32(0..60_000));
    let time = scene.time();
    line!(
        out,
        "{address} - - [23/Nov/2026:{time} +0000] \"{method} {path} HTTP/1.1\" {status} {size} \
         \"https://shop.example.com/\" \"{agent}\""
    );
}

/// An error log's line, of a kind that nobody is told of.
pub(super) fn nginx_error(scene: &mut Scene, out: &mut String) {
    let (time, address) = (scene.time(), scene.address());
    let (worker, connection) = (scene.number(30_000), scene.random.u32(..));
    let what = scene.word(&[
        "open() \"/var/www/robots.txt\" failed (2: No such file or directory)",
        "client intended to send too large body: 10485761 bytes",
        "access forbidden by rule",
        "client closed connection while waiting for request",
    ]);
    line!(
        out,
        "2026/11/23 {time} [error] {worker}#{worker}: *{connection} {what}, client: {address}, \
         server: shop.example.com, request: \"GET /robots.txt HTTP/1.1\", host: \"shop.example.com\""
    );
}

/// A line of a service that logs JSON.
pub(super) fn json(scene: &mut Scene, out: &mut String) {
    let service = scene.word(&super::apps::SERVICES);
    let (time, id) = (scene.date_time('T'), scene.id());
    let (user, took) = (scene.number(1_000_000), scene.number(900));
    match scene.number(300) {
        0 => line!(
            out,
            "{{\"time\":\"{time}Z\",\"level\":\"error\",\"service\":\"mailer\",\"msg\":\"address refused, \
             not tried again\",\"user\":{user},\"trace_id\":\"{id}\"}}"
        ),
        1..20 => line!(
            out,
            "{{\"time\":\"{time}Z\",\"level\":\"warn\",\"service\":\"{service}\",\"msg\":\"slow answer\",\
             \"errors\":0,\"duration_ms\":{took},\"trace_id\":\"{id}\"}}"
        ),
        20..120 => line!(
            out,
            "{{\"time\":\"{time}Z\",\"level\":\"debug\",\"service\":\"{service}\",\"msg\":\"cache hit\",\
             \"key\":\"user:{user}:profile\",\"ttl\":300}}"
        ),
        _ => line!(
            out,
            "{{\"time\":\"{time}Z\",\"level\":\"info\",\"service\":\"{service}\",\"msg\":\"request completed\",\
             \"method\":\"GET\",\"path\":\"/v1/users/{user}\",\"status\":200,\"duration_ms\":{took},\
             \"trace_id\":\"{id}\"}}"
        ),
    }
}
