//! The staff page over HTTPS, octet by octet: who is let in, what is refused, what every answer carries.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hopthu::address::Address;
use hopthu::credential;
use hopthu::provisioning::{Act, Handing, Order};

use crate::client::Client;
use crate::harness::{DOMAIN, Daemon, HOSTNAME, PASSWORD, Person, Settings, UNIT};
use crate::http::{Answer, Browser};
use crate::process::Process;

const NEW: &str = "trời xanh mây trắng 8";

fn daemon() -> Daemon {
    Daemon::start(&Settings::default())
}

fn daont(daemon: &Daemon) -> Person {
    daemon.person("daont").unwrap()
}

/// Whether IMAP takes the password.
fn imap_takes(daemon: &Daemon, who: &Person, password: &str) -> bool {
    let mut client = daemon.connect("imaps");
    client.expect_line();
    client
        .command(&format!("LOGIN {} {{{}+}}\r\n{password}", who.address, password.len()))
        .pop()
        .unwrap()
        .contains("OK")
}

/// Whether submission takes the password.
fn smtp_takes(daemon: &Daemon, who: &Person, password: &str) -> bool {
    let mut client = daemon.connect("submissions");
    client.reply();
    assert_eq!(client.ask("EHLO x.example.vn"), 250);
    let login = data_encoding::BASE64.encode(format!("\0{}\0{password}", who.address).as_bytes());
    client.ask(&format!("AUTH PLAIN {login}")) == 235
}

fn web_takes(daemon: &Daemon, who: &Person, password: &str) -> bool {
    Browser::at(daemon).sign_in(&who.address, password).status == 303
}

fn change_password(browser: &mut Browser, current: &str, new: &str, again: &str) -> Answer {
    let form = browser.get("/password").form();
    browser.post("/password", &[("form", &form), ("current", current), ("new", new), ("again", again)])
}

fn make_device(browser: &mut Browser, name: &str) -> Answer {
    let form = browser.get("/devices").form();
    browser.post("/devices", &[("form", &form), ("device", name)])
}

#[test]
fn r17_the_old_password_is_dead_in_every_protocol_and_the_new_one_opens() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut other = Browser::of(&daemon, &who, PASSWORD);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    let mut imap = daemon.imap_as(&who);
    let before = browser.cookies["__Host-session"].clone();
    let answer = change_password(&mut browser, PASSWORD, NEW, NEW);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{answer:?}");
    assert_ne!(browser.cookies["__Host-session"], before, "the token is another after a change of rights");
    let home = browser.get("/");
    assert!(home.status == 200 && home.body.contains("The password is changed."), "{home:?}");
    assert!(!browser.get("/").body.contains("The password is changed."), "told once");
    assert_eq!(other.get("/").header("location"), Some("/sign-in"), "other browsers are out");
    assert!(imap.until("* BYE").last().is_some(), "open sessions are cut");
    for (password, opens) in [(PASSWORD, false), (NEW, true)] {
        assert_eq!(imap_takes(&daemon, &who, password), opens, "IMAP {password}");
        assert_eq!(smtp_takes(&daemon, &who, password), opens, "SMTP {password}");
        assert_eq!(web_takes(&daemon, &who, password), opens, "web {password}");
    }
}

#[test]
fn r17_a_weak_password_is_refused_with_its_reason_in_the_readers_language() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    for (current, new, again, field, said) in [
        (PASSWORD, "NguyenThiDao1990", "NguyenThiDao1990", "new-wrong", "your own name"),
        (PASSWORD, "vanphong123!", "vanphong123!", "new-wrong", "your unit"),
        (PASSWORD, "ngắn", "ngắn", "new-wrong", "at least 10"),
        (PASSWORD, "", "", "new-wrong", "Type the new password"),
        (PASSWORD, NEW, "khác", "again-wrong", "not the same"),
        (PASSWORD, PASSWORD, PASSWORD, "new-wrong", "choose another"),
        ("không phải", NEW, NEW, "current-wrong", "not your present password"),
    ] {
        let answer = change_password(&mut browser, current, new, again);
        assert_eq!(answer.status, 422, "{new}: {answer:?}");
        assert!(answer.text_of(field).contains(said), "{new}: {}", answer.text_of(field));
        assert!(new.is_empty() || !answer.body.contains(new), "a password is shown");
    }
    browser.language = "vi";
    let answer = change_password(&mut browser, PASSWORD, "daont@2026", "daont@2026");
    assert!(answer.text_of("new-wrong").contains("tên, chữ viết tắt"), "{answer:?}");
    assert!(imap_takes(&daemon, &who, PASSWORD), "nothing was changed");
}

#[test]
fn r17_a_device_has_a_password_of_its_own_until_it_is_removed() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    let made = make_device(&mut browser, "Điện thoại <Đào>");
    assert_eq!(made.status, 200, "{made:?}");
    assert!(made.body.contains("Điện thoại &#60;Đào&#62;"), "{made:?}");
    let device = made.text_of("secret");
    assert_eq!(device.len(), 19, "{device}");
    assert!(imap_takes(&daemon, &who, &device) && smtp_takes(&daemon, &who, &device));
    assert!(!web_takes(&daemon, &who, &device), "a device changes nothing");
    assert!(!browser.get("/devices").body.contains(&device), "shown once");
    let again = make_device(&mut browser, "Điện thoại <Đào>");
    assert_eq!(again.status, 422, "{again:?}");
    let list = browser.get("/log-ins");
    assert!(list.body.contains("Điện thoại &#60;Đào&#62;") && list.body.contains("Sending mail (SMTP)"), "{list:?}");
    let form = browser.get("/devices").form();
    let removed = browser.post("/devices/remove", &[("form", &form), ("device", "Điện thoại <Đào>")]);
    assert_eq!((removed.status, removed.header("location")), (303, Some("/devices")), "{removed:?}");
    assert!(!imap_takes(&daemon, &who, &device) && !smtp_takes(&daemon, &who, &device));
    let list = browser.get("/devices");
    assert!(list.status == 200 && list.body.contains("can no longer read or send mail"), "{list:?}");
    assert!(imap_takes(&daemon, &who, PASSWORD), "the own password is as it was");
    for n in 1..=10 {
        assert_eq!(make_device(&mut browser, &format!("Máy {n}")).status, 200, "{n}");
    }
    assert_eq!(make_device(&mut browser, "Máy 11").status, 422);
    assert_eq!(make_device(&mut browser, "").status, 422);
}

#[test]
fn r17_a_reported_leak_closes_everything_at_once() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    let device = make_device(&mut browser, "Máy tính bảng").text_of("secret");
    let mut imap = daemon.imap_as(&who);
    let form = browser.get("/leak").form();
    let wrong = browser.post("/leak", &[("form", &form), ("password", "không phải")]);
    assert!(wrong.status == 422 && imap_takes(&daemon, &who, PASSWORD), "{wrong:?}");
    let done = browser.post("/leak", &[("form", &form), ("password", PASSWORD)]);
    assert!(done.status == 200 && done.body.contains("get a new one at the Office"), "{done:?}");
    assert!(!browser.cookies.contains_key("__Host-session"));
    assert!(imap.until("* BYE").last().is_some());
    for password in [PASSWORD, &device] {
        assert!(!imap_takes(&daemon, &who, password) && !smtp_takes(&daemon, &who, password), "{password}");
        assert!(!web_takes(&daemon, &who, password), "{password}");
    }
    let audit = daemon.command(&["audit", "list", "--json"]);
    let audit = String::from_utf8_lossy(&audit.stdout).into_owned();
    assert!(audit.contains("staff.compromised") && audit.contains("incident.opened"), "{audit}");
    assert!(
        audit.contains("\"actor\": \"daont@daklak.doj.gov.vn\"") || audit.contains("\"actor\":\"daont@"),
        "{audit}"
    );
}

#[test]
fn r17_what_is_asked_for_before_a_leak_is_closed_is_not_done_after_it() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    let form = browser.get("/devices").form();
    // The password of the device waits to be hashed, as it does in a storm of guesses.
    let hasher = &daemon.running().installation().hasher;
    let cores = std::thread::available_parallelism().unwrap().get();
    let turns: Vec<_> = (0..cores).map(|_| daemon.wait(hasher.turn()).unwrap()).collect();
    let asking = std::thread::spawn(move || browser.post("/devices", &[("form", &form), ("device", "Máy lạ")]));
    std::thread::sleep(Duration::from_millis(500));
    let leaked = Act::Compromised { who: who.address.clone() };
    let order = Order { handing: Handing::Nobody, ..Order::new("test", None, vec![leaked]) };
    daemon.wait(daemon.running().provisioning().execute(order)).unwrap();
    drop(turns);
    let answer = asking.join().unwrap();
    assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in")), "{answer:?}");
    let stored = daemon.wait(async {
        let here = daemon.running().installation();
        let mailbox = here.directory.snapshot().holder(&Address::parse(&who.address).unwrap()).unwrap().id;
        credential::devices(&mut here.db.read().await.unwrap(), mailbox).await.unwrap()
    });
    assert_eq!(stored, [], "a way back in was left open");
}

#[test]
fn r17_the_office_replaces_what_was_leaked() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    let device = make_device(&mut browser, "Điện thoại").text_of("secret");
    let mut imap = daemon.imap_as(&who);
    let done = daemon.command(&["--json", "staff", "compromised", "Nguyễn Thị Đào", "--note", "mất điện thoại"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let first = done["first_password"].as_str().unwrap().to_owned();
    assert!(imap.until("* BYE").last().is_some());
    assert_eq!(browser.get("/").header("location"), Some("/sign-in"));
    for password in [PASSWORD, &device] {
        assert!(!imap_takes(&daemon, &who, password) && !smtp_takes(&daemon, &who, password), "{password}");
        assert!(!web_takes(&daemon, &who, password), "{password}");
    }
    assert!(imap_takes(&daemon, &who, &first));
    let mut browser = Browser::of(&daemon, &who, &first);
    assert_eq!(browser.get("/").header("location"), Some("/password"));
}

#[test]
fn r10_a_first_password_opens_the_page_to_change_it_and_nothing_else() {
    let daemon = daemon();
    let who = daont(&daemon);
    let issued = daemon.command(&["--json", "staff", "passwd", "--generate", &who.address]);
    let issued: serde_json::Value = serde_json::from_slice(&issued.stdout).unwrap();
    let first = issued["first_password"].as_str().unwrap().to_owned();
    let mut browser = Browser::of(&daemon, &who, &first);
    for path in ["/", "/devices", "/settings", "/log-ins", "/leak"] {
        assert_eq!(browser.get(path).header("location"), Some("/password"), "{path}");
    }
    let page = browser.get("/password");
    assert!(page.body.contains("first password") && !page.body.contains("href=\"/devices\""), "{page:?}");
    let form = page.form();
    let device = browser.post("/devices", &[("form", &form), ("device", "x")]);
    assert_eq!(device.header("location"), Some("/password"));
    assert_eq!(change_password(&mut browser, &first, NEW, NEW).header("location"), Some("/"));
    assert_eq!(browser.get("/devices").status, 200);
    assert!(imap_takes(&daemon, &who, NEW) && !imap_takes(&daemon, &who, &first));
}

/// The real program, ended and started again: what was seen is written down, who was signed in is out.
#[test]
fn r17_log_ins_are_remembered_over_a_restart_and_sessions_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("hopthu-data");
    let process = Process::start(&data);
    let who = process.people().into_iter().find(|person| person.address.starts_with("daont@")).unwrap();
    process.imap_as(&who).ok("NOOP");
    let mut browser = Browser::at_process(&process);
    assert_eq!(browser.sign_in(&who.address, &who.password).status, 303);
    drop(process);
    let process = Process::start(&data);
    let mut again = Browser::at_process(&process);
    again.cookies = browser.cookies;
    assert_eq!(again.get("/").header("location"), Some("/sign-in"), "memory is gone, and with it every session");
    assert_eq!(again.sign_in(&who.address, &who.password).status, 303);
    let seen = again.get("/log-ins");
    assert_eq!(seen.body.matches("Reading mail (IMAP)").count(), 1, "{seen:?}");
    process.assert_clean();
}

#[test]
fn r9_a_suspended_persons_session_ends_at_once() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    assert_eq!(browser.get("/").status, 200);
    daemon.suspend(&who);
    let out = browser.get("/");
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    let page = browser.get("/sign-in");
    assert!(page.body.contains("Your session has ended"), "{page:?}");
    let refused = browser.sign_in(&who.address, PASSWORD);
    assert!(refused.status == 403 && refused.body.contains("could not be signed in"), "{refused:?}");
}

#[test]
fn every_refusal_to_sign_in_is_one_and_counts_with_those_of_imap() {
    let daemon = Daemon::start(&Settings::default().with("passwords.throttle.pair", "{ burst = 4, every = \"1h\" }"));
    let who = daont(&daemon);
    let mut browser = Browser::at(&daemon);
    let refusal = |browser: &mut Browser, name: &str, password: &str| {
        let answer = browser.sign_in(name, password);
        (answer.status, answer.body.replace(name, "").replace(&answer.form(), ""))
    };
    let wrong = refusal(&mut browser, &who.address, "sai");
    assert_eq!(wrong.0, 403);
    assert_eq!(refusal(&mut browser, "khong-ai@daklak.doj.gov.vn", "sai"), wrong);
    assert_eq!(refusal(&mut browser, "van-phong@daklak.doj.gov.vn", PASSWORD), wrong);
    for _ in 0..3 {
        assert!(!imap_takes(&daemon, &who, "sai"));
    }
    assert_eq!(refusal(&mut browser, &who.address, PASSWORD), wrong, "throttled, and told nothing of it");
    assert!(!imap_takes(&daemon, &who, PASSWORD));
}

#[test]
fn a_form_is_taken_from_our_own_pages_only() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::of(&daemon, &who, PASSWORD);
    let mut others = Browser::of(&daemon, &daemon.person("binhdx").unwrap(), PASSWORD);
    let foreign_form = others.get("/password").form();
    let form = browser.get("/password").form();
    let fields = |form| [("form", form), ("current", PASSWORD), ("new", NEW), ("again", NEW)];
    let (origin, site) = (browser.origin(), ("Sec-Fetch-Site", "same-origin"));
    let longer = format!("{form}A");
    for form in ["", "x", &longer, &foreign_form] {
        assert_eq!(browser.post("/password", &fields(form)).status, 403, "{form:?}");
    }
    for headers in [
        &[("Origin", "https://evil.example"), site][..],
        &[("Origin", "https://evil.example")],
        &[("Origin", "http://mail.daklak.doj.gov.vn")],
        &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        &[("Origin", &origin), ("Sec-Fetch-Site", "same-site")],
    ] {
        let answer = browser.post_from("/password", &fields(&form), headers);
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let json = browser.ask("POST", "/password", &[("Content-Type", "application/json"), site], "{}");
    assert_eq!(json.status, 403);
    assert_eq!(browser.post("/sign-out", &[("form", "x")]).status, 403);
    assert!(imap_takes(&daemon, &who, PASSWORD), "nothing was changed");
    assert_eq!(browser.post_from("/password", &fields(&form), &[("Origin", &origin)]).status, 303);
}

#[test]
fn nobody_signs_somebody_else_in_or_lays_out_a_token() {
    let daemon = daemon();
    let who = daont(&daemon);
    // Login CSRF: a form without the browser's own cookie.
    let form = Browser::at(&daemon).get("/sign-in").form();
    let fields = [("form", form.as_str()), ("name", &who.address), ("password", PASSWORD)];
    assert_eq!(Browser::at(&daemon).post("/sign-in", &fields).status, 403);
    // Session fixation: a token that was there before is not taken over.
    let mut browser = Browser::at(&daemon);
    let laid = "A".repeat(43);
    browser.cookies.insert("__Host-session".into(), laid.clone());
    assert_eq!(browser.get("/").header("location"), Some("/sign-in"));
    browser.sign_in(&who.address, PASSWORD);
    let token = browser.cookies["__Host-session"].clone();
    assert!(token != laid && token.len() == 43);
    // Signed out means out, whoever kept the token.
    let form = browser.get("/").form();
    let out = browser.post("/sign-out", &[("form", &form)]);
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    browser.cookies.insert("__Host-session".into(), token);
    assert_eq!(browser.get("/").header("location"), Some("/sign-in"));
}

#[test]
fn every_answer_is_guarded_and_cookies_are_bound_to_the_host() {
    let daemon = daemon();
    let who = daont(&daemon);
    let mut browser = Browser::at(&daemon);
    let first = browser.get("/sign-in");
    let signed_in = browser.sign_in(&who.address, PASSWORD);
    for cookie in first.cookies().chain(signed_in.cookies()) {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.split("; ").any(|p| p == part), "{part} in {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    assert_eq!(signed_in.cookies().count(), 1);
    let (form, problem) = (browser.get("/password"), browser.get("/khong-co"));
    let posted = browser.post("/password", &[]);
    let method = browser.ask("DELETE", "/password", &[], "");
    assert_eq!((problem.status, posted.status, method.status), (404, 403, 405));
    for answer in [&first, &signed_in, &form, &problem, &posted, &method, &browser.get("/style.css")] {
        assert_eq!(
            answer.header("content-security-policy"),
            Some(
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                 base-uri 'none'"
            )
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("strict-transport-security"), None, "the certificate is our own");
        assert!(!answer.body.contains("<script") && !answer.body.contains("style="), "{answer:?}");
    }
    assert!([&first, &form, &problem].iter().all(|answer| answer.header("cache-control") == Some("no-store")));
}

#[test]
fn the_page_speaks_the_language_that_is_liked_and_the_one_that_is_chosen() {
    let daemon = daemon();
    let mut browser = Browser::at(&daemon);
    browser.language = "vi-VN,en;q=0.5";
    let page = browser.get("/sign-in");
    assert!(page.body.contains("<html lang=\"vi\">") && page.body.contains("Đăng nhập"), "{page:?}");
    assert!(page.body.contains("href=\"/sign-in?language=en\""), "{page:?}");
    assert!(browser.get("/sign-in?language=en").body.contains("<html lang=\"en\">"));
    assert!(browser.get("/sign-in").body.contains("<html lang=\"en\">"), "remembered");
    assert!(browser.get("/khong-co").body.contains("There is no such page"));
    browser.get("/?language=xx");
    browser.language = "fr";
    browser.cookies.clear();
    assert!(browser.get("/sign-in").body.contains("<html lang=\"vi\">"), "the office's");
}

#[test]
fn what_is_hostile_is_refused_in_bounds() {
    let daemon = daemon();
    let mut browser = Browser::at(&daemon);
    let form = browser.get("/sign-in").form();
    let long = "x".repeat(20_000);
    assert_eq!(browser.post("/sign-in", &[("form", &form), ("name", &long)]).status, 413);
    for (request, statuses) in [
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[404][..]),
        ("GET /style.css/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[404]),
        ("GET //evil.example/?language=en HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[404]),
        ("GET /sign-in HTTP/1.1\r\nHost: evil.example\"><b>\r\nConnection: close\r\n\r\n", &[200, 400]),
        ("GET /sign-in HTTP/1.1\r\nConnection: close\r\n\r\n", &[200, 400]),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: __Host-session=\"; a=b; __Host-session=x\r\n\r\n",
            &[303],
        ),
        ("BREW /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[405]),
        (
            "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            &[400, 403],
        ),
        ("GET /sign-in HTTP/1.1\r\nHost: x\r\nX: a\n b\r\n\r\n", &[400]),
    ] {
        let answer = browser.raw(request.as_bytes());
        assert!(statuses.contains(&answer.status), "{request}: {answer:?}");
        assert!(!answer.body.contains("evil.example\"") && answer.header("location") != Some("//evil.example/"));
        assert!(!answer.body.contains("root:"), "{answer:?}");
    }
    let head = browser.ask("HEAD", "/sign-in", &[], "");
    assert!(head.status == 200 && head.body.is_empty(), "{head:?}");
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(200));
    assert_eq!(browser.raw(many.as_bytes()).status, 431);
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(20_000));
    assert_eq!(browser.raw(long.as_bytes()).status, 431);
    assert_eq!(browser.get("/sign-in").status, 200, "and nobody else notices");
}

#[test]
fn who_comes_without_tls_is_told_and_who_says_nothing_is_let_go() {
    let daemon = daemon();
    let address = daemon.address("https");
    let mut plain = TcpStream::connect(address).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    plain.write_all(format!("GET / HTTP/1.1\r\nHost: {HOSTNAME}\r\n\r\n").as_bytes()).unwrap();
    let mut said = String::new();
    plain.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 400") && said.contains("https://"), "{said}");
    // A body that does not come is not waited for much longer than one that does.
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let mut half = Client::tls(address, daemon.trust());
    half.send(format!("{head}Connection: close\r\nContent-Length: 100\r\n\r\nname=").as_bytes());
    // A head that comes octet by octet is waited for in bounds, and holds nobody up.
    let mut slow = Client::tls(address, daemon.trust());
    let begun = Instant::now();
    let ended = loop {
        slow.send(b"G");
        match slow.line(Duration::from_secs(2)) {
            crate::client::Heard::Silence => {}
            ended => break ended,
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "a head without end is waited for without end");
    };
    assert!(begun.elapsed() > Duration::from_secs(20), "{ended:?}");
    assert_eq!(Answer::parse(&half.rest()).status, 408);
    assert_eq!(Browser::at(&daemon).get("/sign-in").status, 200);
}

/// A head at the page, who lets people of the unit use its mailbox and ends it; nobody else does.
#[test]
fn r23_a_head_lets_people_use_the_units_mailbox_and_ends_it_at_the_page() {
    let daemon = daemon();
    let (head, who, other) = (daemon.person("binhdx").unwrap(), daont(&daemon), daemon.hire("Trần Văn Khoa"));
    daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: head.address.clone() }]).unwrap();
    let mailbox = format!("{UNIT}@{DOMAIN}");
    let opens = |who: &Person| {
        let mut client = daemon.imap_as(who);
        client.ok("ENABLE IMAP4rev2");
        client.command("SELECT \"Đơn vị/Văn phòng/INBOX\"").pop().unwrap().contains("OK")
    };
    let mut browser = Browser::of(&daemon, &head, PASSWORD);
    let allow = |browser: &mut Browser, to: &str, more: &[(&str, &str)]| {
        let form = browser.get("/delegates").form();
        let fields = [("form", form.as_str()), ("mailbox", &mailbox), ("who", to)];
        browser.post("/delegates", &[&fields[..], more].concat())
    };
    let page = browser.get("/delegates");
    assert!(page.body.contains(&mailbox) && page.body.contains("Nobody else may use it."), "{page:?}");
    assert!(!opens(&who));
    let done = allow(&mut browser, &who.address, &[("process", "1"), ("until", "2099-12-31")]);
    assert_eq!((done.status, done.header("location")), (303, Some("/delegates")), "{done:?}");
    let page = browser.get("/delegates");
    assert!(page.body.contains("read, process") && page.body.contains("2099-12-31"), "{page:?}");
    assert!(opens(&who));
    for (to, more, said) in [
        (other.address.as_str(), &[("until", "31/02/2099")][..], "Write a day"),
        (&other.address, &[("until", "2020-01-01")], "2020"),
        (&head.address, &[], "answers for"),
        ("nobody@example.vn", &[], "nobody@example.vn"),
    ] {
        let refused = allow(&mut browser, to, more);
        assert!(refused.status == 422 && refused.body.contains(said), "{to} {more:?}: {refused:?}");
    }
    // Who does not answer for it sees nothing of it, and what they send all the same is not done.
    let mut stranger = Browser::of(&daemon, &other, PASSWORD);
    let page = stranger.get("/");
    assert!(!page.body.contains("/delegates"), "{page:?}");
    assert!(!stranger.get("/delegates").body.contains(&mailbox));
    let form = stranger.get("/devices").form();
    let fields = [("form", form.as_str()), ("mailbox", &mailbox), ("who", &other.address)];
    assert_eq!(stranger.post("/delegates", &fields).status, 303);
    assert!(!opens(&other));
    let form = stranger.get("/devices").form();
    let fields = [("form", form.as_str()), ("mailbox", &mailbox), ("who", &who.address)];
    stranger.post("/delegates/end", &fields);
    assert!(opens(&who), "nobody else ends it");
    let mut open = daemon.imap_as(&who);
    open.ok("ENABLE IMAP4rev2");
    open.ok("SELECT \"Đơn vị/Văn phòng/INBOX\"");
    let form = browser.get("/delegates").form();
    let fields = [("form", form.as_str()), ("mailbox", &mailbox), ("who", &who.address)];
    assert_eq!(browser.post("/delegates/end", &fields).status, 303);
    assert!(!opens(&who));
    assert!(open.until("* BYE").last().is_some(), "the session that has it open is cut");
    let audit = String::from_utf8(daemon.command(&["audit", "list", "--json"]).stdout).unwrap();
    assert!(audit.contains(&head.address) && audit.contains("delegation"), "under the head's name");
}
