//! Signing in and out.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::cookie::Cookie;
use super::door::Pages;
use super::session::{self, Notice};
use super::view::{Problem, SignIn, away, page, problem};
use super::visit::{Entrant, Form, Visit};
use crate::access::{Kind, Login, LoginRefusal};

/// The form. It belongs to the browser that is shown it: nobody can make another browser sign in (login CSRF).
pub(super) async fn form(State(pages): State<Arc<Pages>>, visit: Visit) -> Response {
    if visit.signed_in.is_some() {
        return away(&visit, "/");
    }
    match &visit.visitor {
        Some(visitor) => show(&visit, &pages, visitor, "", StatusCode::OK),
        None => match session::token() {
            Ok(visitor) => with_cookie(show(&visit, &pages, &visitor, "", StatusCode::OK), Cookie::Visitor, &visitor),
            Err(error) => failed(&visit, &pages, &error),
        },
    }
}

/// Whatever the cause, one answer to all who are not let in.
pub(super) async fn sign_in(State(pages): State<Arc<Pages>>, visit: Visit, Form(fields): Form) -> Response {
    let name = fields.of("name").trim();
    match pages.access.login(name, fields.of("password"), None, visit.origin).await {
        Ok(login) if login.kind == Kind::Own => {
            tracing::info!(peer = %visit.origin.peer, address = %login.address, "signed in on the staff page");
            enter(&visit, &pages, login, None)
        }
        // A device's password reads and sends mail; it changes nothing.
        Ok(login) => {
            tracing::info!(peer = %visit.origin.peer, address = %login.address, "a device's password at the staff page");
            refused(&visit, &pages, name)
        }
        Err(refusal @ (LoginRefusal::Busy(_) | LoginRefusal::Database(_))) => {
            tracing::warn!(peer = %visit.origin.peer, %refusal, "staff page");
            problem(&visit, &pages, Problem::Busy)
        }
        Err(refusal) => {
            tracing::info!(peer = %visit.origin.peer, name = ?name, %refusal, "staff page: login refused");
            refused(&visit, &pages, name)
        }
    }
}

/// Ends the session.
pub(super) async fn sign_out(State(pages): State<Arc<Pages>>, entrant: Entrant, _: Form) -> Response {
    pages.sessions.close(&entrant.token);
    without_session(Redirect::to("/sign-in").into_response())
}

/// Signs somebody in under a new token and sends them to their page.
pub(super) fn enter(visit: &Visit, pages: &Pages, login: Login, notice: Option<Notice>) -> Response {
    enter_at("/", visit, pages, login, notice)
}

/// The same, to another of our pages.
pub(super) fn enter_at(
    path: &'static str,
    visit: &Visit,
    pages: &Pages,
    login: Login,
    notice: Option<Notice>,
) -> Response {
    if let Some((token, _)) = &visit.signed_in {
        pages.sessions.close(token);
    }
    match pages.sessions.open(login, notice, Instant::now()) {
        Ok(token) => with_cookie(Redirect::to(path).into_response(), Cookie::Session, &token),
        Err(error) => failed(visit, pages, &error),
    }
}

/// The same answer without the session's cookie.
pub(super) fn without_session(mut response: Response) -> Response {
    if let Some(cookie) = Cookie::Session.remove() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Something of ours failed: the log says what, the page does not.
pub(super) fn failed(visit: &Visit, pages: &Pages, error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, path = visit.path, "staff page");
    problem(visit, pages, Problem::Failed)
}

fn refused(visit: &Visit, pages: &Pages, name: &str) -> Response {
    pages.metrics.logins_failed.inc();
    let visitor = visit.visitor.as_deref().unwrap_or_default();
    show(visit, pages, visitor, name, StatusCode::FORBIDDEN)
}

fn show(visit: &Visit, pages: &Pages, visitor: &str, name: &str, status: StatusCode) -> Response {
    let template = SignIn {
        frame: visit.frame(pages),
        form: pages.sessions.form_token(visitor),
        name,
        refused: status != StatusCode::OK,
        ended: visit.ended,
    };
    let response = page(status, &template, &template.frame);
    if visit.ended { without_session(response) } else { response }
}

fn with_cookie(mut response: Response, cookie: Cookie, value: &str) -> Response {
    if let Some(cookie) = cookie.set(value) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
