//! What a person sees of their own: who they are here, what to type into a mail program, and when they logged in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::door::Pages;
use super::sign_in::failed;
use super::view::{Home, LogIns, Settings, page};
use super::visit::{Entrant, Holder};

/// `/`
pub(super) async fn home(State(pages): State<Arc<Pages>>, Holder(Entrant { visit, login, .. }): Holder) -> Response {
    let used = match pages.provisioning.store.usage(login.mailbox).await {
        Ok(used) => used,
        Err(error) => return failed(&visit, &pages, &error),
    };
    let seen = match pages.access.logins(login.mailbox).await {
        Ok(seen) => seen,
        Err(error) => return failed(&visit, &pages, &error),
    };
    let snapshot = pages.provisioning.directory.snapshot();
    let person = login.staff().and_then(|staff| snapshot.staff(staff));
    let unit = person.and_then(|person| snapshot.unit(person.unit));
    let template = Home {
        frame: visit.frame(&pages),
        name: &login.name,
        address: login.address.to_string(),
        unit: unit.map(|unit| unit.name.clone()).unwrap_or_default(),
        position: person.and_then(|person| person.position.clone()).unwrap_or_default(),
        used,
        quota: snapshot.mailbox(login.mailbox).map_or(0, |mailbox| mailbox.quota_bytes),
        // The first is this one.
        last: seen.into_iter().nth(1),
    };
    page(StatusCode::OK, &template, &template.frame)
}

/// `/settings`
pub(super) async fn settings(State(pages): State<Arc<Pages>>, Holder(holder): Holder) -> Response {
    let Entrant { visit, login, .. } = holder;
    let template = Settings {
        frame: visit.frame(&pages),
        address: login.address.to_string(),
        rows: pages.provisioning.settings.client.servers(visit.language),
    };
    page(StatusCode::OK, &template, &template.frame)
}

/// `/log-ins`
pub(super) async fn log_ins(State(pages): State<Arc<Pages>>, Holder(holder): Holder) -> Response {
    let Entrant { visit, login, .. } = holder;
    let mut seen = match pages.access.logins(login.mailbox).await {
        Ok(seen) => seen,
        Err(error) => return failed(&visit, &pages, &error),
    };
    seen.truncate(usize::try_from(crate::limits::LOGINS_KEPT_MAX).unwrap_or(usize::MAX));
    let template = LogIns { frame: visit.frame(&pages), seen };
    page(StatusCode::OK, &template, &template.frame)
}
