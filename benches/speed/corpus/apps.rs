//! Lines of services in Java, with stacks, and of Postgres.

use std::fmt::Write as _;

use super::{Scene, line};

/// Services that write what is well.
pub(super) const SERVICES: [&str; 8] =
    ["orders", "billing", "search", "auth", "cart", "inventory", "mailer", "gateway"];

/// A line of a Java service; seldom a warning with the stack of an exception that was dealt with.
pub(super) fn java(scene: &mut Scene, out: &mut String) {
    let (time, service) = (scene.date_time(' '), scene.word(&SERVICES));
    let (thread, id) = (scene.number(32), scene.number(1_000_000));
    match scene.number(400) {
        0 => {
            line!(
                out,
                "{time}  WARN 1 --- [nio-8080-exec-{thread}] c.e.shop.{service}.Client : call {id} \
                 failed, trying again"
            );
            stack(scene, out);
        }
        1..60 => {
            let took = scene.number(40_000);
            line!(
                out,
                "{time} DEBUG 1 --- [pool-3-thread-{thread}] c.e.shop.{service}.Repository : loaded \
                 {id} from database in {took} us, error=none, retries=0"
            );
        }
        _ => {
            let took = scene.number(900);
            line!(
                out,
                "{time}  INFO 1 --- [nio-8080-exec-{thread}] c.e.shop.{service}.Controller : {service} \
                 request {id} done in {took} ms, status=ok, failed=0, queue={thread}"
            );
        }
    }
}

fn stack(scene: &mut Scene, out: &mut String) {
    line!(out, "java.net.SocketTimeoutException: Read timed out");
    for _ in 0..scene.random.u32(8..30) {
        let (class, at) = (scene.word(&["Handler", "Filter", "Proxy", "Pool"]), scene.number(900));
        line!(out, "\tat com.example.shop.web.{class}.invoke({class}.java:{at})");
    }
    line!(out, "Caused by: java.io.IOException: Connection reset by peer");
    line!(out, "\t... 12 more");
}

/// A line of the database.
pub(super) fn postgres(scene: &mut Scene, out: &mut String) {
    let (time, process) = (scene.date_time(' '), scene.number(30_000));
    let (table, id) = (scene.word(&SERVICES), scene.number(1_000_000));
    match scene.number(100) {
        0 => line!(
            out,
            "{time} UTC [{process}] LOG:  checkpoint complete: wrote {id} buffers (3.1%); 0 WAL file(s) \
             added, 0 removed, 1 recycled; write=50.123 s, sync=0.004 s, total=50.201 s"
        ),
        1 => line!(
            out,
            "{time} UTC [{process}] app@shop ERROR:  duplicate key value violates unique constraint \
             \"{table}_pkey\""
        ),
        2..10 => {
            line!(
                out,
                "{time} UTC [{process}] LOG:  connection authorized: user=app database=shop"
            );
        }
        _ => {
            let took = scene.number(90_000);
            line!(
                out,
                "{time} UTC [{process}] app@shop LOG:  duration: {}.{:03} ms  statement: SELECT id, name, \
                 price FROM {table} WHERE id = {id} ORDER BY id LIMIT 20",
                took / 1000,
                took % 1000
            );
        }
    }
}
