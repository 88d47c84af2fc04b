//! Secrets that tell themselves: by a prefix that their issuer gives them, or by their form.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::End;

/// Tokens whole, by issuer. Prefixes and lengths are those of the issuers' pages and of the rules of
/// secret scanners (gitleaks 8, GitHub's list of supported patterns), 2026-11.
const TOKENS: &str = r"(?x-u)
    # AWS: access key ids.
    \b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b
    # GitHub, GitLab.
  | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_[A-Za-z0-9_]{22,}
  | \bgl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-[A-Za-z0-9_.-]{20,}
    # Slack, and addresses of webhooks, which are credentials whole.
  | \bxox[a-z](?:-[A-Za-z0-9.]+){2,} | \bxapp-[0-9]-[A-Za-z0-9-]{20,}
  | \bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}
  | \bdiscord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{20,}
    # Google.
  | \bAIza[0-9A-Za-z_-]{30,} | \bya29\.[0-9A-Za-z_-]{20,} | \bGOCSPX-[0-9A-Za-z_-]{20,}
    # Payment, mail, shops.
  | \b[srp]k_(?:live|test)_[A-Za-z0-9]{10,} | \bwhsec_[A-Za-z0-9+/=]{20,}
  | \bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,} | \bkey-[0-9a-f]{32}\b
  | \bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32} | \bsq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}
    # Model providers.
  | \bsk-(?:proj|ant|svcacct|admin|or)-[A-Za-z0-9_-]{16,} | \bsk-[A-Za-z0-9]{32,}
  | \bhf_[A-Za-z0-9]{30,}
    # Registries, hosts and tools.
  | \bnpm_[A-Za-z0-9]{30,} | \bpypi-[A-Za-z0-9_-]{50,} | \bdckr_pat_[A-Za-z0-9_-]{20,}
  | \bdo[opr]_v1_[a-f0-9]{40,} | \bhv[sbr]\.[A-Za-z0-9_-]{20,} | \bglsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}
  | \bdapi[a-f0-9]{32}\b | \bATATT3[A-Za-z0-9_=-]{20,} | \blin_api_[A-Za-z0-9]{30,}
  | \bAGE-SECRET-KEY-1[0-9A-Z]{40,} | \b[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}
    # A JSON Web Token: a header in base64 begins with an open brace and a quote.
  | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){0,3}
    # A private key up to its end, or to the end of what there is of it.
  | -----BEGIN\ (?:[A-Z0-9]+\ ){0,3}PRIVATE\ KEY(?:\ BLOCK)?-----(?s:.*?)
    (?:-----END\ [A-Z0-9\ ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----|\z)
";

/// Secrets within something that may be shown: the groups are the secret.
const PARTS: [&str; 4] = [
    // The password in an address. With a slash in it, what is before that is no port: there may be an
    // `@` behind `http://host:80/`.
    r#"(?-u)\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@\["'<>`]*:(?:([^\s/?#"'<>`]+)@|([^\s/?#@"'<>`]*[^\s/?#@"'<>`0-9][^\s"'<>`]*?)@)"#,
    // A token in place of the user.
    r"(?-u)\b[A-Za-z][A-Za-z0-9+.-]*://([A-Za-z0-9_.~%-]{20,})@",
    // What signs an address, or opens it.
    r#"(?i-u)[?&](?:key|sig|sign|signature|hmac|auth|code|ticket|x-amz-signature|x-amz-security-token|x-goog-signature)=([^\s&"'<>`]{12,})"#,
    // A scheme of authorization without its header's name.
    r"(?i-u)\bbearer[ \t]+([A-Z._~+/-]*[0-9][A-Z0-9._~+/-]{4,}=*|[A-Z0-9._~+/-]{24,}=*)",
];

/// How secrets begin: the rest of such a one may be cut off.
const BEGINNINGS: &str = r#"(?x-u)
    (?: \b(?: AKIA | ASIA | gh[pousr]_ | github_pat_ | glpat- | xox[a-z]- | xapp- | AIza | ya29\.
      | GOCSPX- | [srp]k_(?:live|test)_ | whsec_ | SG\. | shp(?:at|ca|pa|ss)_ | sk- | hf_ | npm_ | pypi-
      | dckr_pat_ | do[opr]_v1_ | hv[sbr]\. | glsa_ | dapi | ATATT3 | AGE-SECRET-KEY- | eyJ )
      [A-Za-z0-9_.=-]*
    | ://[^\s:/?\#@\["'<>`]*:[^\s@"'<>`]*
    | -----BEGIN[A-Z\ ]* )\z
"#;

static KNOWN: LazyLock<Regex> = LazyLock::new(|| Regex::new(TOKENS).expect("a constant"));
static WITHIN: LazyLock<[Regex; 4]> =
    LazyLock::new(|| PARTS.map(|part| Regex::new(part).expect("a constant")));
static BEGUN: LazyLock<Regex> = LazyLock::new(|| Regex::new(BEGINNINGS).expect("a constant"));

/// Adds where such secrets stand in `text`.
pub(super) fn find(text: &str, end: End, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    spans.extend(KNOWN.find_iter(bytes).map(|found| found.range()));
    for part in WITHIN.iter() {
        let groups = part.captures_iter(bytes).map(|found| found.get(1).or(found.get(2)));
        spans.extend(groups.flatten().map(|group| group.range()));
    }
    if end == End::Cut {
        spans.extend(BEGUN.find_iter(bytes).map(|found| found.range()));
    }
}
