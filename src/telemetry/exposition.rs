//! `OpenMetrics`, which the library writes, as the older Prometheus text format, which every scraper
//! and `promtool check metrics` read.
//!
//! They differ in comments alone: the older format names a counter with its `_total` there too,
//! knows no `info`, no units and no end mark. Source: Prometheus' "exposition formats" page.

use std::fmt::Write as _;

/// The media type of what [`prometheus_text`] returns.
pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Rewrites the comments of `open_metrics`. Samples stay as they are.
pub(super) fn prometheus_text(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = "";
    for line in open_metrics.lines() {
        if let Some(said) = line.strip_prefix("# HELP ") {
            // Comes before the type, on which the name depends.
            help = said.split_once(' ').map_or("", |(_, help)| help);
        } else if let Some(metric) = line.strip_prefix("# TYPE ") {
            let (name, kind) = metric.split_once(' ').unwrap_or((metric, "untyped"));
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                kind => ("", kind),
            };
            let _ = writeln!(text, "# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_those_of_the_older_format() {
        let open_metrics = "\
# HELP logbell_build The running program.
# TYPE logbell_build info
logbell_build_info{version=\"1\"} 1
# HELP logbell_read_bytes Bytes read.
# TYPE logbell_read_bytes counter
# UNIT logbell_read_bytes bytes
logbell_read_bytes_total 7
# HELP logbell_lag_bytes Lag.
# TYPE logbell_lag_bytes gauge
logbell_lag_bytes{file=\"# TYPE x counter\"} 1
# EOF
";
        let expected = "\
# HELP logbell_build_info The running program.
# TYPE logbell_build_info gauge
logbell_build_info{version=\"1\"} 1
# HELP logbell_read_bytes_total Bytes read.
# TYPE logbell_read_bytes_total counter
logbell_read_bytes_total 7
# HELP logbell_lag_bytes Lag.
# TYPE logbell_lag_bytes gauge
logbell_lag_bytes{file=\"# TYPE x counter\"} 1
";
        assert_eq!(prometheus_text(open_metrics), expected);
    }
}
