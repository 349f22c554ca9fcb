//! The staff page as people use it: in a real browser, on a desktop and on a telephone.
//!
//! `HOPTHU_SCREENSHOTS=DIR` keeps what was seen, to be looked at.

use std::path::PathBuf;

use hopthu::provisioning::Act;

use crate::harness::{Daemon, HOSTNAME, Settings, UNIT};
use crate::webdriver::Chromium;

const NEW: &str = "trời xanh mây trắng 8";

/// What is looked at, and how large.
const SIZES: [(&str, u32, u32); 3] = [("desktop", 1440, 900), ("phone", 390, 844), ("narrow", 360, 740)];

struct Desk {
    browser: Chromium,
    language: &'static str,
    shots: Option<PathBuf>,
}

impl Desk {
    fn at(daemon: &Daemon, language: &'static str) -> Self {
        let browser = Chromium::start(language, HOSTNAME);
        browser.open(&format!("https://{HOSTNAME}:{}/", daemon.address("https").port()));
        Self { browser, language, shots: std::env::var_os("HOPTHU_SCREENSHOTS").map(PathBuf::from) }
    }

    /// Looks at the page in every size: nothing is cut off.
    fn look(&self, name: &str) {
        for (size, width, height) in SIZES {
            self.browser.resize(width, height);
            assert!(self.browser.overflow() <= 0, "{name} is wider than a {size}");
            if let Some(dir) = &self.shots {
                self.browser.screenshot(&dir.join(format!("{}-{name}-{size}.png", self.language)));
            }
        }
        let (_, width, height) = SIZES[0];
        self.browser.resize(width, height);
    }

    /// The same by night.
    fn look_dark(&self, name: &str) {
        self.browser.dark(true);
        self.look(&format!("{name}-dark"));
        self.browser.dark(false);
    }

    fn sign_in(&self, name: &str, password: &str) {
        self.browser.fill("#name", name);
        self.browser.fill("#password", password);
        self.browser.follow("main button");
    }
}

fn imap_takes(daemon: &Daemon, address: &str, password: &str) -> bool {
    let mut client = daemon.connect("imaps");
    client.expect_line();
    client.command(&format!("LOGIN {address} {{{}+}}\r\n{password}", password.len())).pop().unwrap().contains("OK")
}

/// Hire to leak: the slip's password is changed, a telephone gets one, loses it, and the leak closes everything.
#[test]
fn r10_r17_a_person_looks_after_their_own_password() {
    let daemon = Daemon::start(&Settings::default());
    let done = daemon.try_hire("Công Tằng Tôn Nữ Nguyễn Thị Phương Quỳnh", "77/QĐ-STP").unwrap();
    let address = done.acts[0].slip.as_ref().unwrap().address.to_string();
    let issued = daemon.command(&["--json", "staff", "passwd", "--generate", &address]);
    let issued: serde_json::Value = serde_json::from_slice(&issued.stdout).unwrap();
    let first = issued["first_password"].as_str().unwrap();
    let desk = Desk::at(&daemon, "vi");
    let page = &desk.browser;
    assert!(page.title().starts_with("Đăng nhập · Sở Tư pháp"), "{}", page.title());
    desk.look("1-sign-in");
    desk.sign_in(&address, "không phải mật khẩu");
    assert!(page.element(".wrong").text().contains("Không đăng nhập được"));
    desk.look("2-refused");
    desk.sign_in(&address, first);

    assert!(page.text().contains("mật khẩu lần đầu do Văn phòng cấp"), "{}", page.text());
    desk.look("3-first-password");
    let change = |current: &str, new: &str| {
        page.fill("#current", current);
        page.fill("#new", new);
        page.fill("#again", new);
        page.follow("main button");
    };
    change(first, "PhuongQuynh1990");
    assert!(page.element("#new-wrong").text().contains("của chính bạn"), "{}", page.text());
    desk.look("4-weak");
    change(first, NEW);
    assert!(page.text().contains("Đã đổi mật khẩu"), "{}", page.text());
    assert!(page.text().contains(&address) && page.text().contains("Văn phòng"), "{}", page.text());
    desk.look("5-home");
    assert!(imap_takes(&daemon, &address, NEW) && !imap_takes(&daemon, &address, first));

    page.follow("nav a[href='/devices']");
    desk.look("6-no-device");
    page.fill("#device", "Điện thoại Samsung của Quỳnh, màu xanh");
    page.follow("main button");
    let device = page.element("#secret").text();
    desk.look("7-device-made");
    assert!(imap_takes(&daemon, &address, &device));
    page.follow("a.button");
    page.fill("#device", "Máy tính bảng");
    page.follow("main form[action='/devices'] button");
    page.follow("a.button");
    desk.look("8-devices");
    page.follow("nav a[href='/log-ins']");
    assert!(page.text().contains("Điện thoại Samsung"), "{}", page.text());
    desk.look("9-log-ins");
    page.follow("nav a[href='/settings']");
    desk.look("10-settings");
    page.follow("nav a[href='/devices']");
    page.follow("tbody tr:first-child button");
    assert!(page.text().contains("Đã xoá mật khẩu của thiết bị"), "{}", page.text());
    assert!(!imap_takes(&daemon, &address, &device) && imap_takes(&daemon, &address, NEW));

    page.follow("nav a[href='/leak']");
    desk.look("11-leak");
    page.fill("#password", NEW);
    page.follow("main button");
    assert!(page.text().contains("Đã báo lộ mật khẩu"), "{}", page.text());
    desk.look("12-reported");
    assert!(!imap_takes(&daemon, &address, NEW));
    page.follow(".language a");
    assert!(page.text().contains("Sign in"), "{}", page.text());
}

/// A head lets somebody use the unit's mailbox.
#[test]
fn a_head_delegates_with_a_browser() {
    let daemon = Daemon::start(&Settings::default());
    let [head, who] = ["binhdx", "daont"].map(|local| daemon.person(local).unwrap());
    daemon.decide(vec![Act::AppointHead { code: UNIT.into(), who: head.address.clone() }]).unwrap();
    let desk = Desk::at(&daemon, "vi");
    let page = &desk.browser;
    desk.sign_in(head.local(), crate::harness::PASSWORD);
    page.follow("nav a[href='/delegates']");
    desk.look("13-nobody-delegated");
    page.choose(&format!("option[value='{}']", who.address));
    page.follow("main form.column button");
    assert!(page.text().contains("Nguyễn Thị Đào") && page.element("td").text().contains("đọc"), "{}", page.text());
    desk.look("14-delegated");
    desk.look_dark("14-delegated");
    let mut client = daemon.imap_as(&who);
    client.ok("ENABLE IMAP4rev2");
    client.ok("SELECT \"Đơn vị/Văn phòng/INBOX\"");
    page.follow("tbody button");
    assert!(page.text().contains("Chưa uỷ quyền cho ai."), "{}", page.text());
}

/// The same page in English, and what is seen where something is wrong.
#[test]
fn the_page_is_english_for_who_reads_english() {
    let daemon = Daemon::start(&Settings::default());
    let who = daemon.person("daont").unwrap();
    let desk = Desk::at(&daemon, "en");
    let page = &desk.browser;
    desk.sign_in(who.local(), crate::harness::PASSWORD);
    assert!(page.text().contains("Space used"), "{}", page.text());
    desk.look("1-home");
    desk.look_dark("1-home");
    page.follow(".out button");
    assert!(page.title().starts_with("Sign in"), "{}", page.title());
    page.open(&format!("https://{HOSTNAME}:{}/nowhere", daemon.address("https").port()));
    assert!(page.text().contains("There is no such page"), "{}", page.text());
    desk.look("2-nowhere");
}
