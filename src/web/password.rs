//! Changing the password: the person's own act (R17), and the first thing to be done with a first one (R10).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::door::Pages;
use super::session::Notice;
use super::sign_in::{enter, failed};
use super::view::{Fault, Password, Problem, away, page, problem};
use super::visit::{Entrant, Form, Visit};
use crate::access::{Kind, Login, LoginRefusal};
use crate::credential::{Secret, SecretError};
use crate::language::Language;
use crate::limits;
use crate::provisioning::{Act, Failure, Order, Refusal};

/// What is wrong with the form, field by field.
#[derive(Default)]
struct Faults {
    current: Option<Fault>,
    new: Option<Fault>,
    again: Option<Fault>,
}

/// `/password`
pub(super) async fn form(State(pages): State<Arc<Pages>>, entrant: Entrant) -> Response {
    show(&entrant, &pages, Faults::default(), StatusCode::OK)
}

/// Sets the password. All sessions end, this one's right too: it goes on under the new password and a new token.
pub(super) async fn change(State(pages): State<Arc<Pages>>, entrant: Entrant, Form(fields): Form) -> Response {
    let (current, new, again) = (fields.of("current"), fields.of("new"), fields.of("again"));
    let Entrant { visit, login, .. } = &entrant;
    let secret = match wanted(current, new, again, visit.language) {
        Ok(secret) => secret,
        Err(faults) => return show(&entrant, &pages, faults, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match confirm(&pages, visit, login, current).await {
        Ok(()) => {}
        Err(Unconfirmed::Wrong(fault)) => {
            let faults = Faults { current: Some(fault), ..Faults::default() };
            return show(&entrant, &pages, faults, StatusCode::UNPROCESSABLE_ENTITY);
        }
        Err(Unconfirmed::Problem(response)) => return response,
    }
    let order = order(login, Act::SetPassword { who: login.address.to_string() }, Some(secret));
    match pages.provisioning.execute(order).await {
        Ok(_) => go_on(&pages, &entrant, new).await,
        Err(Failure::Refused(refusal @ Refusal::Password(_))) => {
            let faults = Faults { new: Some(Fault(refusal.message(visit.language))), ..Faults::default() };
            show(&entrant, &pages, faults, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Failure::Ended) => away(visit, "/sign-in"),
        Err(Failure::Busy(_)) => problem(visit, &pages, Problem::Busy),
        Err(failure) => failed(visit, &pages, &failure),
    }
}

/// An act of the person's own, for as long as what they signed in with holds.
pub(super) fn order(login: &Login, act: Act, password: Option<Secret>) -> Order {
    Order { password, by: Some(login.authority()), ..Order::new(&login.address.to_string(), None, vec![act]) }
}

/// Why it is not known that the person at the screen is the one who signed in.
pub(super) enum Unconfirmed {
    /// The password is not theirs.
    Wrong(Fault),
    /// It could not be asked.
    Problem(Response),
}

/// Asks for the own password once more; guesses count as those of every log-in do.
pub(super) async fn confirm(pages: &Pages, visit: &Visit, login: &Login, password: &str) -> Result<(), Unconfirmed> {
    match pages.access.login(&login.address.to_string(), password, None, visit.origin).await {
        Ok(again) if again.mailbox == login.mailbox && again.kind == Kind::Own => Ok(()),
        Err(LoginRefusal::Busy(_) | LoginRefusal::Database(_)) => {
            Err(Unconfirmed::Problem(problem(visit, pages, Problem::Busy)))
        }
        Ok(_) | Err(_) => {
            pages.metrics.logins_failed.inc();
            let fault = match visit.language {
                Language::Vi => "mật khẩu hiện tại không đúng; nếu đã thử nhiều lần, hãy đợi vài phút",
                Language::En => "this is not your present password; after many attempts, wait a few minutes",
            };
            Err(Unconfirmed::Wrong(Fault(fault.to_owned())))
        }
    }
}

async fn go_on(pages: &Pages, entrant: &Entrant, new: &str) -> Response {
    let Entrant { visit, login, .. } = entrant;
    match pages.access.login(&login.address.to_string(), new, None, visit.origin).await {
        Ok(login) => enter(visit, pages, login, Some(Notice::PasswordChanged)),
        // It is changed; they can sign in with it in a moment.
        Err(_) => problem(visit, pages, Problem::Busy),
    }
}

/// The new password, if it can be one.
fn wanted(current: &str, new: &str, again: &str, language: Language) -> Result<Secret, Faults> {
    let say = |vietnamese: &str, english: &str| {
        Some(Fault(match language {
            Language::Vi => vietnamese.to_owned(),
            Language::En => english.to_owned(),
        }))
    };
    let of_new = |new| Faults { new, ..Faults::default() };
    let secret = Secret::parse(new).map_err(|error| {
        of_new(match error {
            SecretError::Empty => say("hãy nhập mật khẩu mới", "type the new password"),
            SecretError::TooLong => Some(Fault(match language {
                Language::Vi => format!("mật khẩu dài nhất {} byte", limits::PASSWORD_BYTES_MAX),
                Language::En => format!("a password has at most {} octets", limits::PASSWORD_BYTES_MAX),
            })),
            SecretError::Control => say(
                "mật khẩu có ký tự điều khiển (phím Tab chẳng hạn): hãy bỏ đi",
                "the password holds a control character, such as Tab: leave it out",
            ),
        })
    })?;
    let is = |other: &str| Secret::parse(other).is_ok_and(|other| other == secret);
    if !is(again) {
        let again = say("hai lần nhập không giống nhau: hãy nhập lại", "the two are not the same: type them again");
        return Err(Faults { again, ..Faults::default() });
    }
    if is(current) {
        return Err(of_new(say(
            "mật khẩu mới trùng với mật khẩu hiện tại: hãy chọn mật khẩu khác",
            "this is the present password: choose another",
        )));
    }
    Ok(secret)
}

fn show(entrant: &Entrant, pages: &Pages, faults: Faults, status: StatusCode) -> Response {
    let template = Password {
        frame: entrant.visit.frame(pages),
        form: pages.sessions.form_token(&entrant.token),
        address: entrant.login.address.to_string(),
        min_length: pages.provisioning.settings.passwords.min_length,
        current: faults.current,
        new: faults.new,
        again: faults.again,
    };
    page(status, &template, &template.frame)
}
