use proptest::prelude::*;

use super::*;

/// Redacts; the secret of each case stands between `«` and `»`.
#[track_caller]
fn check(marked: &str) {
    let text = marked.replace(['«', '»'], "");
    let mut expected = String::new();
    let mut rest = marked;
    while let Some((before, behind)) = rest.split_once('«') {
        let (_, after) = behind.split_once('»').unwrap();
        expected.push_str(before);
        expected.push_str(MASK);
        rest = after;
    }
    expected.push_str(rest);
    assert_eq!(Redactor::default().redact(&text, End::Whole), expected);
}

#[test]
fn tokens_tell_themselves() {
    // Put together here, so that no scanner takes this file for a leak.
    let tokens = [
        format!("AKIA{}", "IOSFODNN7EXAMPLE"),
        format!("ghp_{}", "a1".repeat(18)),
        format!("github_pat_{}", "A1_b".repeat(15)),
        format!("glpat-{}", "x9-Yz".repeat(4)),
        format!("xoxb-{}-{}", "123456789012", "AbCdEfGhIjKl"),
        format!(
            "hooks.slack.com/services/T0{}/B0{}/{}",
            "1".repeat(9),
            "2".repeat(9),
            "x".repeat(24)
        ),
        format!("AIza{}", "Sy-A_1".repeat(6)),
        format!("sk_live_{}", "4eC39HqLyjWDarjtT1zdp7dc"),
        format!("sk-proj-{}", "abcDEF123_-".repeat(4)),
        format!("hvs.{}", "CAESIJ".repeat(5)),
        format!("npm_{}", "aB3".repeat(12)),
        format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", "eyJzdWIiOiIxIn0", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r"),
        format!("{}:AA{}", "1234567890", "H-xyz_0123".repeat(4)),
    ];
    for token in tokens {
        check(&format!("2026-11-23 job 7 used «{token}» for it"));
        check(&format!("(\"«{token}»\")"));
    }
}

#[test]
fn passwords_in_addresses_go_and_the_rest_stays() {
    check("connect postgres://shop:«hunter2»@db1:5432/shop?sslmode=require failed");
    check("redis://:«p@ss»@cache:6379/0");
    check("amqp://guest:«12345»@mq/ and smb://WORK;me:«x»@nas/share");
    check("mongodb+srv://app:«a/b?c#d»@cluster0.example.net/db");
    check("clone https://«0123456789abcdef0123456789abcdef01234567»@git.example/x.git");
    check("GET https://api.example/v1?key=«abcDEF123456_-»&page=2");
    check("https://b.s3.example/o?X-Amz-Date=2026&X-Amz-Signature=«f00dfeedf00dfeed»");
}

#[test]
fn what_a_label_tells_of_goes() {
    check("login user=bob password=«hunter2» from=10.0.0.1");
    check("login user=bob, password: «hunter2», from 10.0.0.1");
    check(r#"{"user":"bob","password":"«hun\"ter 2»","port":22}"#);
    check(r#"body="{\"token\":\"«abc»\",\"n\":1}" status=200"#);
    check("{'api_key': '«k-1»', 'x': 1} apiKey:«k2» API key: «k3» x-api-key=«k4»");
    check("DB_PASSWORD=«pa,ss(word)!» AWS_SECRET_ACCESS_KEY='«a b»' accessToken=«y»");
    check("Server=db;Uid=app;Pwd=«s3cret»;Database=x AccountKey=«Eby8vdM02xNOcqFlqUwJPLlmEtl==»;");
    check("Config{user=bob,password=«b»,host=c} (passwd=«zz») :password=>\"«q»\"");
    check("mysql --user root --password «root1» --host db; curl --token=«t»");
    check("ALTER USER app IDENTIFIED BY '«it is»'; CREATE ROLE x PASSWORD '«y z»'");
    check("POST /login?user=a&password=«b%20c»&next=/ HTTP/1.1");
    check("token: «abc123» secret=«s» token: «Bearer abc.def-1»");
    check("<user>bob</user><ns:Password type=\"text\">«hunter2»</ns:Password><token>«t»</token>");
    check(r#"env: [{"name":"DB_PASSWORD","value":"«x y»"},{"name":"PORT","value":"80"}]"#);
    check(r#"<add key="ApiKey" value="«k»"/> {\"key\": \"secret\", \"value\": \"«v»\"}"#);
    check("PHPSESSID=«0123456789abcdef0123» theme=dark");
    check("password=«$ecret» password=«%41» unclosed password=\"«to the end»");
}

#[test]
fn headers_of_authorization_go() {
    check("> Authorization: Bearer «abc.def.ghi»");
    check("\"Authorization\":\"Basic «dXNlcjpwYXNz»\",\"Host\":\"x\"");
    check("Authorization: Digest« username=\"u\", response=\"0123\"»");
    check("proxy-authorization: «0123456789abcdef» then more");
    check("request with bearer «abc123def456» failed");
    check("Cookie: «sid=1; theme=dark»");
    check("\"cookie: «a=b; c=d»\" 200");
}

#[test]
fn private_keys_go_whole() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----";
    check(&format!("loaded «{key}» ok"));
    check(&format!("loaded «{}»", &key[..45]));
    check(&format!("{{\"private_key\": \"«{}»\"}}", key.replace('\n', "\\n")));
    check("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----");
}

#[test]
fn ordinary_lines_stay_as_they_are() {
    let lines = [
        "Failed password for root from 203.0.113.9 port 4711 ssh2",
        "Accepted publickey for deploy from 10.0.0.9 port 51234 ssh2: ED25519 SHA256:Vd1rT0mGkB3v0mVYp8R3kQ",
        "sudo: bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 tty=ssh ruser= rhost=203.0.113.9",
        "systemd[1]: Started Forward Password Requests to Wall Directory Watch.",
        "Access denied for user 'root'@'localhost' (using password: YES)",
        "SyntaxError: Unexpected token: punc (;) in app.js:10",
        "SyntaxError: Unexpected token < in JSON at position 0",
        "pass=12 fail=1 skip=0",
        "prompt_tokens=512 completion_tokens: 20 max_tokens=4096",
        "GET http://example.com:8080/path?email=a@b.example HTTP/1.1 200",
        "fetch https://[2001:db8::1]:443/x@y and git@github.com:owner/repo.git",
        "password= user=bob",
        "token: null, secret: none, password=\"\" apikey=**** key=<token> pw=${PASSWORD} password=%s",
        "secret \"shop-tls\" not found in namespace shop",
        "authorization: denied by policy; Bearer authentication required",
        "cookie: invalid",
        "<password></password> <passwords>2</passwords> name=password value=",
        "dovecot: auth: passwd-file(postmaster,192.0.2.7): unknown user",
        r#"{"signature_id":2034125,"signature":"ET WEB_SERVER suspicious 2021 request"}"#,
        "foreign key constraint fails; Duplicate entry '5' for key 'PRIMARY'; public_key=ok",
        "commit 0123456789abcdef0123456789abcdef01234567 sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "id=550e8400-e29b-41d4-a716-446655440000 trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
        "Out of memory: Killed process 42 (java) total-vm:123kB, anon-rss:99kB",
        "ssid=MyNetwork2026-Floor12 bypass=1 compass=north session_id=42 sid=0123456789abcdef01234",
        "CBS Session: 30546174_4158145014 initialized by client; SourceProcessId: 123456789012345678",
    ];
    for line in lines {
        check(line);
    }
}

#[test]
fn what_was_cut_is_looked_at_with_suspicion() {
    let cut = |text: &str| Redactor::default().redact(text, End::Cut);
    assert_eq!(cut("used ghp_abc"), "used [redacted]");
    assert_eq!(cut("used AKIA0"), "used [redacted]");
    assert_eq!(cut("to postgres://u:hun"), "to postgres[redacted]");
    assert_eq!(cut("key -----BEGIN RSA PRI"), "key [redacted]");
    assert_eq!(cut("token eyJhbGci"), "token [redacted]");
    assert_eq!(cut("an ordinary line that was cu"), "an ordinary line that was cu");
    assert_eq!(Redactor::default().redact("used ghp_abc", End::Whole), "used ghp_abc");
}

#[test]
fn own_patterns_go_besides() {
    let own = |pattern: &str| vec![Regex::new(pattern).unwrap()];
    let text = "customer C-4711 of host-9, password=x1";
    let both = Redactor::with_secrets(own(r"C-\d+"));
    assert_eq!(both.redact(text, End::Whole), "customer [redacted] of host-9, password=[redacted]");
    let only = Redactor::only(own(r"of (?P<secret>\S+),"));
    assert_eq!(only.redact(text, End::Whole), "customer C-4711 of [redacted], password=x1");
    assert_eq!(Redactor::only(Vec::new()).redact(text, End::Whole), text);
    // Bytes within a character: the whole character goes.
    assert_eq!(Redactor::only(own(r"(?-u)\xa9")).redact("é©", End::Whole), MASK);
    assert_eq!(Redactor::only(own("")).redact("abc", End::Whole), "abc");
}

#[test]
fn names_of_secrets_are_known() {
    for name in ["password", "db_password", "apiKey", "token", "authToken", "client-secret", "pwd"]
    {
        assert!(Redactor::default().is_secret_name(name), "{name}");
        assert!(!Redactor::only(Vec::new()).is_secret_name(name), "{name}");
    }
    for name in ["user", "ip", "key", "tokens", "passed", "path", "proc", "secretary"] {
        assert!(!Redactor::default().is_secret_name(name), "{name}");
    }
}

/// Whoever can write to a log must not be able to stall the agent by it.
#[test]
fn a_text_full_of_labels_costs_no_more_than_its_length() {
    let parts = [
        "a://b:",
        "a://b:c/",
        "password ",
        "token: ",
        "eyJ",
        "eyJaaaaaaaa.",
        "x.",
        "aA-.",
        "?key=",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN A B C ",
        "Authorization: ",
        "Authorization:",
        "Authorization: Bearer ",
        "Authorization: \"",
        "cookie=",
        "cookie:",
        "Cookie: a=b ",
        "\\\"",
        "name=\"password\" ",
        "name: \"",
        "<password>",
        "password=",
        "--password \"",
        "password=,",
        "password=\"\\",
        "token=a,",
        "a,b=",
        "auth=",
        "signature=",
        "pass=1",
        "bearer a ",
        "key=",
    ];
    let redactor = Redactor::default();
    let started = std::time::Instant::now();
    for part in parts {
        let text = part.repeat(400_000 / part.len());
        let spans = redactor.spans(&text, End::Cut);
        assert!(spans.iter().all(|span| span.end <= text.len()));
        // All of them take some seconds. By the square of the length, most would take minutes each.
        let took = started.elapsed();
        assert!(took.as_secs() < 60, "{part:?}: {took:?}");
    }
}

#[test]
fn a_long_secret_goes_whole() {
    let long = "s3cret/".repeat(1000);
    check(&format!("password=«{long}» ok"));
    check(&format!("{{\"token\":\"«{long}»\"}} ok"));
    check(&format!("Authorization: Bearer «{long}» ok"));
    check(&format!("Cookie: «a={long}»\nok"));
    check(&format!("password: «{}» ok", "é1".repeat(3000)));
}

proptest! {
    /// Whatever the text, it is cut at the bounds of characters, and what is masked stays so.
    #[test]
    fn never_panics(text in "(\\PC|[\"'\\\\`=:;&,@/ \n]|password|token=|eyJ|://|Authorization: |--secret |Cookie=|PRIVATE KEY-----){0,40}") {
        for end in [End::Whole, End::Cut] {
            let redactor = Redactor::default();
            let spans = redactor.spans(&text, end);
            prop_assert!(spans.iter().all(|span| !span.is_empty() && text.get(span.clone()).is_some()));
            prop_assert!(spans.windows(2).all(|pair| pair[0].end < pair[1].start));
            redactor.redact(&text, end);
        }
    }

    /// A secret behind a label never gets through, whatever it is and whatever stands around it.
    #[test]
    fn no_labelled_secret_gets_through(
        form in 0..14usize, secret in "[!#%+*0-9A-Za-z@^_~$./-]{7,40}", tail in "( [a-z=]{1,8}){0,3}",
        before in "([a-z]{1,8} ){0,3}",
    ) {
        // Told apart from all else, and no word that stands for none.
        let secret = format!("{secret}Q7z");
        let forms = [
            format!("password={secret}"), format!("password: {secret}"), format!("passwd=\"{secret}\""),
            format!("{{\"api_key\": \"{secret}\"}}"), format!("{{\\\"secret\\\":\\\"{secret}\\\"}}"),
            format!("DB_PASSWORD='{secret}'"), format!("accessToken={secret}"), format!("token: {secret}"),
            format!("--password {secret}"), format!("x?password={secret}&b=c"),
            format!("Authorization: Basic {secret}"), format!("Authorization: Bearer {secret}"),
            format!("IDENTIFIED BY '{secret}'"), format!("password '{secret}'"),
        ];
        let text = format!("{before}{}{tail}", forms[form]);
        let redacted = Redactor::default().redact(&text, End::Whole);
        prop_assert!(!redacted.contains("Q7z"), "{text} → {redacted}");
        prop_assert!(redacted.starts_with(&before), "{text} → {redacted}");
    }

    /// Lines of plain words and numbers stay as they are.
    #[test]
    fn plain_lines_stay(line in "[A-Z][a-z]{2,9}( ([a-z]{1,10}|[0-9]{1,6}|[a-z]{2,6}=[a-z0-9]{1,9}|/[a-z]{1,8}/[a-z]{1,8})){0,12}") {
        prop_assume!(!["otp", "pwd", "pass", "auth", "token", "secret"].iter().any(|word| line.contains(word)));
        prop_assert_eq!(Redactor::default().redact(&line, End::Whole), line);
    }
}
