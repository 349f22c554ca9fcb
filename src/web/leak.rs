//! Reporting a leak: what was let in with any password of the mailbox is out at once (R17).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::door::Pages;
use super::password::{Unconfirmed, confirm, order};
use super::sign_in::{failed, without_session};
use super::view::{Fault, Leak, LeakReported, page};
use super::visit::{Entrant, Form, Holder};
use crate::provisioning::{Act, Handing, Order};

/// `/leak`
pub(super) async fn form(State(pages): State<Arc<Pages>>, Holder(holder): Holder) -> Response {
    show(&holder, &pages, None)
}

/// Does it. Whoever knows the password may be the one at this page: no new one is shown, the Office hands it over.
pub(super) async fn report(State(pages): State<Arc<Pages>>, Holder(holder): Holder, Form(fields): Form) -> Response {
    let Entrant { visit, login, .. } = &holder;
    match confirm(&pages, visit, login, fields.of("password")).await {
        Ok(()) => {}
        Err(Unconfirmed::Wrong(fault)) => return show(&holder, &pages, Some(fault)),
        Err(Unconfirmed::Problem(response)) => return response,
    }
    let act = Act::Compromised { who: login.address.to_string() };
    // Somebody else may have changed the password this moment: all the more is it leaked.
    let order = Order { handing: Handing::Nobody, by: None, ..order(login, act, None) };
    if let Err(failure) = pages.provisioning.execute(order).await {
        return failed(visit, &pages, &failure);
    }
    pages.sessions.close(&holder.token);
    let template = LeakReported { frame: visit.frame(&pages).signed_out() };
    without_session(page(StatusCode::OK, &template, &template.frame))
}

fn show(holder: &Entrant, pages: &Pages, fault: Option<Fault>) -> Response {
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let template = Leak {
        frame: holder.visit.frame(pages),
        form: pages.sessions.form_token(&holder.token),
        address: holder.login.address.to_string(),
        fault,
    };
    page(status, &template, &template.frame)
}
