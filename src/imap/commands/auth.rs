//! AUTHENTICATE, LOGIN, UNAUTHENTICATE: RFC 9051 §6.2.2 and §6.2.3, RFC 8437.

use crate::access::{Door, Origin};
use crate::imap::connection::Connection;
use crate::imap::refusal::{Refusal, Stop};
use crate::imap::reply::{self, Done};
use crate::imap::syntax::{Authenticate, Credentials};
use crate::net::WireError;
use crate::net::sasl::{self, Mechanism, SaslError, Turn};
use crate::text::nfc;

/// RFC 9051 §6.2.2, with the initial response of RFC 4959.
pub(super) async fn authenticate(c: &mut Connection, args: Authenticate) -> Result<Done, Stop> {
    let mechanism = Mechanism::named(&args.mechanism).filter(|m| *m == Mechanism::Plain);
    let mechanism = mechanism.ok_or(Refusal::UnknownMechanism)?;
    private(c)?;
    let mut exchange = mechanism.start();
    let mut initial = args.initial;
    let credentials = loop {
        let turn = if let Some(response) = initial.take() {
            exchange.answer(response.0.as_bytes())
        } else {
            let mut text = Vec::new();
            reply::go_on(&mut text, exchange.challenge());
            c.wire.queue(&text);
            exchange.answer(&response(c).await?)
        };
        match turn.map_err(Refusal::Sasl)? {
            Turn::Ask(next) => exchange = next,
            Turn::Done(credentials) => break credentials,
        }
    };
    log_in(c, &credentials).await
}

/// RFC 9051 §6.2.3.
pub(super) async fn login(c: &mut Connection, args: Credentials) -> Result<Done, Stop> {
    private(c)?;
    let password = sasl::password(args.password.0.as_bytes()).map_err(Refusal::Sasl)?;
    log_in(c, &sasl::Credentials { authzid: None, authcid: nfc(&args.name), password }).await
}

/// Back to where the connection began, for somebody else to log in; TLS and compression stay (RFC 8437 §3).
pub(super) async fn unauthenticate(c: &mut Connection) -> Result<Done, Stop> {
    super::select::leave(c).await;
    c.session.log_out();
    Ok(Done::LoggedOut(c.capabilities()))
}

/// Refuses before a password is looked at where anybody on the way could read it.
fn private(c: &Connection) -> Result<(), Refusal> {
    if c.may_send_password() { Ok(()) } else { Err(Refusal::NeedsTls) }
}

async fn response(c: &mut Connection) -> Result<bytes::Bytes, Stop> {
    match c.line(c.patience()).await {
        Ok(Some(line)) => Ok(line),
        Ok(None) => Err(WireError::Closed.into()),
        Err(Stop::Lost(WireError::TooLong)) => Err(Refusal::Sasl(SaslError::Form).into()),
        Err(stop) => Err(stop),
    }
}

async fn log_in(c: &mut Connection, credentials: &sasl::Credentials) -> Result<Done, Stop> {
    let sasl::Credentials { authzid, authcid, password } = credentials;
    let from = Origin { door: Door::Imap, peer: c.peer.ip() };
    match c.services.access.login(authcid, password, authzid.as_deref(), from).await {
        Ok(login) => {
            // Who it is, whosever the mailbox (R20, R23).
            tracing::info!(peer = %c.peer.ip(), address = %login.address, name = login.name, "logged in to IMAP");
            c.session.logged_in(login);
            Ok(Done::LoggedIn(c.capabilities()))
        }
        Err(refusal) => {
            c.session.login_failed();
            c.services.metrics.logins_failed.inc();
            tracing::info!(peer = %c.peer.ip(), name = ?authcid, %refusal, "IMAP login refused");
            Err(Refusal::Login(refusal).into())
        }
    }
}
