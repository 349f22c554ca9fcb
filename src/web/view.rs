//! Pages: templates and what they show. Both languages stand side by side in them.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::cookie::Cookie;
use super::delegates::{self, Managed};
use super::door::Pages;
use super::session::Notice;
use super::visit::Visit;
use crate::credential::{Device, Door, Secret, Seen, Standing};
use crate::directory::Rights;
use crate::language::Language;

/// What is around every page.
pub(super) struct Frame<'a> {
    language: Language,
    chosen: bool,
    /// The page's own path, to see it in the other language.
    path: &'a str,
    organisation: &'a str,
    zone: TimeZone,
    signed_in: Option<Menu<'a>>,
    notice: Option<Notice>,
}

/// What somebody signed in is offered.
struct Menu<'a> {
    name: &'a str,
    standing: Standing,
    form: String,
    /// Whether they answer for a mailbox of a unit or of the department.
    manages: bool,
}

/// Why a page is not there or not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// There is no such page.
    NotFound,
    /// The page is not asked for in this way.
    Method,
    /// A form that was not sent from here, or is none.
    Foreign,
    /// A form that is too old, or belongs to somebody who was signed in before.
    Stale,
    /// More than any form of ours holds.
    TooLarge,
    /// The form did not come in time.
    Slow,
    /// To be tried again in a moment.
    Busy,
    /// Something of ours failed; the log says what.
    Failed,
}

/// What is wrong with a field that was filled in.
pub(super) struct Fault(pub(super) String);

impl Fault {
    /// As a sentence: the causes of refusals are written to stand within others.
    fn text(&self) -> String {
        let mut rest = self.0.chars();
        let first = rest.next().map(char::to_uppercase).into_iter().flatten();
        first.chain(rest).chain(std::iter::once('.')).collect()
    }
}

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/web/askama.toml")]
pub(super) struct SignIn<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: String,
    pub(super) name: &'a str,
    pub(super) refused: bool,
    /// The session ended by itself.
    pub(super) ended: bool,
}

#[derive(Template)]
#[template(path = "home.html", config = "src/web/askama.toml")]
pub(super) struct Home<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) name: &'a str,
    pub(super) address: String,
    pub(super) unit: String,
    pub(super) position: String,
    pub(super) used: u64,
    pub(super) quota: u64,
    pub(super) last: Option<Seen>,
}

#[derive(Template)]
#[template(path = "password.html", config = "src/web/askama.toml")]
pub(super) struct Password<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: String,
    /// For the browser's own memory of passwords.
    pub(super) address: String,
    pub(super) min_length: usize,
    pub(super) current: Option<Fault>,
    pub(super) new: Option<Fault>,
    pub(super) again: Option<Fault>,
}

#[derive(Template)]
#[template(path = "devices.html", config = "src/web/askama.toml")]
pub(super) struct Devices<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: String,
    pub(super) list: Vec<Device>,
    /// What was typed as the name of a new one.
    pub(super) name: &'a str,
    pub(super) fault: Option<Fault>,
}

#[derive(Template)]
#[template(path = "device_made.html", config = "src/web/askama.toml")]
pub(super) struct DeviceMade<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) device: &'a str,
    pub(super) address: String,
    pub(super) password: &'a Secret,
    pub(super) rows: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "delegates.html", config = "src/web/askama.toml")]
pub(super) struct Delegates<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: String,
    pub(super) managed: Vec<Managed>,
    pub(super) fault: Option<Fault>,
}

#[derive(Template)]
#[template(path = "settings.html", config = "src/web/askama.toml")]
pub(super) struct Settings<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) address: String,
    pub(super) rows: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "log_ins.html", config = "src/web/askama.toml")]
pub(super) struct LogIns<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) seen: Vec<Seen>,
}

#[derive(Template)]
#[template(path = "leak.html", config = "src/web/askama.toml")]
pub(super) struct Leak<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: String,
    pub(super) address: String,
    pub(super) fault: Option<Fault>,
}

#[derive(Template)]
#[template(path = "leak_reported.html", config = "src/web/askama.toml")]
pub(super) struct LeakReported<'a> {
    pub(super) frame: Frame<'a>,
}

#[derive(Template)]
#[template(path = "problem.html", config = "src/web/askama.toml")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    problem: Problem,
}

impl<'a> Frame<'a> {
    pub(super) fn new(visit: &'a Visit, pages: &'a Pages) -> Self {
        let menu = |(token, login): &'a (String, crate::access::Login)| Menu {
            name: &login.name,
            standing: login.standing,
            form: pages.sessions.form_token(token),
            manages: delegates::managed(login, &pages.provisioning.directory.snapshot()).next().is_some(),
        };
        Self {
            language: visit.language,
            chosen: visit.chosen,
            path: &visit.path,
            organisation: &pages.provisioning.settings.organisation,
            zone: pages.provisioning.clock.zone().clone(),
            signed_in: visit.signed_in.as_ref().map(menu),
            notice: visit.signed_in.as_ref().and_then(|(token, _)| pages.sessions.notice(token)),
        }
    }

    /// Without the menu: whoever was signed in no longer is.
    #[must_use]
    pub(super) fn signed_out(self) -> Self {
        Self { signed_in: None, ..self }
    }

    fn say<'t>(&self, vietnamese: &'t str, english: &'t str) -> &'t str {
        match self.language {
            Language::Vi => vietnamese,
            Language::En => english,
        }
    }

    fn tag(&self) -> &'static str {
        match self.language {
            Language::Vi => "vi",
            Language::En => "en",
        }
    }

    /// Whether the password is still the first one.
    fn is_first(&self) -> bool {
        self.signed_in.as_ref().is_some_and(|menu| menu.standing == Standing::First)
    }

    /// A moment as the office writes it.
    fn moment(&self, second: i64) -> String {
        let Ok(at) = Timestamp::from_second(second) else { return String::new() };
        let at = at.to_zoned_datetime(self.zone.clone());
        let form = self.say("%H:%M, %d/%m/%Y", "%Y-%m-%d %H:%M");
        at.strftime(form).to_string()
    }

    /// A day as the office writes it.
    fn day(&self, day: Date) -> String {
        day.strftime(self.say("%d/%m/%Y", "%Y-%m-%d")).to_string()
    }

    fn rights(&self, rights: Rights) -> String {
        rights.describe(self.language)
    }

    fn last_used(&self, device: &Device) -> String {
        device.last_used.map_or_else(|| self.say("chưa dùng", "never").to_owned(), |at| self.moment(at))
    }

    fn door(&self, door: Door) -> &'static str {
        match (door, self.language) {
            (Door::Imap, Language::Vi) => "Đọc thư (IMAP)",
            (Door::Imap, Language::En) => "Reading mail (IMAP)",
            (Door::Smtp, Language::Vi) => "Gửi thư (SMTP)",
            (Door::Smtp, Language::En) => "Sending mail (SMTP)",
            (Door::Web, Language::Vi) => "Trang này",
            (Door::Web, Language::En) => "This page",
        }
    }

    /// Octets, as people speak of them.
    fn size(&self, octets: u64) -> String {
        if octets < 1 << 20 {
            return format!("{} KB", octets.div_ceil(1 << 10));
        }
        let tenths = |unit: u64| (octets.saturating_mul(10) + unit / 2) / unit;
        let (tenths, unit) = if octets >= 1 << 30 { (tenths(1 << 30), "GB") } else { (tenths(1 << 20), "MB") };
        let point = self.say(",", ".");
        format!("{}{point}{} {unit}", tenths / 10, tenths % 10)
    }
}

impl ProblemPage<'_> {
    fn title(&self) -> &'static str {
        match (self.problem, self.frame.language) {
            (Problem::NotFound, Language::Vi) => "Không có trang này",
            (Problem::NotFound, Language::En) => "There is no such page",
            (Problem::Method | Problem::Foreign, Language::Vi) => "Yêu cầu không đúng cách",
            (Problem::Method | Problem::Foreign, Language::En) => "This is not how the page is asked",
            (Problem::Stale, Language::Vi) => "Trang đã quá cũ",
            (Problem::Stale, Language::En) => "The page was too old",
            (Problem::TooLarge, Language::Vi) => "Nội dung quá dài",
            (Problem::TooLarge, Language::En) => "That was too much",
            (Problem::Slow, Language::Vi) => "Kết nối quá chậm",
            (Problem::Slow, Language::En) => "The connection was too slow",
            (Problem::Busy, Language::Vi) => "Máy chủ đang bận",
            (Problem::Busy, Language::En) => "The server is busy",
            (Problem::Failed, Language::Vi) => "Máy chủ gặp lỗi",
            (Problem::Failed, Language::En) => "The server failed",
        }
    }

    fn advice(&self) -> &'static str {
        match (self.problem, self.frame.language) {
            (Problem::NotFound, Language::Vi) => "Địa chỉ có thể bị gõ sai.",
            (Problem::NotFound, Language::En) => "The address may be mistyped.",
            (Problem::Method | Problem::Foreign, Language::Vi) => {
                "Yêu cầu này không đến từ trang của chúng tôi, nên không được thực hiện. Chưa có gì thay đổi."
            }
            (Problem::Method | Problem::Foreign, Language::En) => {
                "The request did not come from one of our pages and was not done. Nothing has changed."
            }
            (Problem::Stale, Language::Vi) => {
                "Bạn đã để trang mở quá lâu, hoặc trình duyệt không giữ cookie. Chưa có gì thay đổi; hãy mở lại trang và thử lại."
            }
            (Problem::Stale, Language::En) => {
                "It was left open for too long, or the browser keeps no cookies. Nothing has changed; open the page again."
            }
            (Problem::TooLarge, Language::Vi) => "Chưa có gì thay đổi; hãy nhập ngắn hơn.",
            (Problem::TooLarge, Language::En) => "Nothing has changed; type less.",
            (Problem::Slow | Problem::Busy, Language::Vi) => "Hãy thử lại sau một phút.",
            (Problem::Slow | Problem::Busy, Language::En) => "Please try again in a minute.",
            (Problem::Failed, Language::Vi) => "Hãy thử lại; nếu vẫn không được, hãy báo Văn phòng.",
            (Problem::Failed, Language::En) => "Try again; if it still does not work, tell the Office.",
        }
    }
}

impl Home<'_> {
    /// Of a hundred; what is there at all is seen.
    fn percent(&self) -> u64 {
        let percent = self.used.saturating_mul(100) / self.quota.max(1);
        percent.clamp(u64::from(self.used > 0), 100)
    }
}

/// A page, in the language that was chosen, which is remembered.
pub(super) fn page(status: StatusCode, template: &impl Template, frame: &Frame<'_>) -> Response {
    let Ok(text) = template.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = (status, Html(text)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(frame.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    if let Some(cookie) = Cookie::Language.set(frame.tag()).filter(|_| frame.chosen) {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// To another of our pages; a language that was chosen is remembered on the way.
pub(super) fn away(visit: &Visit, path: &'static str) -> Response {
    let mut response = Redirect::to(path).into_response();
    let tag = match visit.language {
        Language::Vi => "vi",
        Language::En => "en",
    };
    if let Some(cookie) = Cookie::Language.set(tag).filter(|_| visit.chosen) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The page that says what is wrong with a request.
pub(super) fn problem(visit: &Visit, pages: &Pages, problem: Problem) -> Response {
    let page_of_it = ProblemPage { frame: visit.frame(pages), problem };
    page(problem.status(), &page_of_it, &page_of_it.frame)
}

/// A file that is the same for everybody.
type Asset = ([(HeaderName, HeaderValue); 2], &'static str);

/// `/style.css`
pub(super) fn style() -> Asset {
    asset("text/css; charset=utf-8", include_str!("templates/style.css"))
}

/// `/icon.svg`
pub(super) fn icon() -> Asset {
    asset("image/svg+xml", include_str!("templates/icon.svg"))
}

fn asset(kind: &'static str, text: &'static str) -> Asset {
    let kept = HeaderValue::from_static("max-age=600");
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, kept)], text)
}
