//! Passwords for devices: a telephone that is lost takes one with it, and not the person's own (R17).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::door::Pages;
use super::password::order;
use super::session::Notice;
use super::sign_in::{enter_at, failed};
use super::view::{DeviceMade, Devices, Fault, Problem, away, page, problem};
use super::visit::{Entrant, Form, Holder};
use crate::credential;
use crate::language::Language;
use crate::name::Label;
use crate::provisioning::{Act, Failure, Refusal};

/// `/devices`
pub(super) async fn list(State(pages): State<Arc<Pages>>, Holder(holder): Holder) -> Response {
    show(&holder, &pages, "", None).await
}

/// Makes a password for a device. It is on this one page and nowhere else.
pub(super) async fn make(State(pages): State<Arc<Pages>>, Holder(holder): Holder, Form(fields): Form) -> Response {
    let Entrant { visit, login, .. } = &holder;
    let typed = fields.of("device");
    let Ok(device) = Label::parse(typed) else {
        let fault = match visit.language {
            Language::Vi => "hãy đặt cho thiết bị một tên ngắn, trên một dòng",
            Language::En => "give the device a short name, in one line",
        };
        return show(&holder, &pages, typed, Some(Fault(fault.to_owned()))).await;
    };
    let act = Act::AddDevice { who: login.address.to_string(), device: device.clone() };
    let done = match pages.provisioning.execute(order(login, act, None)).await {
        Ok(done) => done,
        Err(Failure::Refused(refusal)) => {
            return show(&holder, &pages, typed, Some(Fault(refusal.message(visit.language)))).await;
        }
        Err(Failure::Ended) => return away(visit, "/sign-in"),
        Err(Failure::Busy(_)) => return problem(visit, &pages, Problem::Busy),
        Err(failure) => return failed(visit, &pages, &failure),
    };
    let Some(slip) = done.acts.into_iter().find_map(|applied| applied.slip) else {
        return problem(visit, &pages, Problem::Failed);
    };
    let template = DeviceMade {
        frame: visit.frame(&pages),
        device: device.as_str(),
        address: login.address.to_string(),
        password: &slip.password,
        rows: slip.client.servers(visit.language),
    };
    page(StatusCode::OK, &template, &template.frame)
}

/// Removes a device's password. What it opened ends at once, and with it everything else that is open; the person at
/// this page goes on under a new token.
pub(super) async fn remove(State(pages): State<Arc<Pages>>, Holder(holder): Holder, Form(fields): Form) -> Response {
    let Entrant { visit, login, .. } = &holder;
    let Ok(device) = Label::parse(fields.of("device")) else { return show(&holder, &pages, "", None).await };
    let act = Act::RemoveDevice { who: login.address.to_string(), device };
    match pages.provisioning.execute(order(login, act, None)).await {
        Ok(_) => {}
        Err(Failure::Ended) => return away(visit, "/sign-in"),
        // It was removed in another window.
        Err(Failure::Refused(Refusal::DeviceUnknown(_))) => return show(&holder, &pages, "", None).await,
        Err(failure) => return failed(visit, &pages, &failure),
    }
    match login.renewed() {
        Some(login) => enter_at("/devices", visit, &pages, login, Some(Notice::DeviceRemoved)),
        None => Redirect::to("/sign-in").into_response(),
    }
}

async fn show(holder: &Entrant, pages: &Pages, name: &str, fault: Option<Fault>) -> Response {
    let Entrant { visit, token, login } = holder;
    let mut reader = match pages.provisioning.db.read().await {
        Ok(reader) => reader,
        Err(error) => return failed(visit, pages, &error),
    };
    let list = match credential::devices(&mut reader, login.mailbox).await {
        Ok(list) => list,
        Err(error) => return failed(visit, pages, &error),
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = pages.sessions.form_token(token);
    let template = Devices { frame: visit.frame(pages), form, list, name, fault };
    page(status, &template, &template.frame)
}
