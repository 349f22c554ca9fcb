//! A request before anything is done with it: in which language, by whom, and whether its form is one of ours.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use axum::body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tokio::time::timeout;

use super::cookie::Cookie;
use super::door::Pages;
use super::form::Fields;
use super::view::{Frame, Problem, away, problem};
use crate::access::{Door, Login, Origin};
use crate::credential::Standing;
use crate::language::Language;
use crate::limits;

/// Who connected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// The language that was chosen, else the browser's, else the office's.
    pub(super) language: Language,
    /// Whether the language was chosen by this request, and is to be remembered.
    pub(super) chosen: bool,
    /// From where.
    pub(super) origin: Origin,
    /// The path, for links to the same page.
    pub(super) path: String,
    /// Who is signed in, and by which token.
    pub(super) signed_in: Option<(String, Login)>,
    /// Whether the browser says that it was signed in, and is not any more.
    pub(super) ended: bool,
    /// The cookie of a browser that has been shown the form to sign in.
    pub(super) visitor: Option<String>,
}

/// Somebody signed in, whatever the password's standing.
#[derive(Clone, Debug)]
pub(super) struct Entrant {
    pub(super) visit: Visit,
    pub(super) token: String,
    pub(super) login: Login,
}

/// Somebody signed in with a password of their own; with a first one they are sent to change it (R10).
#[derive(Clone, Debug)]
pub(super) struct Holder(pub(super) Entrant);

/// A form that one of our pages sent.
#[derive(Clone, Debug)]
pub(super) struct Form(pub(super) Fields);

impl Visit {
    fn read(parts: &Parts, pages: &Pages) -> Self {
        let headers = &parts.headers;
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| language_named(pair.strip_prefix("language=")?));
        let remembered = || Cookie::Language.of(headers).and_then(language_named);
        let language = asked.or_else(remembered).or_else(|| preferred(headers)).unwrap_or(pages.language);
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        let token = Cookie::Session.of(headers);
        let signed_in = token.and_then(|token| Some((token.to_owned(), pages.sessions.of(token, Instant::now())?)));
        Self {
            language,
            chosen: asked.is_some(),
            origin: Origin { door: Door::Web, peer },
            path: linked(parts.uri.path()).to_owned(),
            ended: token.is_some() && signed_in.is_none(),
            signed_in,
            visitor: Cookie::Visitor.of(headers).map(str::to_owned),
        }
    }

    /// The frame of a page that answers this request.
    pub(super) fn frame<'a>(&'a self, pages: &'a Pages) -> Frame<'a> {
        Frame::new(self, pages)
    }
}

impl FromRequestParts<Arc<Pages>> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Self::Rejection> {
        Ok(Self::read(parts, pages))
    }
}

impl FromRequestParts<Arc<Pages>> for Entrant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        let visit = Visit::read(parts, pages);
        match visit.signed_in.clone() {
            Some((token, login)) => Ok(Self { visit, token, login }),
            None => Err(away(&visit, "/sign-in")),
        }
    }
}

impl FromRequestParts<Arc<Pages>> for Holder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        let entrant = Entrant::from_request_parts(parts, pages).await?;
        match entrant.login.standing {
            Standing::Chosen => Ok(Self(entrant)),
            Standing::First => Err(away(&entrant.visit, "/password")),
        }
    }
}

impl FromRequest<Arc<Pages>> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Arc<Pages>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let visit = Visit::read(&parts, pages);
        let refused = |fault| problem(&visit, pages, fault);
        if !is_same_origin(&parts.headers) || !is_form(&parts.headers) {
            return Err(refused(Problem::Foreign));
        }
        let body = timeout(limits::WEB_BODY_WAIT_MAX, body::to_bytes(body, limits::WEB_BODY_BYTES_MAX)).await;
        let body = body.map_err(|_| refused(Problem::Slow))?.map_err(|_| refused(Problem::TooLarge))?;
        let fields = Fields::parse(&body).ok_or_else(|| refused(Problem::Foreign))?;
        // The form to sign in belongs to the browser; all others to who is signed in.
        let cookie = match (&visit.signed_in, visit.path.as_str()) {
            (Some((token, _)), path) if path != "/sign-in" => Some(token),
            _ => visit.visitor.as_ref(),
        };
        let ours = cookie.is_some_and(|cookie| pages.sessions.made_for(cookie, fields.of("form")));
        if ours { Ok(Self(fields)) } else { Err(refused(Problem::Stale)) }
    }
}

/// A path as it may stand in a link on our pages: `//evil.example/` would lead to another host.
fn linked(path: &str) -> &str {
    let ours = path.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'/' | b'-')) && !path.starts_with("//");
    if ours { path } else { "/" }
}

/// Whether the browser says that the form is on our own page. One that says nothing is known by its form token alone.
/// Since our pages send no Referer, browsers say `null` for their origin (Fetch Standard, "append a request `Origin`
/// header"); what they cannot hide is Sec-Fetch-Site (Fetch Metadata §2.3).
fn is_same_origin(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    let origin = headers.get(header::ORIGIN).filter(|origin| *origin != "null");
    let ours = |origin: &axum::http::HeaderValue| {
        let host = headers.get(header::HOST).map(axum::http::HeaderValue::as_bytes);
        origin.as_bytes().strip_prefix(b"https://").is_some_and(|origin| Some(origin) == host)
    };
    site.is_none_or(|site| site == "same-origin") && origin.is_none_or(ours)
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

fn language_named(tag: &str) -> Option<Language> {
    match tag {
        "vi" => Some(Language::Vi),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// Which of our languages the browser's owner likes better: RFC 9110 §12.5.4.
fn preferred(headers: &HeaderMap) -> Option<Language> {
    let ranges = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?.split(',');
    let known = ranges.filter_map(|range| {
        let (tag, weight) = range.trim().split_once(';').unwrap_or((range.trim(), ""));
        let primary = tag.split('-').next()?.to_ascii_lowercase();
        let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse::<f32>().ok())?;
        Some((language_named(&primary)?, weight))
    });
    let best = known.filter(|(_, weight)| *weight > 0.0).reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(language, _)| language)
}

impl Problem {
    /// The status that goes with it.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Foreign | Self::Stale => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_browser_says_where_a_form_comes_from() {
        let host = ("host", "mail.x.vn:20443");
        for (lines, ours) in [
            (vec![host], true),
            (vec![host, ("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (vec![host, ("origin", "https://mail.x.vn:20443")], true),
            (vec![host, ("origin", "https://mail.x.vn")], false),
            (vec![host, ("origin", "http://mail.x.vn:20443")], false),
            (vec![host, ("origin", "https://mail.x.vn:20443.evil.example")], false),
            (vec![host, ("sec-fetch-site", "cross-site"), ("origin", "null")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("sec-fetch-site", "none")], false),
            (vec![("origin", "https://mail.x.vn")], false),
        ] {
            assert_eq!(is_same_origin(&headers(&lines)), ours, "{lines:?}");
        }
    }

    #[test]
    fn the_language_is_the_one_liked_better() {
        for (range, language) in [
            ("vi", Some(Language::Vi)),
            ("en-GB,en;q=0.9", Some(Language::En)),
            ("fr, vi-VN;q=0.8, en;q=0.7", Some(Language::Vi)),
            ("vi;q=0.1, en;q=0.5", Some(Language::En)),
            ("vi;q=0, fr", None),
            ("*", None),
            ("en;q=x", None),
        ] {
            let line: &'static str = range;
            assert_eq!(preferred(&headers(&[("accept-language", line)])), language, "{range}");
        }
    }
}
